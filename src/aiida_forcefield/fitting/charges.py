"""Point charges that reproduce the electrostatic potential of the QM density (RESP).

C. I. Bayly, P. Cieplak, W. D. Cornell, P. A. Kollman, J. Phys. Chem. 97, 10269 (1993).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aiida_forcefield.topology.species import Species
from aiida_forcefield.units import BOHR, DEBYE_PER_E_ANGSTROM, HARTREE

Array = NDArray[np.float64]

TIGHTNESS = 0.1  # e: below it the restraint is parabolic, above it linear


@dataclass(frozen=True, eq=False)
class FittedCharges:
    """Charges fitted to a potential.

    Attributes:
        charges: charge of each atom type, e.
        dipole: dipole moment of the charges about the origin, shape (3,), D.
        relative_error: RMS error of the potential over the RMS potential.
    """

    charges: dict[str, float]
    dipole: Array
    relative_error: float


def fit_charges(
    species: Species,
    positions: ArrayLike,
    grid: ArrayLike,
    potential: ArrayLike,
    restraint: float = 5e-4,
) -> FittedCharges:
    """Charges that are equal for equal atom types and add up to the total charge.

    Args:
        species: the molecule of n atoms.
        positions: shape (n, 3), Å.
        grid: where the potential is known, outside the atoms, shape (m, 3), Å.
        potential: potential of the nuclei and electrons, shape (m,), V.
        restraint: weight of the hyperbolic restraint that draws the charges of heavy atoms to
            zero, atomic units. Buried atoms are ill-determined without it.

    Raises:
        ValueError: if the arrays' shapes disagree or there are fewer grid points than atom types.
    """
    xyz, points, v = (np.asarray(a, dtype=float) for a in (positions, grid, potential))
    n = len(species.symbols)
    check_potential(species, xyz, points, v)

    tie = np.eye(len(species.type_names))[species.type_indices]  # (n, t): atoms' types
    inverse_distance = BOHR / np.linalg.norm(points[:, None] - xyz, axis=-1)
    design, target = inverse_distance @ tie, v / HARTREE
    counts = tie.sum(axis=0)
    heavy = tie.T @ np.array([symbol != "H" for symbol in species.symbols])
    x = np.full(len(counts), species.charge / n)
    for _ in range(100):
        stiffness = np.diag(restraint * heavy / np.hypot(x, TIGHTNESS))
        matrix = np.block(
            [[design.T @ design + stiffness, counts[:, None]], [counts[None, :], np.zeros((1, 1))]]
        )
        previous, x = x, np.linalg.solve(matrix, [*(design.T @ target), species.charge])[:-1]
        if np.abs(x - previous).max() < 1e-10:
            break
    charges = tie @ x
    return FittedCharges(
        dict(zip(species.type_names, x.tolist(), strict=True)),
        DEBYE_PER_E_ANGSTROM * charges @ xyz,
        float(np.linalg.norm(design @ x - target) / np.linalg.norm(target)),
    )


def check_potential(species: Species, positions: Array, grid: Array, potential: Array) -> None:
    """Raise ValueError unless arrays, as of `fit_charges`, belong together and to the species."""
    n, types = len(species.symbols), len(species.type_names)
    if positions.shape != (n, 3):
        raise ValueError(f"positions: shape {positions.shape} is not ({n}, 3)")
    if grid.shape != (len(potential), 3) or not np.isfinite(potential).all():
        shape = potential.shape
        raise ValueError(f"potential: {shape} finite values do not match grid {grid.shape}")
    if len(potential) < types:
        raise ValueError(f"grid: {len(potential)} points are fewer than {types} types")


def liquid_charges(gas: Mapping[str, float], solvated: Mapping[str, float]) -> dict[str, float]:
    """The mean of charges in vacuum and in a conductor: a molecule in its liquid, roughly."""
    return {name: (charge + solvated[name]) / 2 for name, charge in gas.items()}
