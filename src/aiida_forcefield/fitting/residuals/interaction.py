"""Interaction energies of dimers."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.fitting.case import Block, Case
from aiida_forcefield.fitting.residuals.residual import Residual, Rows, stack

Array = NDArray[np.float64]


class InteractionResidual(Residual):
    """Interaction energies; repulsive ones weigh less."""

    kind, unit, data, judges = "interaction", "eV", "interaction", True

    def __init__(self, case: Case) -> None:
        self._case, self._sets = case, case.dimers
        self._weights = [case.dimer_weights(points) for points, *_ in self._sets]
        self.standard_error = case.settings.interaction_error

    @classmethod
    def of(cls, case: Case) -> "InteractionResidual | None":
        """As of `Residual`."""
        return cls(case) if case.dimers else None

    @cached_property
    def rows(self) -> Rows:
        """One a dimer."""
        return Rows.join(
            [
                Rows.of_points(self._case, numbers, weights)
                for (_, _, numbers), weights in zip(self._sets, self._weights, strict=True)
            ]
        )

    def evaluate(self, parameters: Array) -> Block:
        """As of `Residual`."""
        blocks = []
        for (points, model, _), weights in zip(self._sets, self._weights, strict=True):
            energy, jacobian = model.near(parameters)
            share = np.sqrt(weights) / self.standard_error
            blocks.append((share * (energy - points.energies), share[:, None] * jacobian))
        return stack(blocks, parameters)
