"""Coordinates of fixed structures, measured once: their values and what a force along them does."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.scans.coordinates import evaluate

Array = NDArray[np.float64]
Indices = NDArray[np.int_]


class Coordinates(Protocol):
    """m coordinates of s structures, each a function of x Cartesian ones."""

    @property
    def q(self) -> Array:
        """Their values, shape (s, m), Å or radians."""

    @property
    def directions(self) -> Array:
        """dq/dx, shape (s, m, x)."""

    def take(self, rows: list[int]) -> "Coordinates":
        """Some of them."""


@dataclass(frozen=True, eq=False)
class Internal:
    """Distances, angles or dihedral angles of molecules of n atoms.

    Attributes:
        q: as in `Coordinates`.
        atoms: of each, shape (m, k).
        derivatives: by these, shape (s, m, k, 3).
        size: n.
    """

    q: Array
    atoms: Indices
    derivatives: Array
    size: int

    @cached_property
    def directions(self) -> Array:
        """dq/dx, shape (s, m, 3n)."""
        directions = np.zeros((*self.q.shape, self.size, 3))
        rows = np.arange(len(self.atoms))
        for place, atom in enumerate(self.atoms.T):
            directions[:, rows, atom] = self.derivatives[:, :, place]
        return directions.reshape(*self.q.shape, 3 * self.size)

    def take(self, rows: list[int]) -> "Internal":
        """Some of them."""
        return Internal(self.q[:, rows], self.atoms[rows], self.derivatives[:, rows], self.size)


def measure_all(positions: Array, parts: Sequence[Indices]) -> list[Internal]:
    """As `measure` of several sets of coordinates; those of as many atoms in one go."""
    found: dict[int, Internal] = {}
    for size in {part.shape[1] for part in parts}:
        mine = [place for place, part in enumerate(parts) if part.shape[1] == size]
        whole, start = measure(positions, np.concatenate([parts[place] for place in mine])), 0
        for place in mine:
            rows = slice(start, start := start + len(parts[place]))
            found[place] = Internal(
                whole.q[:, rows], whole.atoms[rows], whole.derivatives[:, rows], whole.size
            )
    return [found[place] for place in range(len(parts))]


def measure(positions: Array, atoms: Indices) -> Internal:
    """Measure the coordinates of some atoms, shape (m, k), in structures of shape (s, n, 3), Å."""
    with np.errstate(invalid="ignore", divide="ignore"):
        values, gradients = evaluate(positions, atoms)
    # The bending direction of a straight angle is undefined, and its force is zero.
    finite = np.nan_to_num(gradients, posinf=0.0, neginf=0.0)
    return Internal(values, atoms, finite, positions.shape[1])


@dataclass(frozen=True, eq=False)
class CellDistances:
    """Distances of atoms in cells, which a strain changes, too.

    Attributes:
        atoms: the two of each, shape (m, 2).
        away: from the first to the image of the second, shape (s, m, 3), Å.
        size: number of atoms n of a cell.
    """

    atoms: Indices
    away: Array
    size: int

    @cached_property
    def q(self) -> Array:
        """Their values, shape (s, m), Å."""
        return np.asarray(np.linalg.norm(self.away, axis=-1))

    @cached_property
    def directions(self) -> Array:
        """dr/dx and dr/dε, shape (s, m, 3n + 9)."""
        unit = self.away / self.q[..., None]
        by_atom = np.zeros((*self.q.shape, self.size, 3))
        rows = np.arange(len(self.atoms))
        by_atom[:, rows, self.atoms[:, 0]] -= unit
        by_atom[:, rows, self.atoms[:, 1]] += unit
        by_strain = (unit[..., :, None] * self.away[..., None, :]).reshape(*self.q.shape, 9)
        flat = by_atom.reshape(*self.q.shape, 3 * self.size)
        return np.concatenate([flat, by_strain], axis=-1)

    def take(self, rows: list[int]) -> "CellDistances":
        """Some of them."""
        return CellDistances(self.atoms[rows], self.away[:, rows], self.size)
