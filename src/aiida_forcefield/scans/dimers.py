"""Dimers: two molecules whose interaction energy determines the nonbonded terms.

Site scans, random and squeezed dimers and pairs from the liquid belong together: site scans and
liquid pairs alone leave the strength and the range of a repulsion undetermined.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import Rotation

from aiida_forcefield.scans.approach import approach
from aiida_forcefield.scans.contacts import contact_distance, contact_lengths
from aiida_forcefield.scans.plan import Scan
from aiida_forcefield.topology import Species

Array = NDArray[np.float64]

# Contact ratios: at 0.9 molecules touch, below 0.75 they repel each other by some kcal/mol.
_RANDOM = (0.75, 1.5)
_SQUEEZED = (0.62, 0.85)
STRETCH = 0.03
"""By which molecules are moved apart to see how their energy changes: a tenth of an ångström or so,
over which an error of 0.002 kcal/mol in both energies is one of 0.1 in the slope."""


def pair_scan(species: Species, positions: Array, scan: Scan, distances: ArrayLike) -> Array:
    """Dimers in which only the distance of two atoms varies, not the orientation.

    Args:
        species: of the molecule.
        positions: geometry of both molecules, shape (n, 3), Å.
        scan: of a pair; its atoms are one of the first and one of the second molecule.
        distances: shape (m,), Å.

    Returns:
        Positions, first molecule first, shape (m, 2n, 3), Å; the distances are exact.

    Raises:
        ValueError: a scan of another kind, or a distance that is not above 0.
    """
    r = np.atleast_1d(np.asarray(distances, dtype=float))
    if scan.kind != "pair" or len(scan.atoms) != 2:
        msg = f"scan {scan.name!r}: kind {scan.kind!r}; pair_scan takes 'pair'"
        raise ValueError(msg)
    if not np.all(r > 0.0):
        msg = f"scan {scan.name!r}: distances {r.tolist()}; all must be above 0 Å"
        raise ValueError(msg)
    first, second = approach(species, positions, (scan.atoms[0], scan.atoms[1]))
    moved = second + r[:, None, None] * np.array([1.0, 0.0, 0.0])
    return np.concatenate([np.broadcast_to(first, moved.shape), moved], axis=1)


def random_dimers(species: Species, positions: Array, count: int, seed: int) -> Array:
    """Dimers of random orientation and direction, contact ratios spread over 0.75 to 1.5.

    Args:
        species: of the molecule.
        positions: geometry of both molecules, shape (n, 3), Å.
        count: number of dimers.
        seed: of the random choices.

    Returns:
        Positions, first molecule first, shape (count, 2n, 3), Å, rounded to 1e-4 Å.
    """
    return _touching(species, positions, count, _RANDOM, np.random.default_rng([seed, 0]))


def squeezed_dimers(species: Species, positions: Array, count: int, seed: int) -> Array:
    """As `random_dimers` on the repulsive wall: contact ratios spread over 0.62 to 0.85."""
    return _touching(species, positions, count, _SQUEEZED, np.random.default_rng([seed, 1]))


def stretched(dimers: Array) -> Array:
    """The same dimers with the centres of their molecules farther apart, relatively by `STRETCH`.

    Args:
        dimers: of equal molecules, first molecule first, shape (s, 2n, 3), Å.

    Returns:
        Shape (s, 2n, 3), Å, rounded to 1e-4 Å.
    """
    half = dimers.shape[1] // 2
    first, second = dimers[:, :half], dimers[:, half:]
    between = second.mean(axis=1, keepdims=True) - first.mean(axis=1, keepdims=True)
    return rounded(np.concatenate([first, second + STRETCH * between], axis=1))


def _touching(
    species: Species,
    positions: Array,
    count: int,
    ratios: tuple[float, float],
    rng: np.random.Generator,
) -> Array:
    """Dimers that come along a random line through an atom of each, up to a contact ratio."""
    lengths, types = contact_lengths(species), species.type_indices
    lower, upper = ratios
    targets = lower + (upper - lower) * (rng.permutation(count) + rng.random(count)) / max(count, 1)
    dimers = np.empty((count, 2 * len(types), 3))
    for dimer, ratio in zip(dimers, targets, strict=True):
        i, j = (_random_atom(types, rng) for _ in range(2))
        first = positions - positions[i]
        second = Rotation.from_quat(rng.normal(size=4)).apply(positions - positions[j])
        direction = rng.normal(size=3)
        direction /= np.linalg.norm(direction)
        distance = contact_distance(first, second, direction, lengths, float(ratio))
        dimer[:] = np.concatenate([first, second + distance * direction])
    return rounded(dimers)


def _random_atom(types: NDArray[np.intp], rng: np.random.Generator) -> int:
    """An atom of a type that is drawn first: else many hydrogens would hide few other atoms."""
    kinds = np.unique(types)
    return int(rng.choice(np.flatnonzero(types == kinds[rng.integers(len(kinds))])))


def rounded(positions: Array) -> Array:
    """Positions to 1e-4 Å, so that equal structures have equal hashes."""
    rounded: Array = np.round(positions, 4) + 0.0  # no negative zeros
    return rounded
