"""How strongly the molecules of a cluster are hydrogen-bonded, from their geometry."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

POLAR = ("N", "O", "F")
BONDED, APART = 2.0, 2.8
"""Å: a contact of a polar hydrogen is a hydrogen bond up to the one, and none from the other."""


def hydrogen_bonding(symbols: Sequence[str], positions: Array, parts: Sequence[slice]) -> float:
    """1 where the nearest polar hydrogen and acceptor are bonded, 0 where apart, smooth between.

    Args:
        symbols: element of each of the n atoms; a hydrogen is polar where N, O or F is nearest.
        positions: shape (n, 3), Å.
        parts: the atoms of each molecule.
    """
    distances = np.linalg.norm(positions[:, None] - positions, axis=-1)
    np.fill_diagonal(distances, np.inf)
    acceptor = np.isin(symbols, POLAR)
    donor = (np.array(symbols) == "H") & acceptor[distances.argmin(axis=1)]
    molecule = np.concatenate([np.full(p.stop - p.start, k) for k, p in enumerate(parts)])
    contacts = donor[:, None] & acceptor & (molecule[:, None] != molecule)
    nearest = distances[contacts].min(initial=np.inf)
    t = np.clip((APART - nearest) / (APART - BONDED), 0.0, 1.0)
    return float(t * t * (3 - 2 * t))
