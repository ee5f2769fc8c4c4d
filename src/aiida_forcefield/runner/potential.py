"""The electrostatic potential of a molecule around it, from its QM density."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .mean_field import Pyscf, dipole
from .units import BOHR, HARTREE

Array = NDArray[np.float64]

CONDUCTOR = 1e6
"""Relative permittivity of the continuum: in effect a conductor, the one limit that needs no
measured dielectric constant. From ε = 30 on, the polarisation differs from it by a few percent."""

SPHERE_ORDER = 17
"""Order of the Lebedev grid on each sphere of the continuum, 110 points. The potential differs by
0.2 % from that with PySCF's default, 302 points, which takes most of the time of a reference."""


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
    radii of Bondi as PySCF has them; each sphere carries a Fibonacci lattice.

    Args:
        symbols: element of each atom.
        positions: shape (n, 3), Å.
        shells: radius of each shell, in van der Waals radii.
        density: points per Å².

    Returns:
        Shape (m, 3), Å.
    """
    from pyscf.data.elements import ELEMENTS
    from pyscf.data.radii import VDW

    radii = np.array([VDW[ELEMENTS.index(symbol)] for symbol in symbols]) * BOHR
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


def electrostatics(engine: Pyscf, positions: Array, grid: Array) -> Electrostatics:
    """Potential and dipole in vacuum; positions (n, 3) and grid (m, 3) in Å; raises PointError."""
    return _electrostatics(engine.solved(positions), grid)


def solvated_electrostatics(engine: Pyscf, positions: Array, grid: Array) -> Electrostatics:
    """The same for the density that a conductor around the molecule polarises (C-PCM).

    The potential is that of the molecule alone, without the charges of the continuum.
    """
    gas = engine.solved(positions)
    field = engine.prepare(gas.mol, getattr(gas, "with_df", None)).PCM()
    field.with_solvent.method = "C-PCM"
    field.with_solvent.eps = CONDUCTOR
    field.with_solvent.lebedev_order = SPHERE_ORDER
    return _electrostatics(engine.solve(field, gas.make_rdm1()), grid)


def _electrostatics(field: Any, grid: Array) -> Electrostatics:
    mol, points = field.mol, grid / BOHR
    density = field.make_rdm1()
    if density.ndim == 3:
        density = density.sum(axis=0)
    distances = np.linalg.norm(points[:, None] - mol.atom_coords(), axis=-1)
    nuclei = (mol.atom_charges() / distances).sum(axis=1)
    batch = max(1, int(2e7 // mol.nao**2))  # at most 160 MB of integrals at a time
    electrons = [
        np.einsum("gij,ij->g", mol.intor("int1e_grids", grids=some), density)
        for some in np.split(points, range(batch, len(points), batch))
    ]
    return Electrostatics((nuclei - np.concatenate(electrons)) * HARTREE, dipole(field))
