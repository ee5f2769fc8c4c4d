"""The rotation that brings one geometry of a molecule nearest to another."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def rotation(before: Array, after: Array) -> Array:
    """The matrix R, shape (3, 3), for which ``before @ R`` comes nearest to ``after``.

    W. Kabsch, Acta Cryst. A 32, 922 (1976). Both have the shape (n, 3) and their mean at the
    origin. Of a mirror image it is the nearest rotation, not the reflection.
    """
    left, _, right = np.linalg.svd(before.T @ after)
    left[:, -1] *= np.sign(np.linalg.det(left @ right))
    return np.asarray(left @ right)
