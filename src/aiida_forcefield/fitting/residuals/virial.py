"""How interaction energies change as molecules move apart: what makes the pressure of a liquid."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.fitting.case import Block, Case, SetEnergies
from aiida_forcefield.fitting.data import DimerPoints
from aiida_forcefield.fitting.residuals.residual import Residual, Rows, stack

Array = NDArray[np.float64]


class VirialResidual(Residual):
    """Changes of interaction energies by the relative change of the distance."""

    kind, unit, data, judges = "virial", "eV", "virial", True

    def __init__(self, case: Case) -> None:
        self._case = case
        self._sets = [each for each in case.dimers if len(each[0].pulled)]
        self._weights = [case.dimer_weights(points)[points.pulled] for points, *_ in self._sets]
        self.standard_error = case.settings.virial_error

    @classmethod
    def of(cls, case: Case) -> "VirialResidual | None":
        """As of `Residual`."""
        return cls(case) if any(len(points.pulled) for points, *_ in case.dimers) else None

    @cached_property
    def rows(self) -> Rows:
        """One a dimer that was moved apart."""
        return Rows.join(
            [
                Rows.of_points(self._case, numbers[points.pulled], weights)
                for (points, _, numbers), weights in zip(self._sets, self._weights, strict=True)
            ]
        )

    def evaluate(self, parameters: Array) -> Block:
        """As of `Residual`."""
        blocks = []
        for (points, model, _), weights in zip(self._sets, self._weights, strict=True):
            change, slope = change_errors(points, model, parameters)
            share = np.sqrt(weights) / self.standard_error
            blocks.append((share * change, share[:, None] * slope))
        return stack(blocks, parameters)


def change_errors(points: DimerPoints, model: SetEnergies, parameters: Array) -> Block:
    """What is missed of the change of each energy by the relative change of the distance, eV."""
    near, jacobian = model.near(parameters)
    far, far_jacobian = model.far(parameters)
    off, strains, mine = near - points.energies, points.strains, points.pulled
    return (
        (far - points.moved_energies - off[mine]) / strains,
        (far_jacobian - jacobian[mine]) / strains[:, None],
    )
