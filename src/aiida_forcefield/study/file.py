"""The study file: what a user asks for, checked before anything is submitted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from aiida_forcefield.bounded import read_text, reason_of
from aiida_forcefield.study.errors import InputError
from aiida_forcefield.study.mistakes import located, mistakes
from aiida_forcefield.study.schema import Source, Study
from aiida_forcefield.study.yaml_lines import KeyPath, read_yaml

if TYPE_CHECKING:
    from aiida_forcefield.properties import Simulation, Task
    from aiida_forcefield.topology import Species, System
    from aiida_forcefield.topology.mixture import Mixture


class StudyError(InputError):
    """A study that cannot be run; each line names file, line, key path and what is allowed."""


@dataclass(frozen=True)
class StudyFile:
    """A valid study with the place of each of its keys.

    Attributes:
        path: the file it was read from.
        study: what the file says.
        lines: line of each key path.
    """

    path: Path
    study: Study
    lines: dict[KeyPath, int]

    def error(self, message: str, *keys: str | int) -> StudyError:
        """An error about the value of a key."""
        return StudyError(located(self.path, self.lines, keys, message))

    @property
    def place(self) -> str:
        """File and line at which the study begins."""
        return f"{self.path}:{self.lines[()]}"

    @property
    def title(self) -> str:
        """What the user calls it."""
        return self.study.title

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Those of the protocol with what the study overrides."""
        from aiida_forcefield.workflows.protocols import get_protocol

        return get_protocol(self.study.protocol, self.study.overrides)

    @property
    def codes(self) -> dict[str, str]:
        """Label of the code of each role that the study needs, of which its engines are some."""
        from aiida_forcefield.dynamics import engine_of

        engines = [engine_of(self.settings[each]).role for each in ("liquid", "simulation")]
        return {role: getattr(self.study.codes, role) for role in ("qm", *engines, "fit")}

    def sources(self) -> dict[str, dict[str, Any]]:
        """Each species by its name as plain values, with the text of its file as `xyz`.

        Raises:
            StudyError: a file is missing or is no text.
        """
        plain = {}
        for name, (source, keys) in self._sources().items():
            content = source.model_dump(exclude_none=True, exclude={"name", "file"})
            text = {} if source.file is None else {"xyz": self._structure(source.file, *keys)}
            plain[name] = content | text
        return plain

    def species(self) -> dict[str, "Species"]:
        """Each species by its name.

        Raises:
            StudyError: one is no molecule or ion that can be treated.
        """
        return self._species

    @cached_property
    def _species(self) -> dict[str, "Species"]:
        from aiida_forcefield.topology import read_material

        found, places = {}, self._sources()
        for name, source in self.sources().items():
            try:
                found[name] = read_material(source)
            except ValueError as error:
                key = "smiles" if "smiles" in source else "file"
                raise self.error(str(error), *places[name][1], key) from None
        return found

    def mixture(self) -> "Mixture":
        """How much there is of each species; of a lone material, one part of itself."""
        from aiida_forcefield.topology.mixture import Mixture, Salt

        system = self.study.system
        if system is None:
            return Mixture(dict.fromkeys(self._sources(), 1.0))
        measure, parts = system.solvent.parts
        salts = {name: Salt(salt.of, *salt.concentration) for name, salt in system.salt.items()}
        return Mixture(parts, measure, salts)

    def system(self) -> "System":
        """The species with their amounts.

        Raises:
            StudyError: a species cannot be treated, its amount is not given, a salt is not neutral,
                or a liquid cannot be made of them.
        """
        return self._system

    @cached_property
    def _system(self) -> "System":
        from aiida_forcefield.topology.mixture import compose

        try:
            return compose(self.mixture(), self.species())
        except ValueError as error:
            raise self.error(str(error), self.study.kind) from None

    def simulations(self) -> dict["Simulation", tuple["Task", ...]]:
        """The simulations that the properties need, and what each is to tell.

        Raises:
            StudyError: as `system`; the system does not have one of the properties, or the boxes of
                the protocol do not suit its liquid.
        """
        return self._simulations

    @cached_property
    def _simulations(self) -> dict["Simulation", tuple["Task", ...]]:
        from aiida_forcefield.dynamics import check_liquid
        from aiida_forcefield.properties import Liquid, plan_simulations, read_properties

        system = self.system()
        try:
            planned = plan_simulations(read_properties(self.study.properties), system)
            if any(isinstance(each, Liquid) for each in planned):
                for box in (self.settings["liquid"], self.settings["simulation"]):
                    check_liquid(system, box["cutoff"], box["atoms"])
        except ValueError as error:
            raise self.error(str(error), "properties") from None
        return planned

    def places(self) -> Iterator[tuple[str, Source, tuple[str | int, ...]]]:
        """Each species with its name and the keys under which it stands."""
        for name, (source, keys) in self._sources().items():
            yield name, source, keys

    def _sources(self) -> dict[str, tuple[Source, tuple[str | int, ...]]]:
        """Each species by its name, and where it stands in the file."""
        from aiida_forcefield.topology import species_name

        material, system = self.study.material, self.study.system
        if material is not None:
            return {species_name(material.name): (material, ("material",))}
        species = system.species if system is not None else []
        return {
            each.name: (each, ("system", "species", place)) for place, each in enumerate(species)
        }

    def _structure(self, name: str, *keys: str | int) -> str:
        """The text of the file of a species."""
        folder = self.path.parent.resolve()
        path = (folder / name).resolve()
        if not path.is_relative_to(folder):
            message = f"{path} lies outside of the folder of the study; copy it there"
            raise self.error(message, *keys, "file")
        if Path(name).suffix.lower() != ".xyz":
            message = f"{name}: molecules are read from XYZ files, whose names end in .xyz"
            raise self.error(message, *keys, "file")
        try:
            return read_text(path)
        except (OSError, UnicodeDecodeError) as error:
            message = f"cannot read {path}: {reason_of(error)}"
            raise self.error(message, *keys, "file") from None


