"""From where a relaxation along a coordinate starts: where the minima beside it lead to expect."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .coordinate import Coordinate
from .rotation import rotation

Array = NDArray[np.float64]

USED = 3
"""Neighbours that take part: a parabola through three of them."""
REACH = {2: 0.3, 3: 20.0, 4: 45.0}
"""Å or degrees, by the number of atoms: a minimum farther along the coordinate tells nothing."""
FARTHEST = 0.4
"""Å by which an atom may be moved; more means that the path has a kink, or leads elsewhere."""
STEEPEST = 8.0
"""Sum of the sizes of the weights; more would magnify what is left of the gradients. A parabola
through three even steps has 7 at the fourth."""


@dataclass
class RelaxedPath:
    """The minima found so far along a coordinate, and a guess of the next."""

    coordinate: Coordinate
    _values: list[float] = field(default_factory=list)
    _starts: list[Array] = field(default_factory=list)
    _minima: list[Array] = field(default_factory=list)

    def add(self, value: float, start: Array, minimum: Array) -> None:
        """Remember the minimum (n, 3) in Å at a value of the coordinate, and where it was put."""
        self._values.append(value)
        self._starts.append(start)
        self._minima.append(minimum)

    def start(self, value: float, positions: Array) -> Array:
        """A start near the minimum at a value of the coordinate (Å or degrees), shape (n, 3), Å.

        The polynomial through the nearest minima, turned upon each other. One alone tells how far
        relaxation leads away from where a structure is put; ``positions``, where it is put, are
        the answer where no minimum is near, or where the guess is far away.
        """
        apart = np.array([self._apart(known, value) for known in self._values])
        order = np.argsort(np.abs(apart))[:USED]
        used = order[np.abs(apart[order]) < REACH[len(self.coordinate.atoms)]]
        weights = lagrange_weights(apart[used])
        if not len(used) or not np.abs(weights).sum() < STEEPEST:
            return positions
        if len(used) == 1:
            guess = positions + self._moved(used[0], positions)
        else:
            guess = sum(
                w * turned(self._minima[k], positions) for w, k in zip(weights, used, strict=True)
            )
        moved = np.linalg.norm(guess - positions, axis=1)
        return guess if moved.max() < FARTHEST else positions

    def _moved(self, k: int, positions: Array) -> Array:
        """By how much a structure moved when it was relaxed, as seen from another one."""
        before, after = (x - x.mean(axis=0) for x in (self._starts[k], positions))
        moved = turned(self._minima[k], self._starts[k]) - self._starts[k]
        return np.asarray(moved @ rotation(before, after))

    def _apart(self, known: float, value: float) -> float:
        difference = known - value
        if len(self.coordinate.atoms) == 4:
            difference = (difference + 180.0) % 360.0 - 180.0
        return difference


def lagrange_weights(nodes: Array) -> Array:
    """Weights with which values at some nodes give that at 0; not finite where two are the same."""
    weights = np.ones(len(nodes))
    with np.errstate(divide="ignore", invalid="ignore"):
        for k, node in enumerate(nodes):
            others = np.delete(nodes, k)
            weights[k] = np.prod(others / (others - node))
    return weights


def turned(positions: Array, onto: Array) -> Array:
    """A geometry (n, 3) in Å, moved and turned as a whole to lie best upon another."""
    centre = positions.mean(axis=0)
    centred, target = positions - centre, onto - onto.mean(axis=0)
    return np.asarray(centred @ rotation(centred, target) + onto.mean(axis=0))
