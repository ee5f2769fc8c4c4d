"""What three molecules have beyond their pairs, as an energy and a pressure of their liquid.

Force fields are sums over pairs. The mean effect of three-body energies on the density is that of a
pressure from within, like the tail correction's; so the barostat takes their part.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.topology.box import Frames
from aiida_forcefield.topology.system import System
from aiida_forcefield.units import BAR

Array = NDArray[np.float64]
Indices = NDArray[np.int_]

BODIES = 3
"""Molecules that an energy takes: its pressure is in proportion to this power of the density."""
STRAIN = 0.005
"""By which the distances of molecules are stretched and shortened to differentiate."""


@dataclass(frozen=True)
class ManyBody:
    """A three-body energy of a liquid, which its simulation does not have.

    Attributes:
        energy: eV per molecule.
        pressure: with which it pushes the liquid apart, bar.
        volume: per molecule, at which it does so, Å³.
    """

    energy: float
    pressure: float
    volume: float

    def pressure_at(self, volume: float) -> float:
        """The pressure at another volume per molecule (Å³), bar.

        As long as neighbours keep their arrangement, each molecule meets pairs of others in
        proportion to the square of the density, and the pressure falls as V⁻³. A constant one
        would not fall as the liquid expands.
        """
        return self.pressure * (self.volume / volume) ** BODIES

    def energy_at(self, volume: float) -> float:
        """The energy at another volume per molecule (Å³), eV per molecule: it falls as V⁻²."""
        return self.energy * (self.volume / volume) ** (BODIES - 1)


@dataclass(frozen=True, eq=False)
class Liquid:
    """Whole molecules of one or more species in a periodic box.

    Attributes:
        positions: of all N atoms, molecule by molecule, shape (N, 3), Å.
        molecule: index of the molecule of each atom, from 0, in rising order, shape (N,).
        edges: of the box, shape (3,), Å.
    """

    positions: Array
    molecule: Indices
    edges: Array

    @property
    def molecules(self) -> int:
        """How many there are."""
        return int(self.molecule[-1]) + 1

    @property
    def sizes(self) -> Indices:
        """Number of atoms of each molecule, shape (M,)."""
        return np.bincount(self.molecule)

    @property
    def centres(self) -> Array:
        """Mean position of the atoms of each molecule, shape (M, 3), Å."""
        starts = np.cumsum(self.sizes) - self.sizes
        return np.asarray(np.add.reduceat(self.positions, starts) / self.sizes[:, None])

    def strained(self, strain: float) -> "Liquid":
        """Molecules of the same shape, with their centres and the box scaled."""
        moved = self.positions + strain * self.centres[self.molecule]
        return Liquid(moved, self.molecule, self.edges * (1 + strain))


def liquids_of(frames: Frames, system: System) -> list[Liquid]:
    """Each frame of a box."""
    sizes = [len(species.symbols) for species in system.species]
    of_molecules = np.repeat(sizes, frames.counts)
    molecule = np.repeat(np.arange(len(of_molecules)), of_molecules)
    return [
        Liquid(positions, molecule, edges)
        for positions, edges in zip(frames.positions, frames.edges, strict=True)
    ]


def of_liquid(energy: Callable[[Liquid], float], liquid: Liquid) -> ManyBody:
    """What an energy of molecules in a periodic box does to their liquid.

    The pressure is that of a change of volume in which molecules keep their shape.

    Args:
        energy: of the whole box, eV.
        liquid: the box.
    """
    ends = (energy(liquid.strained(strain)) for strain in (STRAIN, -STRAIN))
    slope = (next(ends) - next(ends)) / (2 * STRAIN)  # dE/dλ, dV/dλ = 3 V
    volume = float(np.prod(liquid.edges))
    return ManyBody(
        energy=energy(liquid) / liquid.molecules,
        pressure=-slope / (3 * volume) * BAR,
        volume=volume / liquid.molecules,
    )
