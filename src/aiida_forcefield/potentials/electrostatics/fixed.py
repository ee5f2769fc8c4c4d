"""Point charges that nothing changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.potentials.electrostatics.model import (
    CRYSTAL_CUTOFF,
    ElectrostaticModel,
    Nothing,
    Places,
    SitePairs,
    Sites,
    State,
)
from aiida_forcefield.potentials.ewald import coulomb, split
from aiida_forcefield.potentials.forms import EnergyComponent
from aiida_forcefield.units import COULOMB

Array = NDArray[np.float64]


@dataclass(frozen=True)
class FixedCharges:
    """Point charges on the atoms that nothing changes.

    Attributes:
        gas: charge of each atom type in vacuum, e, by its name; interaction energies are fitted
            with them.
        liquid: in the liquid, e; MD runs with them, and bonded terms are fitted with them.
    """

    gas: dict[str, float]
    liquid: dict[str, float]

    def charges(self, state: State) -> dict[str, float]:
        """Those of a state."""
        return self.gas if state == "gas" else self.liquid

    def model(
        self, state: State, sites: Sites, places: Places, component: EnergyComponent | None = None
    ) -> ElectrostaticModel:
        """Coulomb's law, of cells by Ewald's sums; as of `Electrostatics`."""
        if component not in (None, "electrostatics"):
            return Nothing(sites)
        charges = self.charges(state)
        q = np.array([charges[name] for name in sites.types])
        if sites.cells is None:
            return _PointCharges(q, sites)
        return _ChargesInCells(q, sites.positions, sites.cells)


@dataclass(frozen=True, eq=False)
class _PointCharges:
    """Coulomb's law between the pairs of some sites with charges of shape (n,), e."""

    q: Array
    sites: Sites

    def energy(self, parameters: Array) -> tuple[Array, None]:
        return self._energy, None

    def gradient(self, parameters: Array) -> tuple[Array, None]:
        return self._gradient, None

    @cached_property
    def _energy(self) -> Array:
        energies = [energy.sum(axis=1) for energy, _ in self._by_pair]
        return np.asarray(sum(energies, np.zeros(len(self.sites.positions))))

    @cached_property
    def _gradient(self) -> Array:
        """Measured where it is first asked for: interaction energies alone need none."""
        gradient = np.zeros((len(self.sites.positions), 3 * len(self.q)))
        for energy, pairs in self._by_pair:
            slopes = -energy / pairs.distances.q
            gradient += np.einsum("sm,smx->sx", slopes, pairs.distances.directions)
        return gradient

    @cached_property
    def _by_pair(self) -> Sequence[tuple[Array, SitePairs]]:
        return [
            (
                pairs.scale * COULOMB * np.prod(self.q[pairs.atoms], axis=1) / pairs.distances.q,
                pairs,
            )
            for pairs in self.sites.pairs
        ]


@dataclass(frozen=True, eq=False)
class _ChargesInCells:
    """Ewald's sums of charges of shape (n,), e, in cells."""

    q: Array
    positions: Array
    cells: Array

    def energy(self, parameters: Array) -> tuple[Array, None]:
        return self._summed[0], None

    def gradient(self, parameters: Array) -> tuple[Array, None]:
        return self._summed[1], None

    @cached_property
    def _summed(self) -> tuple[Array, Array]:
        shares = split(CRYSTAL_CUTOFF)
        cells = zip(self.positions, self.cells, strict=True)
        sums = [coulomb(x, self.q, cell, shares) for x, cell in cells]
        return (
            np.array([energy for energy, *_ in sums]),
            np.array([np.concatenate([g.ravel(), strain.ravel()]) for _, g, strain in sums]),
        )
