"""What a liquid has beyond the sum of its pairs, as a pressure.

Pair potentials miss it, and LAMMPS has no such terms for molecules. Its mean effect on the density
is that of a pressure from within, like the tail correction's; so the barostat takes its part.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

BAR = 1.602176634e6  # per eV/Å³
STRAIN = 0.005
"""By which the distances of molecules are stretched and shortened to differentiate."""


@dataclass(frozen=True)
class ManyBody:
    """An energy of a liquid that its pairs do not have.

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

        It falls as V⁻³, as long as neighbours keep their arrangement: each molecule then meets
        pairs of others in proportion to the square of the density. A constant pressure would go on
        pulling as the liquid expands, and can tear it apart.
        """
        return self.pressure * (self.volume / volume) ** 3


def total(parts: Sequence[ManyBody]) -> ManyBody:
    """The sum of what was found in the same liquid."""
    return ManyBody(
        energy=sum(part.energy for part in parts),
        pressure=sum(part.pressure for part in parts),
        volume=parts[0].volume,
    )


def of_liquid(energy: Callable[[Array, Array], float], positions: Array, edges: Array) -> ManyBody:
    """What an energy (eV) of a periodic box, given positions and edges, does to its liquid.

    The pressure is that of a change of volume in which molecules keep their shape.

    Args:
        energy: of the whole box, eV.
        positions: whole molecules, shape (M, n, 3), Å.
        edges: of the box, shape (3,), Å.
    """
    centres = positions.mean(axis=1, keepdims=True)

    def strained(strain: float) -> float:
        return energy(positions + strain * centres, edges * (1 + strain))

    slope = (strained(STRAIN) - strained(-STRAIN)) / (2 * STRAIN)  # dE/dλ, dV/dλ = 3 V
    return ManyBody(
        energy=energy(positions, edges) / len(positions),
        pressure=-slope / (3 * float(np.prod(edges))) * BAR,
        volume=float(np.prod(edges)) / len(positions),
    )
