"""What a liquid has that its simulation does not, as a pressure.

LAMMPS has no potentials of three molecules. Their mean effect on the density is that of a pressure
from within, like the tail correction's; so the barostat takes their part.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.units import BAR

Array = NDArray[np.float64]

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


def of_liquid(
    energy: Callable[[Array, Array], float], positions: Array, edges: Array, bodies: int
) -> ManyBody:
    """What an energy of so many bodies in a periodic box does to its liquid.

    The pressure is that of a change of volume in which molecules keep their shape.

    Args:
        energy: of the whole box, eV, from positions and edges.
        positions: whole molecules, shape (M, n, 3), Å.
        edges: of the box, shape (3,), Å.
        bodies: how many molecules the energy takes.
    """
    centres = positions.mean(axis=1, keepdims=True)

    def strained(strain: float) -> float:
        return energy(positions + strain * centres, edges * (1 + strain))

    slope = (strained(STRAIN) - strained(-STRAIN)) / (2 * STRAIN)  # dE/dλ, dV/dλ = 3 V
    return ManyBody(
        energy=energy(positions, edges) / len(positions),
        pressure=-slope / (3 * float(np.prod(edges))) * BAR,
        volume=float(np.prod(edges)) / len(positions),
        bodies=bodies,
    )
