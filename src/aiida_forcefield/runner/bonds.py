"""Is the bond graph still that of the molecule?"""

import numpy as np
from numpy.typing import NDArray

from .status import PointError

Array = NDArray[np.float64]

BROKEN = 1.5
"""A bond longer than this times the sum of covalent radii is broken."""
FORMED = 1.3
"""Atoms nearer than this times the sum of covalent radii are bonded."""


def check_bonds(
    positions: Array,
    radii: Array,
    bonds: tuple[tuple[int, int], ...],
    driven: tuple[int, ...] = (),
) -> None:
    """Refuse a geometry in which a bond broke or formed.

    Args:
        positions: shape (n, 3), Å.
        radii: covalent radii, shape (n,), Å.
        bonds: pairs of bonded atoms, lower index first.
        driven: atoms of the coordinate that is driven. The ends of a distance or angle are left
            alone: it is the scan that stretches or squeezes them.

    Raises:
        PointError: naming the atoms.
    """
    exempt = {driven[0], driven[-1]} if len(driven) in (2, 3) else set()
    for i in range(len(positions)):
        for j in range(i + 1, len(positions)):
            if {i, j} == exempt:
                continue
            ratio = np.linalg.norm(positions[i] - positions[j]) / (radii[i] + radii[j])
            bonded = (i, j) in bonds
            if bonded and ratio > BROKEN:
                raise PointError("bonds_changed", f"the bond between atoms {i} and {j} broke")
            if not bonded and ratio < FORMED:
                raise PointError("bonds_changed", f"a bond formed between atoms {i} and {j}")
