"""The study file: what a user asks for, checked before anything is submitted."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from aiida_forcefield.bounded import read_text, reason_of
from aiida_forcefield.cli.errors import InputError
from aiida_forcefield.cli.resources import Resources
from aiida_forcefield.cli.section import Positive, Section, Text
from aiida_forcefield.cli.yaml_lines import KeyPath, read_yaml

if TYPE_CHECKING:
    from aiida_forcefield.topology import Species


class StudyError(InputError):
    """A study that cannot be run; each line names file, line, key path and what is allowed."""


class Material(Section):
    """A molecule: a SMILES, or an XYZ file (relative to the study) with charge and multiplicity.

    A SMILES carries its charge; its multiplicity is the lowest possible unless given.
    """

    name: Annotated[str, Field(pattern=r"^[\w][\w ,.()+-]*$")]
    smiles: str | None = None
    file: Text | None = None
    charge: int | None = None
    multiplicity: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.smiles is None) == (self.file is None):
            raise PydanticCustomError("source", "give either smiles or file")
        if self.file is None and self.charge is not None:
            raise PydanticCustomError("state", "a SMILES carries its charge; give none beside it")
        if self.file is not None and None in (self.charge, self.multiplicity):
            raise PydanticCustomError("state", "a file needs charge and multiplicity beside it")
        return self


class Density(Section):
    """Density of the liquid at a temperature in K and a pressure in bar."""

    temperature: Annotated[Positive, Field(lt=1e5)]
    pressure: Annotated[Positive, Field(lt=1e6)]


class Property(Section):
    """A property that molecular dynamics predicts."""

    density: Density


class Codes(Section):
    """Labels of the AiiDA codes; the defaults are those that ``setup`` registers."""

    qm: Text = "compute@localhost"
    md: Text = "lammps@localhost"


class ReferenceValue(Section):
    """A measured value with its source, in the unit of the prediction."""

    value: Positive
    unit: Literal["g/cm3"]
    source: Text


class Reference(Section):
    """Measured values, shown beside the results and used for nothing."""

    density: ReferenceValue | None = None


class Study(Section):
    """A material, a protocol and the properties to predict."""

    material: Material
    protocol: Text
    properties: Annotated[list[Property], Field(min_length=1, max_length=1)]
    codes: Codes = Codes()
    resources: Resources = Resources()
    overrides: dict[str, Any] = Field(default_factory=dict)
    reference: Reference = Reference()


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
        return StudyError(_located(self.path, self.lines, keys, message))

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
        messages = [_located(path, lines, keys, text) for keys, text in _mistakes(error)]
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


def _located(path: Path, lines: dict[KeyPath, int], keys: KeyPath, message: str) -> str:
    """The message behind file, line and key path; a key that is missing stands at its parent."""
    known = next(keys[:end] for end in range(len(keys), -1, -1) if keys[:end] in lines)
    dotted = ".".join(str(key) for key in keys)
    return f"{path}:{lines[known]}: {dotted or 'study'}: {' '.join(message.split())}"


def _mistakes(error: ValidationError) -> Iterator[tuple[KeyPath, str]]:
    """Key path and sentence of each mistake."""
    details = error.errors(include_url=False)
    unknown = {detail["loc"][:-1] for detail in details if detail["type"] == "extra_forbidden"}
    for detail in details:
        # A misspelt key is missing, too; saying so once is enough.
        if not (detail["type"] == "missing" and detail["loc"][:-1] in unknown):
            yield detail["loc"], _sentence(detail)


def _sentence(detail: ErrorDetails) -> str:
    given = detail["input"]
    match detail["type"]:
        case "extra_forbidden":
            return f"unknown key; allowed: {', '.join(_section_keys(detail['loc'][:-1]))}"
        case "missing":
            return "is missing"
        case "model_type":
            keys = ", ".join(_section_keys(detail["loc"]))
            return f"{given!r} has no keys; it needs some of: {keys}"
        case "string_type":
            return f"{given!r} is no text; put the value in quotes"
        case "string_pattern_mismatch":
            return f"{given!r} is no name; letters, digits, spaces and , . ( ) + - are allowed"
        case "source" | "state" | "form":
            return detail["msg"]
        case _:
            message = detail["msg"].removeprefix("Input ").replace("valid ", "")
            return f"{given!r} is not allowed: it {message}"


def _section_keys(keys: KeyPath) -> list[str]:
    """The keys that the section at this path may have."""
    section: type[BaseModel] = Study
    for key in keys:
        if isinstance(key, str):
            annotation = section.model_fields[key].annotation
            candidates = [annotation, *get_args(annotation)]
            section = next(c for c in candidates if isinstance(c, type) and issubclass(c, Section))
    return list(section.model_fields)
