"""Coulomb energy of point charges in a periodic cell, by Ewald's two sums.

P. P. Ewald, Ann. Phys. 369, 253 (1921); M. P. Allen and D. J. Tildesley, Computer Simulation of
Liquids, 2nd ed., section 6.2. Surrounded by a conductor: no surface term.
"""

from typing import NamedTuple

import numpy as np
from ase import Atoms
from ase.neighborlist import neighbor_list
from numpy.typing import NDArray
from scipy.special import erfc

from aiida_forcefield.units import COULOMB

Array = NDArray[np.float64]


class Split(NamedTuple):
    """How the two sums share the work.

    Attributes:
        alpha: inverse width of the screening charges, 1/Å.
        cutoff: of the sum over distances, Å.
        wave_cutoff: of the sum over wave vectors, 1/Å.
    """

    alpha: float
    cutoff: float
    wave_cutoff: float


def split(cutoff: float, accuracy: float = 1e-12) -> Split:
    """The split in which both sums end where their terms have fallen to an accuracy."""
    if not (0 < cutoff < np.inf and 0 < accuracy < 1):
        raise ValueError(f"cutoff: {cutoff} Å and accuracy {accuracy} must be positive")
    width = np.sqrt(-np.log(accuracy))
    return Split(width / cutoff, cutoff, 2 * width**2 / cutoff)


def screened(r: Array, alpha: float) -> tuple[Array, Array]:
    """erfc(αr)/r and its derivative, 1/Å and 1/Å²: the first sum's energy of unit charges."""
    energy = erfc(alpha * r) / r
    return energy, -energy / r - 2 * alpha / np.sqrt(np.pi) * np.exp(-((alpha * r) ** 2)) / r


def reciprocal(
    positions: Array, charges: Array, cell: Array, shares: Split
) -> tuple[float, Array, Array]:
    """The sum over wave vectors, with the self energy of the screening charges taken off.

    Args:
        positions: of n atoms, shape (n, 3), Å.
        charges: shape (n,), e; what they are not neutral by, a uniform background neutralises.
        cell: lattice vectors, one a row, shape (3, 3), Å.
        shares: from `split`.

    Returns:
        The energy, eV, its gradient, shape (n, 3), eV/Å, and its derivative by a strain of the
        cell with all that is in it, shape (3, 3), eV.
    """
    volume = abs(float(np.linalg.det(cell)))
    alpha = shares.alpha
    k = _wave_vectors(cell, shares.wave_cutoff)
    k2 = np.sum(k**2, axis=1)
    # Half of the vectors: each counts for its opposite, too.
    weights = 8 * np.pi / volume * np.exp(-k2 / (4 * alpha**2)) / k2
    energy, gradient, strain = 0.0, np.zeros_like(positions), np.zeros((3, 3))
    for block in np.array_split(np.arange(len(k)), 1 + len(k) * len(positions) // 10**6):
        waves = charges * np.exp(1j * k[block] @ positions.T)  # (block, n)
        structure = waves.sum(axis=1)
        shares_of_energy = weights[block] * np.abs(structure) ** 2 / 2
        energy += float(shares_of_energy.sum())
        # A strain shortens wave vectors, whose phases stay.
        factors = shares_of_energy * 2 * (1 / k2[block] + 1 / (4 * alpha**2))
        strain += (factors[:, None] * k[block]).T @ k[block]
        torque = np.imag(structure[:, None] * waves.conj())
        gradient += (weights[block][:, None] * torque).T @ k[block]
    own = -alpha / np.sqrt(np.pi) * charges @ charges
    background = -np.pi / (2 * volume * alpha**2) * charges.sum() ** 2
    strain -= (energy + background) * np.eye(3)  # both are shared out over the volume
    return COULOMB * (energy + float(own + background)), COULOMB * gradient, COULOMB * strain


def coulomb(
    positions: Array, charges: Array, cell: Array, shares: Split
) -> tuple[float, Array, Array]:
    """Both sums, of ions without bonds; arguments and results as of `reciprocal`."""
    ions = Atoms(positions=positions, cell=cell, pbc=True)
    i, j, away = neighbor_list("ijD", ions, shares.cutoff)  # type: ignore[no-untyped-call]
    r = np.linalg.norm(away, axis=1)
    energy, slope = (part * COULOMB * charges[i] * charges[j] for part in screened(r, shares.alpha))
    forces = slope[:, None] * away / r[:, None]
    far, gradient, strain = reciprocal(positions, charges, cell, shares)
    # Each pair stands there twice.
    np.add.at(gradient, i, -forces)
    return far + float(energy.sum()) / 2, gradient, strain + away.T @ forces / 2


def _wave_vectors(cell: Array, cutoff: float) -> Array:
    """Half of the reciprocal lattice's vectors up to a length, without the origin, shape (k, 3)."""
    inverse = 2 * np.pi * np.linalg.inv(cell).T
    most = np.floor(cutoff * np.linalg.norm(cell, axis=1) / (2 * np.pi)).astype(int)
    grid = np.stack(
        np.meshgrid(*(np.arange(-m, m + 1) for m in most), indexing="ij"), axis=-1
    ).reshape(-1, 3)
    vectors: Array = grid[len(grid) // 2 + 1 :] @ inverse  # the grid is symmetric about its middle
    short: Array = vectors[np.linalg.norm(vectors, axis=1) <= cutoff]
    return short
