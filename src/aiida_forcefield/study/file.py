"""The study file: what a user asks for, checked before anything is submitted."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from aiida_forcefield.bounded import read_text, reason_of
from aiida_forcefield.study.errors import InputError
from aiida_forcefield.study.mistakes import located, mistakes
from aiida_forcefield.study.schema import Study
from aiida_forcefield.study.yaml_lines import KeyPath, read_yaml

if TYPE_CHECKING:
    from aiida_forcefield.topology import Species


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

    def error(self, message: str, *keys: str) -> StudyError:
        """An error about the value of a key."""
        return StudyError(located(self.path, self.lines, keys, message))

    def species(self) -> "Species":
        """The species of the material.

        Raises:
            StudyError: the material is no molecule that can be treated, or the protocol's boxes
                do not suit its liquid.
        """
        from aiida_forcefield.dynamics import check_liquid
        from aiida_forcefield.topology import read_material
        from aiida_forcefield.workflows.protocols import get_protocol

        source = self.material()
        try:
            species = read_material(source)
        except ValueError as error:
            key = "smiles" if "smiles" in source else "file"
            raise self.error(str(error), "material", key) from None
        settings = get_protocol(self.study.protocol, self.study.overrides)
        for box in (settings["liquid"], settings["density"]):
            try:
                check_liquid(species, box["cutoff"], box["atoms"])
            except ValueError as error:
                raise self.error(str(error), "properties") from None
        return species

    def material(self) -> dict[str, Any]:
        """The material as plain values, with the text of its file as `xyz`.

        Raises:
            StudyError: the file is missing or is no text.
        """
        plain = self.study.material.model_dump(exclude_none=True, exclude={"file"})
        return plain if self.study.material.file is None else {**plain, "xyz": self._structure()}

    def _structure(self) -> str:
        folder = self.path.parent.resolve()
        path = (folder / (self.study.material.file or "")).resolve()
        if not path.is_relative_to(folder):
            message = f"{path} lies outside of the folder of the study; copy it there"
            raise self.error(message, "material", "file")
        try:
            return read_text(path)
        except (OSError, UnicodeDecodeError) as error:
            raise self.error(
                f"cannot read {path}: {reason_of(error)}", "material", "file"
            ) from None


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
    from aiida_forcefield.workflows.protocols import get_protocol, protocol_names

    if protocol is not None:
        content["protocol"] = protocol
    try:
        study = Study.model_validate(content)
    except ValidationError as error:
        messages = [located(path, lines, keys, text) for keys, text in mistakes(error)]
        raise StudyError("\n".join(messages)) from None

    file = StudyFile(path, study, lines)
    if study.protocol not in protocol_names():
        allowed = ", ".join(protocol_names())
        raise file.error(f"{study.protocol!r} is no protocol; allowed: {allowed}", "protocol")
    try:
        get_protocol(study.protocol, study.overrides)
    except ValueError as error:
        raise file.error(str(error), "overrides") from None
    return file
