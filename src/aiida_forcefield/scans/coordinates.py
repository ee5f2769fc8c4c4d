"""Internal coordinates and their derivatives: distances, angles and dihedral angles."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def evaluate(positions: ArrayLike, atoms: ArrayLike) -> tuple[Array, Array]:
    """Values and gradients of internal coordinates.

    Args:
        positions: Cartesian positions, shape (..., n, 3), Å.
        atoms: atom indices, shape (m, k): k = 2 distances, 3 angles, 4 dihedral angles.

    Returns:
        The values, shape (..., m), in Å or radians (dihedral angles within (-π, π]), and their
        gradients with respect to the k atoms, shape (..., m, k, 3).
    """
    xyz, index = np.asarray(positions, dtype=float), np.asarray(atoms, dtype=int)
    sites = np.moveaxis(xyz[..., index, :], -2, 0)
    return _COORDINATES[index.shape[1]](*sites)


def _distance(a: Array, b: Array) -> tuple[Array, Array]:
    d = a - b
    r = np.linalg.norm(d, axis=-1)
    unit = d / r[..., None]
    return r, np.stack([unit, -unit], axis=-2)


def _angle(a: Array, b: Array, c: Array) -> tuple[Array, Array]:
    u, v = a - b, c - b
    ru, rv = (np.linalg.norm(w, axis=-1)[..., None] for w in (u, v))
    u, v = u / ru, v / rv
    cosine = np.sum(u * v, axis=-1)
    # The floor makes the gradient of a linear angle 0, and not a number no more.
    sine = np.maximum(np.linalg.norm(np.cross(u, v), axis=-1), 1e-9)
    ga = (cosine[..., None] * u - v) / (ru * sine[..., None])
    gc = (cosine[..., None] * v - u) / (rv * sine[..., None])
    return np.arctan2(sine, cosine), np.stack([ga, -ga - gc, gc], axis=-2)


def _dihedral(a: Array, b: Array, c: Array, d: Array) -> tuple[Array, Array]:
    # Blondel and Karplus, J. Comput. Chem. 17, 1132 (1996): no singularity at 0 and π.
    f, g, h = a - b, b - c, d - c
    m, n = np.cross(f, g), np.cross(h, g)
    rg = np.linalg.norm(g, axis=-1)[..., None]
    m2 = np.sum(m * m, axis=-1)[..., None]
    n2 = np.sum(n * n, axis=-1)[..., None]
    value = np.arctan2(np.sum(np.cross(n, m) * g, axis=-1) / rg[..., 0], np.sum(m * n, axis=-1))
    fg = np.sum(f * g, axis=-1)[..., None]
    hg = np.sum(h * g, axis=-1)[..., None]
    ga = -rg / m2 * m
    gd = rg / n2 * n
    shift = fg / (m2 * rg) * m - hg / (n2 * rg) * n
    return value, np.stack([ga, shift - ga, -shift - gd, gd], axis=-2)


_COORDINATES: dict[int, Callable[..., tuple[Array, Array]]] = {
    2: _distance,
    3: _angle,
    4: _dihedral,
}
