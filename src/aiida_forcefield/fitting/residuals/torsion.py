"""Energies along dihedrals with all else relaxed in the force field, and their slopes."""

from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.fitting.case import Block, Case
from aiida_forcefield.fitting.residuals.residual import Relaxing, Residual, Rows, stack
from aiida_forcefield.fitting.torsions import Torsions, along_dihedrals, relaxed_torsions
from aiida_forcefield.potentials.forcefield import ForceField

Array = NDArray[np.float64]
Indices = NDArray[np.int_]

_STEEPNESS = 3.0  # of a threefold term: its slope over its energy, 1/rad


class TorsionResidual(Relaxing):
    """Energies along each dihedral, whose mean is taken off as an offset of its own; slopes."""

    kind, unit, data, counted, closely = "torsion", "eV", "torsion", False, True

    def __init__(self, case: Case, parts: list[tuple[Torsions, Indices]]) -> None:
        self._case, self._parts = case, parts
        self.standard_error = case.settings.torsion_error

    @classmethod
    def relaxed(cls, case: Case, field: ForceField, before: Residual | None) -> Self | None:
        """As of `Relaxing`."""
        system = case.layout.system
        earlier = (
            {part.points.species: part for part, _ in before._parts}
            if isinstance(before, cls)
            else {}
        )
        parts = []
        for points, numbers in zip(case.data.molecules, case.numbers, strict=False):
            if along_dihedrals(system.of_name(points.species), points):
                start = earlier.get(points.species)
                parts.append((relaxed_torsions(system, field, points, start), numbers))
        return cls(case, parts) if parts else None

    def change(self, before: Residual) -> float:
        """As of `Relaxing`."""
        assert isinstance(before, TorsionResidual)
        pairs = zip(self._parts, before._parts, strict=True)
        return max(part.change(earlier) for (part, _), (earlier, _) in pairs)

    @property
    def settled(self) -> bool:
        """As of `Relaxing`."""
        return all(part.settled for part, _ in self._parts)

    @cached_property
    def rows(self) -> Rows:
        """One a point, and one for each slope that is known."""
        rows, offset = [], 0
        for part, numbers in self._parts:
            weights = part.points.weights[part.places]
            energies = Rows.of_points(self._case, numbers[part.places], weights)
            energies.offsets[:] = offset + part.profiles
            offset += int(part.profiles.max()) + 1
            sloping = np.isfinite(part.qm_slopes)
            slopes = Rows.of_points(self._case, numbers[part.places][sloping], weights[sloping])
            rows += [energies, slopes]
        return Rows.join(rows)

    def evaluate(self, parameters: Array) -> Block:
        """As of `Residual`."""
        blocks = []
        for part, _ in self._parts:
            weights = part.points.weights[part.places]
            together = (part.profiles[:, None] == part.profiles) * weights
            total = together.sum(axis=1, keepdims=True)
            share = np.divide(together, total, out=np.zeros_like(together), where=total > 0)
            energy, jacobian = part.energy(parameters)
            error = energy - part.points.energies[part.places]
            root = np.sqrt(weights) / self.standard_error
            expected, sloping = part.qm_slopes, np.isfinite(part.qm_slopes)
            slope, change = (each[sloping] for each in part.slope(parameters))
            steep = root[sloping] / _STEEPNESS
            blocks += [
                (root * (error - share @ error), root[:, None] * (jacobian - share @ jacobian)),
                (steep * (slope - expected[sloping]), steep[:, None] * change),
            ]
        return stack(blocks, parameters)

    def error(self, residuals: Array, mine: NDArray[np.bool_]) -> float | None:
        """Of the energies."""
        return super().error(residuals, mine & (self.rows.offsets >= 0))
