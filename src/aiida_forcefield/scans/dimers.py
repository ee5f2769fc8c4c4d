"""Dimers: two molecules whose interaction energy determines the nonbonded terms.

Site scans, random and squeezed dimers and pairs from the liquid belong together: site scans and
liquid pairs alone leave the strength and the range of a repulsion undetermined.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import Rotation

from aiida_forcefield.scans.approach import approach
from aiida_forcefield.scans.contacts import (
    contact_distance,
    contact_lengths,
    contact_ratio,
    donors_and_acceptors,
)
from aiida_forcefield.scans.plan import Scan
from aiida_forcefield.topology import Topology

Array = NDArray[np.float64]

# Contact ratios: at 0.9 molecules touch, below 0.75 they repel each other by some kcal/mol.
_RANDOM = (0.75, 1.5)
_SQUEEZED = (0.62, 0.85)
_TOUCHING = (0.8, 1.0)
_LIQUID = 1.6
_BINS = 10


def pair_scan(topology: Topology, positions: Array, scan: Scan, distances: ArrayLike) -> Array:
    """Dimers in which only the distance of two atoms varies, not the orientation.

    Args:
        topology: of the molecule.
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
    first, second = approach(topology, positions, (scan.atoms[0], scan.atoms[1]))
    moved = second + r[:, None, None] * np.array([1.0, 0.0, 0.0])
    return np.concatenate([np.broadcast_to(first, moved.shape), moved], axis=1)


def random_dimers(topology: Topology, positions: Array, count: int, seed: int) -> Array:
    """Dimers of random orientation and direction, contact ratios spread over 0.75 to 1.5.

    Args:
        topology: of the molecule.
        positions: geometry of both molecules, shape (n, 3), Å.
        count: number of dimers.
        seed: of the random choices.

    Returns:
        Positions, first molecule first, shape (count, 2n, 3), Å, rounded to 1e-4 Å.
    """
    return _touching(topology, positions, count, _RANDOM, np.random.default_rng([seed, 0]))


def squeezed_dimers(topology: Topology, positions: Array, count: int, seed: int) -> Array:
    """As `random_dimers` on the repulsive wall: contact ratios spread over 0.62 to 0.85."""
    return _touching(topology, positions, count, _SQUEEZED, np.random.default_rng([seed, 1]))


def touching_dimers(topology: Topology, positions: Array, count: int, seed: int) -> Array:
    """As `random_dimers` in contact as in a liquid: contact ratios spread over 0.8 to 1."""
    return _touching(topology, positions, count, _TOUCHING, np.random.default_rng([seed, 3]))


def bonded_dimers(topology: Topology, positions: Array, count: int, seed: int) -> Array:
    """As `touching_dimers`, along a line from a donor's hydrogen to an acceptor; none without."""
    donors, acceptors = donors_and_acceptors(topology)
    if not (donors.any() and acceptors.any()):
        return np.empty((0, 2 * len(positions), 3))
    rng = np.random.default_rng([seed, 4])
    return _touching(topology, positions, count, _TOUCHING, rng, (donors, acceptors))


def liquid_dimers(topology: Topology, frames: Array, box: Array, count: int, seed: int) -> Array:
    """Pairs of neighbours as they are in a liquid, with their own deformed geometries.

    Of all pairs with a contact ratio up to 1.6, few of which are near, those are drawn that
    spread over the ratios about evenly.

    Args:
        topology: of the molecule.
        frames: whole molecules, shape (f, m, n, 3), Å.
        box: lengths of the periodic orthorhombic box, shape (f, 3), Å.
        count: number of dimers.
        seed: of the random choices.

    Returns:
        Positions, first molecule first, shape (count, 2n, 3), Å, rounded to 1e-4 Å.

    Raises:
        ValueError: the frames have fewer pairs in contact than wanted.
    """
    lengths = contact_lengths(topology)
    found = [_neighbours(*frame, lengths) for frame in zip(frames, box, strict=True)]
    dimers, ratios = (np.concatenate(parts) for parts in zip(*found, strict=True))
    if len(dimers) < count:
        msg = f"count {count}: the frames have only {len(dimers)} pairs of molecules in contact"
        raise ValueError(msg)
    edges = np.linspace(ratios.min(), _LIQUID, _BINS + 1)
    bins = np.digitize(ratios, edges[1:-1])
    rarity = 1.0 / np.bincount(bins, minlength=_BINS)[bins]
    rng = np.random.default_rng([seed, 2])
    chosen = rng.choice(len(dimers), size=count, replace=False, p=rarity / rarity.sum())
    return _rounded(dimers[np.sort(chosen)])


def _touching(
    topology: Topology,
    positions: Array,
    count: int,
    ratios: tuple[float, float],
    rng: np.random.Generator,
    sites: tuple[NDArray[np.bool_], NDArray[np.bool_]] | None = None,
) -> Array:
    """Dimers that come along a random line through an atom of each, up to a contact ratio.

    The atoms are any, or of those that `sites` allows in the first and in the second molecule.
    """
    lengths, types = contact_lengths(topology), topology.type_indices
    allowed = sites or (np.ones(len(types), dtype=bool),) * 2
    lower, upper = ratios
    targets = lower + (upper - lower) * (rng.permutation(count) + rng.random(count)) / max(count, 1)
    dimers = np.empty((count, 2 * len(types), 3))
    for dimer, ratio in zip(dimers, targets, strict=True):
        i, j = (_random_atom(types, atoms, rng) for atoms in allowed)
        first = positions - positions[i]
        second = Rotation.from_quat(rng.normal(size=4)).apply(positions - positions[j])
        direction = rng.normal(size=3)
        direction /= np.linalg.norm(direction)
        distance = contact_distance(first, second, direction, lengths, float(ratio))
        dimer[:] = np.concatenate([first, second + distance * direction])
    return _rounded(dimers)


def _random_atom(
    types: NDArray[np.intp], allowed: NDArray[np.bool_], rng: np.random.Generator
) -> int:
    """An atom of a type that is drawn first: else many hydrogens would hide few other atoms."""
    kinds = np.unique(types[allowed])
    return int(rng.choice(np.flatnonzero(allowed & (types == kinds[rng.integers(len(kinds))]))))


def _neighbours(molecules: Array, box: Array, lengths: Array) -> tuple[Array, Array]:
    """Pairs of one frame in contact, shape (p, 2n, 3), Å, and their contact ratios, shape (p,)."""
    centres = molecules.mean(axis=1)
    radius = np.linalg.norm(molecules - centres[:, None, :], axis=-1).max()
    i, j = np.triu_indices(len(molecules), k=1)
    images = -box * np.round((centres[j] - centres[i]) / box)
    apart = np.linalg.norm(centres[j] + images - centres[i], axis=-1)
    near = apart < 2.0 * radius + _LIQUID * lengths.max()
    i, j, images = i[near], j[near], images[near]
    origins = centres[i, None, :]
    first, second = molecules[i] - origins, molecules[j] + images[:, None, :] - origins
    ratios = contact_ratio(first, second, lengths)
    touch = ratios < _LIQUID
    return np.concatenate([first[touch], second[touch]], axis=1), ratios[touch]


def _rounded(positions: Array) -> Array:
    rounded: Array = np.round(positions, 4) + 0.0  # no negative zeros: equal numbers, equal hashes
    return rounded
