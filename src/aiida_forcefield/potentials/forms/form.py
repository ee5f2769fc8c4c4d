"""What a form is: an equation of one coordinate and its parameters, with all first derivatives."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Kind = Literal["bond", "angle", "dihedral", "improper", "nonbonded"]
Mean = Literal["geometric", "arithmetic", "harmonic"]
EnergyComponent = Literal["electrostatics", "exchange", "induction"]
"""Parts of an interaction energy that QM tells apart."""

DEGREE: Final = np.pi / 180


class FormValue(NamedTuple):
    """A form at coordinates q of any shape (...), with k parameters.

    Attributes:
        energy: E, shape (...), eV.
        slope: dE/dq, shape (...), eV/Å or eV/rad.
        energy_jacobian: ∂E/∂p, shape (..., k).
        slope_jacobian: ∂²E/∂q∂p, shape (..., k).
    """

    energy: Array
    slope: Array
    energy_jacobian: Array
    slope_jacobian: Array


class Parameter(NamedTuple):
    """A parameter of a form.

    Attributes:
        name: its symbol.
        unit: its unit.
        positive: it is fitted through its logarithm.
        bounds: between which a fit may look for it.
        mean: of the values of two atom types, for the interaction between them.
    """

    name: str
    unit: str
    positive: bool
    bounds: tuple[float, float]
    mean: Mean | None = None


@dataclass(frozen=True)
class Form:
    """A form of one kind of interaction.

    Attributes:
        name: by which terms call it.
        kind: bond, angle, dihedral, improper or nonbonded.
        title: what the field calls it.
        equation: its energy.
        parameters: in order.
        evaluate: (q, parameters) -> FormValue.
        parts: what it adds to components of the interaction energy, likewise.
    """

    name: str
    kind: Kind
    title: str
    equation: str
    parameters: tuple[Parameter, ...]
    evaluate: Callable[[Array, Array], FormValue]
    parts: Mapping[EnergyComponent, Callable[[Array, Array], FormValue]] = field(
        default_factory=dict, compare=False
    )

    def __str__(self) -> str:
        return f"{self.title}, {self.equation}"

    @property
    def parameter_names(self) -> tuple[str, ...]:
        return tuple(parameter.name for parameter in self.parameters)
