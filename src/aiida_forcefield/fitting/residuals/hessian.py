"""Hessians of the species at their minima, between their normal modes."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.fitting.case import Block, Case
from aiida_forcefield.fitting.residuals.residual import Residual, Rows, stack

Array = NDArray[np.float64]


class HessianResidual(Residual):
    """Elements of one triangle of each Hessian, relative to the squared frequencies."""

    kind, unit = "hessian", "1/cm"

    def __init__(self, case: Case) -> None:
        self._models = [model for model in case.models.hessians.values() if model.size]
        self.standard_error = case.settings.hessian_error

    @classmethod
    def of(cls, case: Case) -> "HessianResidual | None":
        """As of `Residual`."""
        found = cls(case)
        return found if found._models else None

    @cached_property
    def rows(self) -> Rows:
        """One an element, all of the same weight."""
        return Rows.of_no_points(sum(model.size for model in self._models), weight=1.0)

    def evaluate(self, parameters: Array) -> Block:
        """As of `Residual`."""
        off, jacobian = stack([model.errors(parameters) for model in self._models], parameters)
        return off / self.standard_error, jacobian / self.standard_error

    def error(self, residuals: Array, mine: NDArray[np.bool_]) -> float | None:
        """Root mean square error of the harmonic frequencies, 1/cm, of all species."""
        off = residuals * self.standard_error
        parts = np.split(off, np.cumsum([model.size for model in self._models])[:-1])
        errors = [m.frequency_errors(part) for m, part in zip(self._models, parts, strict=True)]
        return float(np.sqrt(np.mean(np.concatenate(errors) ** 2)))
