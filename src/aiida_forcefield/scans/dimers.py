"""Dimers: two molecules whose interaction energy determines the nonbonded terms.

Site scans, random and squeezed dimers and pairs from the liquid belong together: site scans and
liquid pairs alone leave the strength and the range of a repulsion undetermined.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import Rotation

from aiida_forcefield.scans.approach import Monomer, approach
from aiida_forcefield.scans.cluster import Cluster
from aiida_forcefield.scans.contacts import contact_distance, contact_lengths
from aiida_forcefield.scans.scan import Scan

Array = NDArray[np.float64]

# Contact ratios: at 0.9 molecules touch, below 0.75 they repel each other by some kcal/mol.
_RANDOM = (0.75, 1.5)
_SQUEEZED = (0.62, 0.85)
STRETCH = 0.03
"""By which molecules are moved apart to see how their energy changes: a tenth of an ångström or so,
over which an error of 0.002 kcal/mol in both energies is one of 0.1 in the slope."""


def pair_scan(first: Monomer, second: Monomer, scan: Scan, distances: ArrayLike) -> Array:
    """Dimers in which only the distance of two atoms varies, not the orientation.

    Args:
        first: species and geometry of the first molecule.
        second: of the second molecule, perhaps the same.
        scan: of a pair; its atoms are one of the first and one of the second molecule.
        distances: shape (m,), Å.

    Returns:
        Positions, first molecule first, shape (m, n, 3), Å; the distances are exact.

    Raises:
        ValueError: a scan of another kind, or a distance that is not above 0.
    """
    r = np.atleast_1d(np.asarray(distances, dtype=float))
    if scan.kind != "pair":
        raise ValueError(f"scan {scan.name!r}: kind {scan.kind!r}; pair_scan takes 'pair'")
    if not np.all(r > 0.0):
        raise ValueError(f"scan {scan.name!r}: distances {r.tolist()}; all must be above 0 Å")
    i, j = scan.coordinate.atoms
    left, right = approach(first, second, (i, j))
    moved = right + r[:, None, None] * np.array([1.0, 0.0, 0.0])
    return np.concatenate([np.broadcast_to(left, (len(r), *left.shape)), moved], axis=1)


def random_dimers(first: Monomer, second: Monomer, count: int, seed: int) -> Array:
    """Dimers of random orientation and direction, contact ratios spread over 0.75 to 1.5.

    Args:
        first: species and geometry of the first molecule.
        second: of the second molecule, perhaps the same.
        count: number of dimers.
        seed: of the random choices.

    Returns:
        Positions, first molecule first, shape (count, n, 3), Å, rounded to 1e-4 Å.
    """
    return _touching(first, second, count, _RANDOM, np.random.default_rng([seed, 0]))


def squeezed_dimers(first: Monomer, second: Monomer, count: int, seed: int) -> Array:
    """As `random_dimers` on the repulsive wall: contact ratios spread over 0.62 to 0.85."""
    return _touching(first, second, count, _SQUEEZED, np.random.default_rng([seed, 1]))


def moved_apart(cluster: Cluster, dimers: Array) -> Array:
    """The same dimers with the centres of their molecules farther apart, relatively by `STRETCH`.

    Args:
        cluster: two molecules.
        dimers: shape (s, n, 3), Å.

    Returns:
        Shape (s, n, 3), Å, rounded to 1e-4 Å.
    """
    first, second = (dimers[:, part] for part in cluster.parts)
    between = second.mean(axis=1, keepdims=True) - first.mean(axis=1, keepdims=True)
    return rounded(np.concatenate([first, second + STRETCH * between], axis=1))


def _touching(
    first: Monomer,
    second: Monomer,
    count: int,
    ratios: tuple[float, float],
    rng: np.random.Generator,
) -> Array:
    """Dimers that come along a random line through an atom of each, up to a contact ratio."""
    (one, x), (other, y) = first, second
    lengths = contact_lengths(one, other)
    lower, upper = ratios
    targets = lower + (upper - lower) * (rng.permutation(count) + rng.random(count)) / max(count, 1)
    dimers = np.empty((count, len(x) + len(y), 3))
    for dimer, ratio in zip(dimers, targets, strict=True):
        i, j = (_random_atom(species.type_indices, rng) for species in (one, other))
        left = x - x[i]
        right = Rotation.from_quat(rng.normal(size=4)).apply(y - y[j])
        direction = rng.normal(size=3)
        direction /= np.linalg.norm(direction)
        distance = contact_distance(left, right, direction, lengths, float(ratio))
        dimer[:] = np.concatenate([left, right + distance * direction])
    return rounded(dimers)


def _random_atom(types: NDArray[np.intp], rng: np.random.Generator) -> int:
    """An atom of a type that is drawn first: else many hydrogens would hide few other atoms."""
    kinds = np.unique(types)
    return int(rng.choice(np.flatnonzero(types == kinds[rng.integers(len(kinds))])))


def rounded(positions: Array) -> Array:
    """Positions to 1e-4 Å, so that equal structures have equal hashes."""
    rounded: Array = np.round(positions, 4) + 0.0  # no negative zeros
    return rounded
