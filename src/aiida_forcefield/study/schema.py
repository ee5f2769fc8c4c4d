"""What a study file may say."""

from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from aiida_forcefield.study.resources import Resources
from aiida_forcefield.study.section import Positive, Section, Text

if TYPE_CHECKING:
    from aiida_forcefield.topology.composition import Concentration, Measure

Title = Annotated[str, Field(pattern=r"^[\w][\w ,.()+-]*$")]
NAME = r"^[A-Za-z0-9]+(_[A-Za-z0-9]+)*$"
Name = Annotated[str, Field(pattern=NAME)]
"""Of a species: letters and digits, and ``_`` between them."""
Parts = Annotated[dict[Name, Positive], Field(min_length=1)]
Count = Annotated[int, Field(ge=1)]


class Source(Section):
    """A molecule or ion: a SMILES, or an XYZ file (relative to the study) with its state.

    A SMILES carries its charge; its multiplicity is the lowest possible unless given.
    """

    name: Text
    smiles: str | None = None
    file: Text | None = None
    charge: int | None = None
    multiplicity: Count | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.smiles is None) == (self.file is None):
            raise PydanticCustomError("source", "give either smiles or file")
        if self.file is None and self.charge is not None:
            raise PydanticCustomError("state", "a SMILES carries its charge; give none beside it")
        if self.file is not None and None in (self.charge, self.multiplicity):
            raise PydanticCustomError("state", "a file needs charge and multiplicity beside it")
        return self


class Material(Source):
    """A molecule or ion by itself, and its pure liquid."""

    name: Title


class Constituent(Source):
    """A species of a mixture."""

    name: Name


class Solvent(Section):
    """Parts of each solvent, by mole, by mass, or by volume of the pure liquids."""

    mole: Parts | None = None
    mass: Parts | None = None
    volume: Parts | None = None

    @model_validator(mode="after")
    def _one_measure(self) -> Self:
        if len(self.model_dump(exclude_none=True)) != 1:
            raise PydanticCustomError("measure", "give one of mole, mass and volume")
        return self

    @property
    def parts(self) -> tuple["Measure", dict[str, float]]:
        """The measure, and parts of each solvent by name."""
        if self.mole is not None:
            return "mole", self.mole
        if self.mass is not None:
            return "mass", self.mass
        return "volume", self.volume or {}


def _one_of_each(ions: Any) -> Any:
    """Ions that are named without numbers occur once."""
    if not (isinstance(ions, list) and all(isinstance(name, str) for name in ions)):
        return ions
    if len(set(ions)) < len(ions):
        raise PydanticCustomError("twice", "an ion is named twice; give numbers, such as Li: 2")
    return dict.fromkeys(ions, 1)


class Salt(Section):
    """A salt: its ions, with their numbers where these are not one, and its concentration.

    A molality is in mol a kilogram of solvent, a molarity in mol a litre of the solution.
    """

    of: Annotated[dict[Name, Count], Field(min_length=2), BeforeValidator(_one_of_each)]
    molality: Positive | None = None
    molarity: Positive | None = None

    @model_validator(mode="after")
    def _one_measure(self) -> Self:
        if (self.molality is None) == (self.molarity is None):
            raise PydanticCustomError("measure", "give either molality or molarity")
        return self

    @property
    def concentration(self) -> tuple[float, "Concentration"]:
        """Its amount and the measure of it."""
        if self.molality is not None:
            return self.molality, "molality"
        assert self.molarity is not None
        return self.molarity, "molarity"


class Mixture(Section):
    """Several species and how much there is of each."""

    name: Title
    species: Annotated[list[Constituent], Field(min_length=1)]
    solvent: Solvent
    salt: dict[Name, Salt] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        names = [each.name for each in self.species]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise PydanticCustomError("twice", f"species {', '.join(twice)}: given more than once")
        return self


class Codes(Section):
    """Labels of the AiiDA codes; the defaults are those that ``setup`` registers."""

    qm: Text = "compute@localhost"
    md: Text = "lammps@localhost"
    openmm: Text = "openmm@localhost"
    fit: Text = "forcefield@localhost"


class ReferenceValue(Section):
    """A measured value with its source, in the unit of the prediction."""

    value: Positive
    unit: Text
    source: Text


_EXAMPLE = "write a property with its state, - density: {temperature: 298.15, pressure: 1.01325}"


def _listed(entries: Any) -> Any:
    """Properties as a list."""
    if not isinstance(entries, list):
        raise PydanticCustomError("entry", "{text}", {"text": f"no list; {_EXAMPLE}"})
    return entries


def _one_property(entry: Any) -> Any:
    """An entry with the name of one property and what is asked of it."""
    from aiida_forcefield.properties import property_names

    names = ", ".join(property_names())
    if not isinstance(entry, dict):
        text = f"{entry!r} is not allowed: {_EXAMPLE}; allowed are {names}"
    elif len(entry) != 1:
        text = f"{len(entry)} properties in one entry of the list; give each an entry of its own"
    else:
        return entry
    raise PydanticCustomError("entry", "{text}", {"text": text})


Request = Annotated[dict[Text, dict[str, Any]], BeforeValidator(_one_property)]


class Study(Section):
    """What is studied, a protocol and the properties to predict.

    Without properties a study ends with the force field. A property that is asked for several
    times is compared with its `reference` the first time.
    """

    material: Material | None = None
    system: Mixture | None = None
    protocol: Text
    properties: Annotated[list[Request], BeforeValidator(_listed)] = Field(default_factory=list)
    codes: Codes = Codes()
    resources: Resources = Resources()
    overrides: dict[str, Any] = Field(default_factory=dict)
    reference: dict[Text, ReferenceValue] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.material is None) == (self.system is None):
            raise PydanticCustomError("kind", "give either material or system")
        return self

    @property
    def kind(self) -> str:
        """Key under which it stands in the file."""
        return "system" if self.material is None else "material"

    @property
    def title(self) -> str:
        """What the user calls it."""
        return self.matter.name

    @property
    def matter(self) -> Material | Mixture:
        """What is studied."""
        matter = self.material or self.system
        assert matter is not None
        return matter
