"""Charges, permanent dipoles on atoms, and dipoles that molecules induce in one another."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.potentials.electrostatics.drudes import Drudes, Settled
from aiida_forcefield.potentials.electrostatics.model import (
    ElectrostaticModel,
    Indices,
    Nothing,
    Places,
    Sites,
    State,
)
from aiida_forcefield.potentials.forms import EnergyComponent
from aiida_forcefield.units import COULOMB, KCAL_PER_MOL

Array = NDArray[np.float64]

SPRING: Final = 1000 * KCAL_PER_MOL
"""eV/Å², of every Drude particle: stiff enough that it moves a few hundredths of an ångström."""


@dataclass(frozen=True)
class BondDipole:
    """A permanent dipole of an atom along a bond: its charge times the vector of the bond.

    Attributes:
        atom: type of the atom, which is polarizable.
        neighbour: type of the atom at the other end.
        charge: e.
    """

    atom: str
    neighbour: str
    charge: float


@dataclass(frozen=True)
class Polarizable:
    """Electrostatics in which molecules polarise one another, in vacuum as in the liquid.

    Atoms one and two bonds apart do not act on each other.

    Attributes:
        net: charge of each atom type, e, by its name.
        dipoles: permanent ones, in the frame of the bonds.
        polarizabilities: of the atom types that have one, Å³.
        lengths: by which each atom type damps, Å: the cubic root of its share of the molecule's
            polarizability, also of atoms that have none themselves.
        damping: a of `damping`.
    """

    net: dict[str, float]
    dipoles: tuple[BondDipole, ...]
    polarizabilities: dict[str, float]
    lengths: dict[str, float]
    damping: float

    def renamed(self, name: Callable[[str], str]) -> "Polarizable":
        """The same with other names of the atom types."""

        def of(values: Mapping[str, float]) -> dict[str, float]:
            return {name(each): value for each, value in values.items()}

        return Polarizable(
            of(self.net),
            tuple(BondDipole(name(d.atom), name(d.neighbour), d.charge) for d in self.dipoles),
            of(self.polarizabilities),
            of(self.lengths),
            self.damping,
        )

    def charges(self, state: State) -> dict[str, float]:
        """The same in both states."""
        return self.net

    def drude_charge(self, name: str) -> float:
        """That of the Drude particle of an atom type, e: α = D²/k."""
        return -float(np.sqrt(self.polarizabilities[name] * SPRING / COULOMB))

    def drudes(self, types: Sequence[str], bonds: Indices, pairs: Indices) -> Drudes:
        """The charges of some atoms.

        Args:
            types: name of the type of each of the n atoms.
            bonds: atoms that are bonded, shape (b, 2).
            pairs: atoms that act on each other, shape (m, 2).
        """
        hosts = [k for k, name in enumerate(types) if name in self.polarizabilities]
        moments = {(each.atom, each.neighbour): each.charge for each in self.dipoles}
        anchors = np.zeros((len(hosts), len(types)))
        drudes = np.array([self.drude_charge(types[host]) for host in hosts])
        for row, host in enumerate(hosts):
            anchors[row, host] = 1.0
            for neighbour in _neighbours(bonds, host):
                share = moments.get((types[host], types[neighbour]), 0.0) / drudes[row]
                anchors[row, neighbour] += share
                anchors[row, host] -= share
        return Drudes(
            np.array([self.net[name] for name in types]),
            np.array(hosts, dtype=int),
            drudes,
            np.full(len(hosts), SPRING),
            anchors,
            np.array([self.lengths[name] for name in types]),
            self.damping,
            pairs,
        )

    def model(
        self, state: State, sites: Sites, places: Places, component: EnergyComponent | None = None
    ) -> ElectrostaticModel:
        """As of `Electrostatics`; a component only between molecules.

        Raises:
            ValueError: cells of a crystal, or pairs that count in part only.
        """
        if sites.cells is not None:
            raise ValueError("electrostatics: polarizable ones are for molecules, not for crystals")
        if any(pairs.scale != 1.0 for pairs in sites.pairs):
            raise ValueError("scale_14: polarizable electrostatics act in full or not at all")
        if component == "exchange":
            return Nothing(sites)
        return _Polarised(self, sites, component)


def join(parts: Sequence[Polarizable]) -> Polarizable:
    """That of species whose atom types have different names; the damping is the first's."""
    return Polarizable(
        {name: q for part in parts for name, q in part.net.items()},
        tuple(each for part in parts for each in part.dipoles),
        {name: a for part in parts for name, a in part.polarizabilities.items()},
        {name: length for part in parts for name, length in part.lengths.items()},
        parts[0].damping,
    )


def _neighbours(bonds: Indices, atom: int) -> list[int]:
    return [int(j if i == atom else i) for i, j in bonds if atom in (i, j)]


@dataclass(frozen=True, eq=False)
class _Polarised:
    """The energy of some sites, less that of the pairs within molecules that do not count.

    Attributes:
        field: the electrostatics.
        sites: the structures.
        component: that is told; None for all.
    """

    field: Polarizable
    sites: Sites
    component: EnergyComponent | None

    def energy(self, parameters: Array) -> tuple[Array, None]:
        """As of `ElectrostaticModel`; no parameter changes it."""
        return self._energy, None

    def gradient(self, parameters: Array) -> tuple[Array, None]:
        """As of `ElectrostaticModel`, of all components; no parameter changes it."""
        gradient = self._together.gradient - self._apart.gradient
        return gradient.reshape(len(gradient), -1), None

    @cached_property
    def _energy(self) -> Array:
        if self.component == "electrostatics":
            return self._permanent
        total = self._together.energy - self._apart.energy
        return total - self._permanent if self.component else total

    @cached_property
    def _drudes(self) -> Drudes:
        sites = self.sites
        pairs = np.concatenate([*(pairs.atoms for pairs in sites.pairs), sites.within])
        return self.field.drudes(sites.types, sites.bonds, pairs)

    @cached_property
    def _together(self) -> Settled:
        return self._drudes.settle(self.sites.positions)

    @cached_property
    def _apart(self) -> Settled:
        """The molecules each by itself."""
        return self._drudes.of_pairs(self.sites.within).settle(self.sites.positions)

    @property
    def _permanent(self) -> Array:
        """What acts between the molecules as each is by itself."""
        across = np.concatenate([pairs.atoms for pairs in self.sites.pairs])
        return self._drudes.of_pairs(across).unchanged(
            self.sites.positions, self._apart.displacements
        )
