"""Cells of crystals, images of atoms in them, and k-points."""

from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .overlap import SHORTEST
from .status import PointError

Array = NDArray[np.float64]

FLATTEST = 0.1
"""Volume of a cell over the product of its edges; flatter ones are mistakes, or badly chosen."""


def read_cells(data: Any, count: int) -> Array | None:
    """Cells of the structures of a job, shape (m, 3, 3), Å, one vector a row; None for molecules.

    Raises:
        ValueError: with one line.
    """
    if data is None:
        return None
    try:
        cells = np.array(data, dtype=float)
    except (ValueError, TypeError):
        cells = np.empty(0)
    if cells.shape != (count, 3, 3) or not np.isfinite(cells).all():
        raise ValueError(f"cells: three vectors for each of the {count} structures are needed")
    edges = np.linalg.norm(cells, axis=2).prod(axis=1)
    if (np.linalg.det(cells) < FLATTEST * edges).any():
        raise ValueError("cells: vectors must be right-handed and span a volume")
    return cells


def check_image_distances(cell: Array, positions: Array) -> None:
    """Refuse overlapping atoms, those of neighbouring cells included.

    Args:
        cell: shape (3, 3), Å.
        positions: shape (n, 3), Å.

    Raises:
        PointError: naming the atoms.
    """
    shifts = np.array(list(product((-1, 0, 1), repeat=3))) @ cell
    apart = positions[:, None, None] - positions[None, :, None] + shifts
    distances = np.linalg.norm(apart, axis=3)
    distances[np.arange(len(positions)), np.arange(len(positions)), len(shifts) // 2] = np.inf
    i, j, _ = np.unravel_index(distances.argmin(), distances.shape)
    if distances.min() < SHORTEST:
        raise PointError(
            "atoms_overlap", f"atoms {i} and {j} are only {distances.min():.3f} Å apart"
        )


def half_of_shifted_mesh(kmesh: tuple[int, int, int]) -> Array:
    """Fractional k-points of a mesh that is shifted off Γ, one of each pair k and −k.

    Where no exact exchange joins k-points, both of a pair give the same density and energies by
    time reversal: half of the mesh, each with the same weight, gives what the whole mesh does
    (H. J. Monkhorst and J. D. Pack, Phys. Rev. B 13, 5188 (1976)).

    Args:
        kmesh: even numbers of points along the reciprocal vectors, so that no point is its own
            partner.

    Returns:
        Shape (n1 n2 n3 / 2, 3).
    """
    axes = [(np.arange(n) + 0.5) / n - 0.5 for n in kmesh]
    points = np.array(list(product(*axes)))
    return points[points[:, 0] > 0]
