"""Atoms that are too near to each other."""

import numpy as np
from numpy.typing import NDArray

from .status import PointError

Array = NDArray[np.float64]

SHORTEST = 0.4
"""No two atoms are nearer than this (Å) in anything but a mistake; H-H at its minimum is 0.74."""


def check_distances(positions: Array) -> None:
    """Refuse overlapping atoms, which some engines bear in silence and some with a crash.

    Raises:
        PointError: two atoms are nearer than `SHORTEST`.
    """
    i, j = np.triu_indices(len(positions), 1)
    distances = np.linalg.norm(positions[i] - positions[j], axis=1)
    if len(distances) and distances.min() < SHORTEST:
        nearest = distances.argmin()
        raise PointError(
            "atoms_overlap",
            f"atoms {i[nearest]} and {j[nearest]} are only {distances[nearest]:.3f} Å apart",
        )
