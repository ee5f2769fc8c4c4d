"""Gradients of single molecules, or of cells."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.fitting.case import Block, Case
from aiida_forcefield.fitting.data import CellPoints
from aiida_forcefield.fitting.residuals.residual import Residual, Rows, stack

Array = NDArray[np.float64]


class GradientResidual(Residual):
    """All components of the gradients that are known."""

    kind, unit, data, judges = "gradient", "eV/Å", "molecule", True

    def __init__(self, case: Case) -> None:
        self._case, self._sets = case, case.alone
        self.standard_error = case.settings.gradient_error

    @classmethod
    def of(cls, case: Case) -> "GradientResidual | None":
        """As of `Residual`."""
        return cls(case) if any(points.has_gradient.any() for points, *_ in case.alone) else None

    @cached_property
    def rows(self) -> Rows:
        """3n a point."""
        parts = []
        for points, _, numbers in self._sets:
            known = np.repeat(np.flatnonzero(points.has_gradient), points.positions[0].size)
            parts.append(Rows.of_points(self._case, numbers[known], points.weights[known]))
        return Rows.join(parts)

    def evaluate(self, parameters: Array) -> Block:
        """As of `Residual`."""
        blocks = []
        for points, model, _ in self._sets:
            value, known, n = model(parameters), points.has_gradient, points.positions.shape[1]
            root = np.sqrt(points.weights)[known]
            difference = (value.gradient[:, :n] - points.gradients)[known]
            jacobian = value.gradient_jacobian[known, :n] * root[:, None, None, None]
            blocks.append(
                (
                    (difference * root[:, None, None]).ravel() / self.standard_error,
                    jacobian.reshape(-1, len(parameters)) / self.standard_error,
                )
            )
        return stack(blocks, parameters)

    @property
    def redundant(self) -> int:
        """A gradient has no net force and, of molecules, no torque."""
        count = 0
        for points, *_ in self._sets:
            n = points.positions.shape[1]
            turned = 0 if isinstance(points, CellPoints) else {1: 0, 2: 2}.get(n, 3)
            count += (3 + turned) * int(np.count_nonzero(points.has_gradient))
        return count
