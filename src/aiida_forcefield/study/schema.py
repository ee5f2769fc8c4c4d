"""What a study file may say."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from aiida_forcefield.study.resources import Resources
from aiida_forcefield.study.section import Positive, Section, Text


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
