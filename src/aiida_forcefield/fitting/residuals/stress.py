"""Stresses of cells of a crystal."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.fitting.case import Block, Case
from aiida_forcefield.fitting.residuals.residual import Residual, Rows, root_mean_square
from aiida_forcefield.units import GPA

Array = NDArray[np.float64]

VOIGT = [0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]
"""Places of the components xx, yy, zz, yz, xz and xy of a symmetric matrix."""
_COUNTS = np.array([1.0, 1.0, 1.0, 2.0, 2.0, 2.0])  # those off the diagonal occur twice


class StressResidual(Residual):
    """The components of a cell's stress that differ."""

    kind, unit, data, judges = "stress", "GPa", "molecule", True

    def __init__(self, case: Case) -> None:
        assert case.data.cells is not None
        self._case, self._points = case, case.data.cells
        _, self._model, self._numbers = case.alone[-1]
        self.standard_error = case.settings.stress_error

    @classmethod
    def of(cls, case: Case) -> "StressResidual | None":
        """As of `Residual`."""
        return cls(case) if case.data.cells and case.data.cells.has_stress.any() else None

    @cached_property
    def rows(self) -> Rows:
        """Six a cell."""
        known = np.repeat(np.flatnonzero(self._points.has_stress), len(_COUNTS))
        return Rows.of_points(self._case, self._numbers[known], self._points.weights[known])

    def evaluate(self, parameters: Array) -> Block:
        """As of `Residual`."""
        points, known, value = self._points, self._points.has_stress, self._model(parameters)
        n, root = points.positions.shape[1], np.sqrt(points.weights[known])
        scale = root * GPA / self.standard_error
        per_volume = scale / np.abs(np.linalg.det(points.cells[known]))
        expected = scale[:, None, None] * points.stresses[known]
        error = per_volume[:, None, None] * value.gradient[known, n:] - expected
        jacobian = per_volume[:, None, None, None] * value.gradient_jacobian[known, n:]
        a, b = VOIGT
        counted = np.sqrt(_COUNTS)
        return (
            (counted * error[:, a, b]).ravel(),
            (counted[:, None] * jacobian[:, a, b]).reshape(-1, len(parameters)),
        )

    def error(self, residuals: Array, mine: NDArray[np.bool_]) -> float | None:
        """Of all nine components."""
        counts = np.tile(_COUNTS, len(residuals) // len(_COUNTS))
        weights = (self.rows.weights * counts)[mine]
        return root_mean_square(residuals[mine], weights, self.standard_error)
