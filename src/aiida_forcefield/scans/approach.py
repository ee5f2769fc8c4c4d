"""How two copies of a molecule face each other at one atom of each."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from aiida_forcefield.scans.contacts import contact_lengths
from aiida_forcefield.topology import Species

Array = NDArray[np.float64]

_PROBE = 3.0  # Å: where an approaching atom stands when the exposed side of an atom is sought
_DIRECTIONS = 1000
_SPINS = 72


Monomer = tuple[Species, Array]
"""A species, and the geometry of its molecule, shape (n, 3), Å."""


def approach(first: Monomer, second: Monomer, sites: tuple[int, int]) -> tuple[Array, Array]:
    """Two molecules that face each other along x, each with its atom at the origin.

    Each turns the most exposed side of its atom to the other, and the second is spun about x to
    where it hinders least. Moved by (r, 0, 0), the second has its atom at the distance r.

    Args:
        first: the one molecule.
        second: the other, perhaps of the same species.
        sites: atom of the first and of the second molecule.

    Returns:
        Positions of the two molecules, each of shape (n, 3), Å, rounded to 1e-4 Å.
    """
    i, j = sites
    lengths = contact_lengths(first[0], second[0])
    left = _face(first[1], i, +1.0)
    spins = Rotation.from_euler("x", 360.0 * np.arange(_SPINS)[:, None] / _SPINS, degrees=True)
    right = np.einsum("sab,nb->sna", spins.as_matrix(), _face(second[1], j, -1.0))

    touching = right + np.array([lengths[i, j], 0.0, 0.0])
    distances = np.linalg.norm(left[None, :, None, :] - touching[:, None, :, :], axis=-1)
    crowding = ((lengths / np.maximum(distances, 0.1)) ** 12).sum(axis=(-2, -1))
    best = np.argmin(np.round(crowding / crowding.min(), 6))  # of equal ones always the same
    return np.round(left, 4) + 0.0, np.round(right[best], 4) + 0.0


def _face(positions: Array, atom: int, sign: float) -> Array:
    """The molecule with an atom at the origin and its exposed side towards +x or −x."""
    centred = positions - positions[atom]
    others = np.delete(centred, atom, axis=0)
    directions = _sphere(_DIRECTIONS)
    free = np.linalg.norm(_PROBE * directions[:, None, :] - others, axis=-1).min(
        axis=1, initial=np.inf
    )
    exposed = directions[np.argmax(np.round(free, 6))]
    turn, _ = Rotation.align_vectors([[sign, 0.0, 0.0]], [exposed])
    turned: Array = turn.apply(centred)
    return turned


def _sphere(count: int) -> Array:
    """Directions spread evenly by the golden angle, shape (count, 3)."""
    k = np.arange(count)
    z = 1.0 - (2.0 * k + 1.0) / count
    angle = np.pi * (3.0 - np.sqrt(5.0)) * k
    rho = np.sqrt(1.0 - z * z)
    return np.stack([rho * np.cos(angle), rho * np.sin(angle), z], axis=1)
