"""What a liquid has that its simulation does not, as an energy and a pressure.

LAMMPS has no potentials of three molecules. Their mean effect on the density is that of a pressure
from within, like the tail correction's; so the barostat takes their part.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.topology.box import Frames
from aiida_forcefield.topology.system import System
from aiida_forcefield.units import BAR

Array = NDArray[np.float64]
Indices = NDArray[np.int_]

STRAIN = 0.005
"""By which the distances of molecules are stretched and shortened to differentiate."""


@dataclass(frozen=True)
class ManyBody:
    """An energy of a liquid that its simulation does not have.

    Attributes:
        energy: eV per molecule.
        pressure: with which it pushes the liquid apart, bar.
        volume: per molecule, at which it does so, Å³.
        bodies: how many molecules it takes.
    """

    energy: float
    pressure: float
    volume: float
    bodies: int

    def pressure_at(self, volume: float) -> float:
        """The pressure at another volume per molecule (Å³), bar.

        As long as neighbours keep their arrangement, each molecule meets groups of k - 1 others in
        proportion to that power of the density, and the pressure falls as V⁻ᵏ. A constant pressure
        would go on pulling as the liquid expands, and can tear it apart.
        """
        return self.pressure * (self.volume / volume) ** self.bodies

    def energy_at(self, volume: float) -> float:
        """The energy at another volume per molecule (Å³), eV per molecule: it falls as V¹⁻ᵏ."""
        return self.energy * (self.volume / volume) ** (self.bodies - 1)


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


def per_atom(values: Sequence[Array], counts: Sequence[int]) -> Array:
    """Numbers of each species's atoms as those of all atoms of a box, shape (N,)."""
    return np.concatenate([np.tile(v, n) for v, n in zip(values, counts, strict=True)])


def of_liquid(energy: Callable[[Liquid], float], liquid: Liquid, bodies: int) -> ManyBody:
    """What an energy of so many bodies in a periodic box does to its liquid.

    The pressure is that of a change of volume in which molecules keep their shape.

    Args:
        energy: of the whole box, eV.
        liquid: the box.
        bodies: how many molecules the energy takes.
    """
    ends = (energy(liquid.strained(strain)) for strain in (STRAIN, -STRAIN))
    slope = (next(ends) - next(ends)) / (2 * STRAIN)  # dE/dλ, dV/dλ = 3 V
    volume = float(np.prod(liquid.edges))
    return ManyBody(
        energy=energy(liquid) / liquid.molecules,
        pressure=-slope / (3 * volume) * BAR,
        volume=volume / liquid.molecules,
        bodies=bodies,
    )
