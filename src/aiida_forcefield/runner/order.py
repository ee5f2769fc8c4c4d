"""The order in which structures are computed: from neighbour to neighbour."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def nearest_first(structures: Array) -> list[int]:
    """An order in which each structure has one as near as possible before it.

    Prim's algorithm (Bell Syst. Tech. J. 36, 1389 (1957)) from the first structure.

    Args:
        structures: shape (m, n, 3), Å.
    """
    order, left = [0], set(range(1, len(structures)))
    nearest = np.full(len(structures), np.inf)
    while left:
        apart = np.abs(structures - structures[order[-1]]).reshape(len(structures), -1)
        nearest = np.minimum(nearest, apart.max(axis=1, initial=0.0))
        order.append(min(left, key=lambda index: (nearest[index], index)))
        left.remove(order[-1])
    return order
