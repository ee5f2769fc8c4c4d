"""How near two molecules are, measured by their van der Waals radii."""

import numpy as np
from ase.data import atomic_numbers, vdw_alvarez, vdw_radii
from numpy.typing import NDArray

from aiida_forcefield.scans.cluster import Cluster
from aiida_forcefield.topology import Species

Array = NDArray[np.float64]
Bonded = Species | Cluster
"""Atoms with their bonds: one molecule, or several."""

_POLAR = ("N", "O", "F")
_HYDROGEN_BOND = 0.6  # Å by which a polar hydrogen comes nearer to N, O or F


def contact_lengths(first: Bonded, second: Bonded) -> Array:
    """Distance at which two atoms of different molecules touch, shape (n, m), Å.

    It is the sum of their radii (A. Bondi, J. Phys. Chem. 68, 441 (1964), as tabulated by ASE;
    S. Alvarez, Dalton Trans. 42, 8617 (2013) where Bondi has none). A hydrogen on N, O or F may
    come 0.6 Å nearer to another molecule's N, O or F: so do hydrogen bonds.
    """
    radii = [_radii(molecule) for molecule in (first, second)]
    (donor, acceptor), (other_donor, other_acceptor) = map(donors_and_acceptors, (first, second))
    bridged = (donor[:, None] & other_acceptor) | (acceptor[:, None] & other_donor)
    lengths: Array = radii[0][:, None] + radii[1] - _HYDROGEN_BOND * bridged
    return lengths


def _radii(molecule: Bonded) -> Array:
    numbers = [atomic_numbers[symbol] for symbol in molecule.symbols]
    bondi, alvarez = vdw_radii[numbers], vdw_alvarez.vdw_radii[numbers]
    return np.where(np.isnan(bondi), alvarez, bondi)


def donors_and_acceptors(molecule: Bonded) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which atoms are hydrogens of hydrogen bonds, and which N, O or F, each of shape (n,)."""
    acceptor = np.isin(molecule.symbols, _POLAR)
    donor = np.zeros(len(molecule.symbols), dtype=bool)
    for i, j in molecule.bonds:
        donor[i] |= molecule.symbols[i] == "H" and bool(acceptor[j])
        donor[j] |= molecule.symbols[j] == "H" and bool(acceptor[i])
    return donor, acceptor


def dimer_contacts(cluster: Cluster, positions: Array) -> Array:
    """Contact ratio of each dimer, shape (s,); `positions` has the shape (s, n, 3), Å."""
    first, second = cluster.parts
    lengths = contact_lengths(cluster, cluster)[first, second]
    return contact_ratio(positions[:, first], positions[:, second], lengths)


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
