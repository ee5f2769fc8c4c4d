"""What a kind of electrostatics is.

The energy model of some structures asks the electrostatics for its part of energy and gradient, and
for how that depends on the parameters of the field. So another kind of electrostatics is one more
class beside `FixedCharges` and `Polarizable`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.potentials.coordinates import Coordinates
from aiida_forcefield.potentials.forms import EnergyComponent

Array = NDArray[np.float64]
Indices = NDArray[np.int_]
State = Literal["gas", "liquid"]
Places = Mapping[str, Indices]
"""For each term's name, the places of its parameters in the flat vector of a force field."""

CRYSTAL_CUTOFF: Final = 12.0
"""Å, of the nonbonded form and of Ewald's first sum in the cells of a fit."""


def no_pairs() -> Indices:
    """Pairs of atoms of which there are none, shape (0, 2)."""
    return np.zeros((0, 2), dtype=int)


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
        bonds: atoms that are bonded, shape (b, 2).
        within: of interactions between molecules, pairs inside each of them: their energy does not
            count, but that which is induced depends on them, too; shape (w, 2).
    """

    types: tuple[str, ...]
    positions: Array
    pairs: tuple[SitePairs, ...] = ()
    cells: Array | None = None
    bonds: Indices = field(default_factory=no_pairs)
    within: Indices = field(default_factory=no_pairs)


class ElectrostaticModel(Protocol):
    """The electrostatic energy of s fixed structures, as a function of the p flat parameters."""

    def energy(self, parameters: Array) -> tuple[Array, Array | None]:
        """Energies, shape (s,), eV, and their Jacobian, shape (s, p); None where that is zero."""

    def gradient(self, parameters: Array) -> tuple[Array, Array | None]:
        """dE/dx, shape (s, x), and its Jacobian, shape (s, x, p); None where that is zero.

        x is 3n; of cells, nine derivatives dE/dε by their strain follow.
        """


@dataclass(frozen=True)
class Nothing:
    """No energy, of some structures."""

    sites: Sites

    def energy(self, parameters: Array) -> tuple[Array, None]:
        """As of `ElectrostaticModel`."""
        return np.zeros(len(self.sites.positions)), None

    def gradient(self, parameters: Array) -> tuple[Array, None]:
        """As of `ElectrostaticModel`."""
        return np.zeros((len(self.sites.positions), 3 * len(self.sites.types))), None


class Electrostatics(Protocol):
    """A kind of electrostatics."""

    def charges(self, state: State) -> Mapping[str, float]:
        """Net charge of each atom type, e."""

    def model(
        self, state: State, sites: Sites, places: Places, component: EnergyComponent | None = None
    ) -> ElectrostaticModel:
        """Its energy of some structures.

        Args:
            state: in vacuum or in the liquid.
            sites: the structures.
            places: of the parameters of the force field, for those that act here.
            component: to which of the interaction energy it is to tell its part; None for all.
        """
