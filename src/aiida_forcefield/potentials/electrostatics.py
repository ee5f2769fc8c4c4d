"""Electrostatics of a force field: what acts between charges, in vacuum and in the liquid.

The energy model of some structures asks the electrostatics for its part of energy and gradient, and
for how that depends on the parameters of the field. So another kind of electrostatics, such as one
with penetration or induced dipoles, is one more class beside `FixedCharges`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.potentials.coordinates import Coordinates
from aiida_forcefield.potentials.ewald import coulomb, split
from aiida_forcefield.units import COULOMB

Array = NDArray[np.float64]
Indices = NDArray[np.int_]
State = Literal["gas", "liquid"]
Places = Mapping[str, Indices]
"""For each term's name, the places of its parameters in the flat vector of a force field."""

CRYSTAL_CUTOFF: Final = 12.0
"""Å, of the nonbonded form and of Ewald's first sum in the cells of a fit."""


@dataclass(frozen=True, eq=False)
class SitePairs:
    """Pairs of atoms that act on each other.

    Attributes:
        atoms: shape (m, 2).
        distances: theirs.
        scale: by which their electrostatic energy counts.
    """

    atoms: Indices
    distances: Coordinates
    scale: float = 1.0


@dataclass(frozen=True, eq=False)
class Sites:
    """The atoms of fixed structures, and which of them act on each other.

    Attributes:
        types: name of the type of each of the n atoms.
        positions: shape (s, n, 3), Å.
        pairs: of molecules, all that count; in cells all act on all, and none are named.
        cells: lattice vectors of crystals, one a row, shape (s, 3, 3), Å; None for molecules.
    """

    types: tuple[str, ...]
    positions: Array
    pairs: tuple[SitePairs, ...] = ()
    cells: Array | None = None


class ElectrostaticModel(Protocol):
    """The electrostatic energy of s fixed structures, as a function of the p flat parameters."""

    def energy(self, parameters: Array) -> tuple[Array, Array | None]:
        """Energies, shape (s,), eV, and their Jacobian, shape (s, p); None where that is zero."""

    def gradient(self, parameters: Array) -> tuple[Array, Array | None]:
        """dE/dx, shape (s, x), and its Jacobian, shape (s, x, p); None where that is zero.

        x is 3n; of cells, nine derivatives dE/dε by their strain follow.
        """


class Electrostatics(Protocol):
    """A kind of electrostatics."""

    def charges(self, state: State) -> Mapping[str, float]:
        """Net charge of each atom type, e."""

    def model(self, state: State, sites: Sites, places: Places) -> ElectrostaticModel:
        """Its energy of some structures.

        Args:
            state: in vacuum or in the liquid.
            sites: the structures.
            places: of the parameters of the force field, for those that act here.
        """


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

    def model(self, state: State, sites: Sites, places: Places) -> ElectrostaticModel:
        """Coulomb's law, of cells by Ewald's sums; as of `Electrostatics`."""
        charges = self.charges(state)
        q = np.array([charges[name] for name in sites.types])
        if sites.cells is None:
            return _PointCharges(q, sites)
        return _ChargesInCells(q, sites.positions, sites.cells)


FieldElectrostatics = FixedCharges
"""What a force field may have; another kind is one more of a union."""


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
