"""The electrostatic potential of a molecule, and the points around it where it is wanted."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .elements import van_der_waals_radii

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Electrostatics:
    """Potential on a grid, shape (m,), V, and dipole about the origin, shape (3,), Debye."""

    potential: Array
    dipole: Array


def shell_grid(
    symbols: tuple[str, ...], positions: Array, shells: list[float], density: float
) -> Array:
    """Points on shells around a molecule.

    Nested surfaces of spheres after Singh and Kollman, J. Comput. Chem. 5, 129 (1984), with the
    radii of Bondi; each sphere carries a Fibonacci lattice.

    Args:
        symbols: element of each atom.
        positions: shape (n, 3), Å.
        shells: radius of each shell, in van der Waals radii.
        density: points per Å².

    Returns:
        Shape (m, 3), Å.
    """
    radii = van_der_waals_radii(symbols)
    points = []
    for shell in shells:
        for centre, radius in zip(positions, shell * radii, strict=True):
            sphere = centre + radius * fibonacci_sphere(round(4 * np.pi * radius**2 * density))
            away = np.linalg.norm(sphere[:, None] - positions, axis=-1) - shell * radii
            points.append(sphere[np.all(away > -1e-6, axis=1)])
    return np.concatenate(points)


def fibonacci_sphere(count: int) -> Array:
    """Nearly even points on the unit sphere, shape (count, 3)."""
    k = np.arange(count) + 0.5
    z, turn = 1.0 - 2.0 * k / count, np.pi * (1.0 + 5.0**0.5) * k
    return np.stack([np.sqrt(1 - z**2) * np.cos(turn), np.sqrt(1 - z**2) * np.sin(turn), z], axis=1)
