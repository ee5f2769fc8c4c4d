"""Molecules of a system in a periodic box."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.topology.system import System

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Box:
    """A periodic, orthorhombic box of whole molecules.

    Attributes:
        counts: number of molecules of each species, in the system's order.
        positions: species by species, molecule by molecule, shape (N, 3), Å; molecules are whole,
            so that atoms may lie outside of the box.
        edges: shape (3,), Å.
    """

    counts: tuple[int, ...]
    positions: Array
    edges: Array


@dataclass(frozen=True, eq=False)
class Frames:
    """A box at several times.

    Attributes:
        counts: as in `Box`.
        positions: shape (f, N, 3), Å.
        edges: shape (f, 3), Å.
    """

    counts: tuple[int, ...]
    positions: Array
    edges: Array

    def molecules(self, system: System) -> list[Array]:
        """Positions of the molecules of each species, shape (f, M, n, 3), Å."""
        return [
            part.reshape(len(self.positions), -1, len(species.symbols), 3)
            for part, species in zip(
                split(self.positions, system, self.counts), system.species, strict=True
            )
        ]

    def __getitem__(self, places: Sequence[int] | slice) -> "Frames":
        return Frames(self.counts, self.positions[places], self.edges[places])


def split(positions: Array, system: System, counts: Sequence[int]) -> list[Array]:
    """The atoms of each species, from all atoms of a box on the last axis but one.

    Raises:
        ValueError: there are more or fewer atoms.
    """
    sizes = [n * len(s.symbols) for n, s in zip(counts, system.species, strict=True)]
    if positions.shape[-2] != sum(sizes):
        raise ValueError(f"positions: {positions.shape[-2]} atoms, the system has {sum(sizes)}")
    return np.split(positions, np.cumsum(sizes)[:-1], axis=-2)
