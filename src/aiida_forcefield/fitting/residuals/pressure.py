"""The pressure that pairs make in a liquid, by those of them that were drawn from it."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.fitting.case import Block, Case
from aiida_forcefield.fitting.residuals.residual import Residual, Rows
from aiida_forcefield.fitting.residuals.virial import change_errors

Array = NDArray[np.float64]


class PressureResidual(Residual):
    """What is missed of the pressure of all drawn pairs together."""

    kind, unit, counted = "pressure", "bar", False

    def __init__(self, case: Case) -> None:
        self._block = case.of_liquid
        self._sets = [each for each in case.dimers if len(each[0].shares)]
        self.standard_error = case.settings.pressure_error

    @classmethod
    def of(cls, case: Case) -> "PressureResidual | None":
        """As of `Residual`."""
        return cls(case) if any(len(points.shares) for points, *_ in case.dimers) else None

    @cached_property
    def rows(self) -> Rows:
        """One in all; it goes with the pairs where these are left out."""
        return Rows.of_no_points(1, weight=1.0, block=self._block)

    def evaluate(self, parameters: Array) -> Block:
        """As of `Residual`."""
        value, jacobian = np.zeros(1), np.zeros((1, len(parameters)))
        for points, model, _ in self._sets:
            change, slope = change_errors(points, model, parameters)
            share = points.shares * points.weights[points.pulled] / self.standard_error
            value += share @ change
            jacobian += share @ slope
        return value, jacobian
