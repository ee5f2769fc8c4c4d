"""Molecules and pairs of molecules as they are in a simulated liquid."""

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.scans.contacts import contact_lengths, contact_ratio
from aiida_forcefield.scans.dimers import rounded
from aiida_forcefield.topology import Topology

Array = NDArray[np.float64]

_FARTHEST = 1.6  # contact ratio; up to 0.9 or so molecules touch
_BINS = 10


def liquid_dimers(topology: Topology, frames: Array, box: Array, most: int, seed: int) -> Array:
    """Pairs of neighbours as they are in a liquid, with their own deformed geometries.

    Of all pairs with a contact ratio up to 1.6, few of which are near, those are drawn that
    spread over the ratios about evenly.

    Args:
        topology: of the molecule.
        frames: whole molecules, shape (f, m, n, 3), Å.
        box: lengths of the periodic orthorhombic box, shape (f, 3), Å.
        most: largest number of dimers.
        seed: of the random choices.

    Returns:
        Positions in the order in which they were drawn, first molecule first, shape (s, 2n, 3), Å,
        rounded to 1e-4 Å.

    Raises:
        ValueError: no two molecules are in contact.
    """
    lengths = contact_lengths(topology)
    found = [_neighbours(*frame, lengths) for frame in zip(frames, box, strict=True)]
    dimers, ratios = (np.concatenate(parts) for parts in zip(*found, strict=True))
    if not len(dimers):
        raise ValueError("the frames have no two molecules in contact")
    edges = np.linspace(ratios.min(), _FARTHEST, _BINS + 1)
    bins = np.digitize(ratios, edges[1:-1])
    rarity = 1.0 / np.bincount(bins, minlength=_BINS)[bins]
    rng = np.random.default_rng([seed, 2])
    count = min(most, len(dimers))
    return rounded(dimers[rng.choice(len(dimers), count, replace=False, p=rarity / rarity.sum())])


def liquid_molecules(frames: Array, most: int, seed: int) -> Array:
    """Single molecules with the geometries that they have in a liquid.

    Args:
        frames: whole molecules, shape (f, m, n, 3), Å.
        most: largest number of molecules.
        seed: of the random choices.

    Returns:
        Positions about the mean of each, shape (s, n, 3), Å, rounded to 1e-4 Å.
    """
    molecules = frames.reshape(-1, *frames.shape[2:])
    rng = np.random.default_rng([seed, 5])
    chosen = molecules[rng.choice(len(molecules), min(most, len(molecules)), replace=False)]
    return rounded(chosen - chosen.mean(axis=1, keepdims=True))


def _neighbours(molecules: Array, box: Array, lengths: Array) -> tuple[Array, Array]:
    """Pairs of one frame in contact, shape (p, 2n, 3), Å, and their contact ratios, shape (p,)."""
    centres = molecules.mean(axis=1)
    radius = np.linalg.norm(molecules - centres[:, None, :], axis=-1).max()
    i, j = np.triu_indices(len(molecules), k=1)
    images = -box * np.round((centres[j] - centres[i]) / box)
    apart = np.linalg.norm(centres[j] + images - centres[i], axis=-1)
    near = apart < 2.0 * radius + _FARTHEST * lengths.max()
    i, j, images = i[near], j[near], images[near]
    origins = centres[i, None, :]
    first, second = molecules[i] - origins, molecules[j] + images[:, None, :] - origins
    ratios = contact_ratio(first, second, lengths)
    touch = ratios < _FARTHEST
    return np.concatenate([first[touch], second[touch]], axis=1), ratios[touch]