def load_study(path: Path, protocol: str | None = None) -> StudyFile:
    """Read and check a study; `protocol` replaces the one in the file.

    Raises:
        StudyError: the file is not there or unreadable, or a value is not allowed.
    """
    content, lines = read_content(path)
    return check_study(path, content, lines, protocol)


def read_content(path: Path) -> tuple[dict[str, Any], dict[KeyPath, int]]:
    """The plain values of a study and the line of each key path.

    Raises:
        StudyError: the file is not there or unreadable.
    """
    try:
        content, lines = read_yaml(read_text(path))
    except (OSError, UnicodeDecodeError) as error:
        raise StudyError(f"{path}: cannot be read: {reason_of(error)}") from None
    except ValueError as error:
        raise StudyError(f"{path}:{error}") from None
    if not isinstance(content, dict):
        raise StudyError(f"{path}: a study has the keys {', '.join(Study.model_fields)}")
    return content, lines


def check_study(
    path: Path, content: dict[str, Any], lines: dict[KeyPath, int], protocol: str | None
) -> StudyFile:
    """Check the values of a study; `protocol` replaces the one among them.

    Raises:
        StudyError: a value is not allowed.
    """
    from aiida_forcefield.study.requests import request_mistakes
    from aiida_forcefield.workflows.protocols import protocol_names
    from aiida_forcefield.workflows.protocols.check import SettingError

    if protocol is not None:
        content["protocol"] = protocol
    try:
        study = Study.model_validate(content)
    except ValidationError as error:
        raise _all_of(path, lines, dict(mistakes(error))) from None
    if wrong := dict(request_mistakes(study)):
        raise _all_of(path, lines, wrong)
    file = StudyFile(path, study, lines)
    if study.protocol not in protocol_names():
        allowed = ", ".join(protocol_names())
        raise file.error(f"{study.protocol!r} is no protocol; allowed: {allowed}", "protocol")
    try:
        file.settings  # noqa: B018
    except SettingError as error:
        raise file.error(error.reason, "overrides", *error.keys) from None
    return file


def _all_of(path: Path, lines: Mapping[KeyPath, int], wrong: Mapping[KeyPath, str]) -> StudyError:
    return StudyError("\n".join(located(path, lines, keys, text) for keys, text in wrong.items()))
