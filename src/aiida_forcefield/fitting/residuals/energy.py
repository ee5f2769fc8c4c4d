"""Energies of single molecules, or of cells, which have no zero of their own."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.fitting.case import Block, Case
from aiida_forcefield.fitting.residuals.residual import Residual, Rows, stack

Array = NDArray[np.float64]


class EnergyResidual(Residual):
    """Energies; the offset that those of one species have in common is solved for, exactly."""

    kind, unit, data, judges = "energy", "eV", "molecule", True

    def __init__(self, case: Case) -> None:
        self._case, self._sets = case, case.alone
        self.standard_error = case.settings.energy_error

    @classmethod
    def of(cls, case: Case) -> "EnergyResidual | None":
        """As of `Residual`."""
        return cls(case) if case.alone else None

    @cached_property
    def rows(self) -> Rows:
        """One a point."""
        return Rows.join(
            [
                Rows.of_points(self._case, numbers, points.weights, offset)
                for offset, (points, _, numbers) in enumerate(self._sets)
            ]
        )

    def evaluate(self, parameters: Array) -> Block:
        """As of `Residual`."""
        blocks = []
        for points, model, _ in self._sets:
            value = model(parameters)
            share = points.weights / points.weights.sum()
            error, jacobian = value.energy - points.energies, value.energy_jacobian
            error, jacobian = error - share @ error, jacobian - share @ jacobian
            root = np.sqrt(points.weights)
            blocks.append(
                (
                    error * root / self.standard_error,
                    jacobian * root[:, None] / self.standard_error,
                )
            )
        return stack(blocks, parameters)

    @property
    def redundant(self) -> int:
        """The offsets."""
        return len(self._sets)
