"""The electrostatic potential of a molecule around it, from its density."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...potential import Electrostatics
from ...units import BOHR, HARTREE
from .scf import dipole

if TYPE_CHECKING:
    from .mean_field import Pyscf

Array = NDArray[np.float64]

CONDUCTOR = 1e6
"""Relative permittivity of the continuum: in effect a conductor, the one limit that needs no
measured dielectric constant. From ε = 30 on, the polarisation differs from it by a few percent."""

SPHERE_ORDER = 17
"""Order of the Lebedev grid on each sphere of the continuum, 110 points. The potential differs by
0.2 % from that with PySCF's default, 302 points, which takes most of the time of a reference."""


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
