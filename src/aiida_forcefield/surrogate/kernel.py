"""Covariance of a smooth function's values and slopes."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def squared_exponential(
    separation: Array, length: float, periodic: bool
) -> tuple[Array, Array, Array]:
    """The kernel exp(−d²/2ℓ²) and its first two derivatives with respect to the separation.

    On a line d is the separation, on a circle the chord: d² = 4 sin²(separation/2), which makes
    it the periodic kernel of MacKay (Rasmussen and Williams, *Gaussian Processes for Machine
    Learning*, eq. 4.31).

    Args:
        separation: t − t', any shape, in the unit of `length`; radians on a circle.
        length: correlation length ℓ.
        periodic: whether t lies on a circle.

    Returns:
        k, k', k'', each of the shape of `separation`. Between a value and a slope the covariance
        is −k' (slope of t') or k' (slope of t), between two slopes −k''.
    """
    if periodic:
        square, first = 4 * np.sin(separation / 2) ** 2, 2 * np.sin(separation)
        second = 2 * np.cos(separation)
    else:
        square, first, second = separation**2, 2 * separation, np.full_like(separation, 2)
    half = 1 / (2 * length**2)
    k = np.exp(-half * square)
    return k, -half * first * k, ((half * first) ** 2 - half * second) * k
