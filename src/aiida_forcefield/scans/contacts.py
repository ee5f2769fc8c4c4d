"""How near two molecules are, measured by their van der Waals radii."""

import numpy as np
from ase.data import atomic_numbers, vdw_alvarez, vdw_radii
from numpy.typing import NDArray

from aiida_forcefield.scans.hydrogen_bonds import POLAR
from aiida_forcefield.topology import Species

Array = NDArray[np.float64]

_HYDROGEN_BOND = 0.6  # Å by which a polar hydrogen comes nearer to N, O or F


def contact_lengths(species: Species) -> Array:
    """Distance at which two atoms of different molecules touch, shape (n, n), Å.

    It is the sum of their radii (A. Bondi, J. Phys. Chem. 68, 441 (1964), as tabulated by ASE;
    S. Alvarez, Dalton Trans. 42, 8617 (2013) where Bondi has none). A hydrogen on N, O or F may
    come 0.6 Å nearer to another molecule's N, O or F: so do hydrogen bonds.
    """
    numbers = [atomic_numbers[symbol] for symbol in species.symbols]
    bondi, alvarez = vdw_radii[numbers], vdw_alvarez.vdw_radii[numbers]
    radii = np.where(np.isnan(bondi), alvarez, bondi)

    donor, acceptor = donors_and_acceptors(species)
    bridged = donor[:, None] & acceptor
    lengths: Array = radii[:, None] + radii - _HYDROGEN_BOND * (bridged | bridged.T)
    return lengths


def donors_and_acceptors(species: Species) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which atoms are hydrogens of hydrogen bonds, and which N, O or F, each of shape (n,)."""
    acceptor = np.isin(species.symbols, POLAR)
    donor = np.zeros(len(species.symbols), dtype=bool)
    for i, j in species.bonds:
        donor[i] |= species.symbols[i] == "H" and bool(acceptor[j])
        donor[j] |= species.symbols[j] == "H" and bool(acceptor[i])
    return donor, acceptor


def contact_ratio(first: Array, second: Array, lengths: Array) -> Array:
    """Smallest ratio of distance to contact length between two molecules, shape (...).

    Args:
        first: positions of the first molecule, shape (..., n, 3), Å.
        second: positions of the second molecule, shape (..., n, 3), Å.
        lengths: from `contact_lengths`, shape (n, n), Å.
    """
    distances = np.linalg.norm(first[..., :, None, :] - second[..., None, :, :], axis=-1)
    ratio: Array = (distances / lengths).min(axis=(-2, -1))
    return ratio


def contact_distance(
    first: Array, second: Array, direction: Array, lengths: Array, ratio: float
) -> float:
    """How far `second` must move along `direction` for a contact ratio, Å.

    Coming from infinity it is the first position of that ratio: for each pair of atoms the larger
    root of ``|x + s u| = ratio * length``, and of these the largest.

    Args:
        first: shape (n, 3), Å.
        second: shape (n, 3), Å.
        direction: unit vector u, shape (3,).
        lengths: from `contact_lengths`, shape (n, n), Å.
        ratio: the contact ratio wanted.

    Raises:
        ValueError: the molecules pass each other without ever being so near.
    """
    x = second[None, :, :] - first[:, None, :]
    along = x @ direction
    discriminant = along**2 - (x**2).sum(axis=-1) + (ratio * lengths) ** 2
    meets = discriminant >= 0.0
    if not meets.any():
        msg = f"contact ratio {ratio}: the molecules never come so near along this direction"
        raise ValueError(msg)
    return float((np.sqrt(discriminant[meets]) - along[meets]).max())
