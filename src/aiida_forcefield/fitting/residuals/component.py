"""Components of interaction energies: each teaches the part of the form that it belongs to."""

from functools import cached_property
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.fitting.case import Block, Case
from aiida_forcefield.fitting.data import DimerPoints
from aiida_forcefield.fitting.residuals.residual import Residual, Rows, stack
from aiida_forcefield.potentials.forms import EnergyComponent

Array = NDArray[np.float64]
Indices = NDArray[np.int_]

_RELATIVE: Final = 0.05
"""Of a component, by which it may be missed beside the standard error: near contacts have tens of
kcal/mol of exchange and electrostatics, which cancel."""


class ComponentResidual(Residual):
    """One component of the interaction energies, of those dimers of which QM tells it."""

    unit = "eV"
    component: ClassVar[EnergyComponent]

    def __init__(self, case: Case) -> None:
        self._case = case
        self.standard_error = case.settings.component_error
        self._sets = [
            (model, numbers, known, values, self._weights(points, known, values))
            for points, model, numbers in case.dimers
            if model.components and points.components
            for values in [getattr(points.components, self.component)]
            for known in [np.flatnonzero(np.isfinite(values))]
        ]

    def _weights(self, points: DimerPoints, known: Indices, values: Array) -> Array:
        more = _RELATIVE * values[known] / self.standard_error
        return np.asarray(self._case.dimer_weights(points)[known] / (1.0 + more**2))

    @classmethod
    def of(cls, case: Case) -> "ComponentResidual | None":
        """As of `Residual`."""
        found = cls(case)
        return found if any(len(known) for _, _, known, *_ in found._sets) else None

    @cached_property
    def rows(self) -> Rows:
        """One a dimer."""
        return Rows.join(
            [
                Rows.of_points(self._case, numbers[known], weights)
                for _, numbers, known, _, weights in self._sets
            ]
        )

    def evaluate(self, parameters: Array) -> Block:
        """As of `Residual`."""
        blocks = []
        for model, _, known, values, weights in self._sets:
            energy, jacobian = model.component(self.component, parameters)
            share = np.sqrt(weights) / self.standard_error
            off = energy[known] - values[known]
            blocks.append((share * off, share[:, None] * jacobian[known]))
        return stack(blocks, parameters)


class ElectrostaticsResidual(ComponentResidual):
    """Charges, dipoles, and what overlapping charge clouds gain beyond them."""

    kind, component = "electrostatics", "electrostatics"


class ExchangeResidual(ComponentResidual):
    """The repulsion of electrons that avoid each other."""

    kind, component = "exchange", "exchange"


class InductionResidual(ComponentResidual):
    """Induced dipoles and charge transfer."""

    kind, component = "induction", "induction"
