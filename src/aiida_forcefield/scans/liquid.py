"""Molecules and pairs of molecules as they are in a simulated liquid."""

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.scans.contacts import contact_lengths, contact_ratio
from aiida_forcefield.scans.dimers import rounded
from aiida_forcefield.topology import Species

Array = NDArray[np.float64]

_FARTHEST = 1.6  # contact ratio; up to 0.9 or so molecules touch
_DECAY = 0.3  # of errors with the contact ratio


def liquid_dimers(species: Species, frames: Array, box: Array, most: int, seed: int) -> Array:
    """Pairs of neighbours as they are in a liquid, with their own deformed geometries.

    Of all pairs with a contact ratio up to 1.6 they are drawn in proportion to what force fields
    miss of their energy and its change by distance, which falls by some exp(-ratio / 0.3) (methanol
    and ethylene carbonate): so it takes the fewest to know what is missed of all (J. Neyman, J. R.
    Stat. Soc. 97, 558 (1934)).

    Args:
        species: of the molecule.
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
    lengths = contact_lengths(species)
    found = [_neighbours(*frame, lengths) for frame in zip(frames, box, strict=True)]
    dimers, ratios = (np.concatenate(parts) for parts in zip(*found, strict=True))
    if not len(dimers):
        raise ValueError("the frames have no two molecules in contact")
    wanted = np.exp(-ratios / _DECAY)
    rng = np.random.default_rng([seed, 2])
    count = min(most, len(dimers))
    return rounded(dimers[rng.choice(len(dimers), count, replace=False, p=wanted / wanted.sum())])


def pairs_of_each(species: Species, frames: Array, box: Array, dimers: Array) -> Array:
    """For how many pairs of a frame each dimer of `liquid_dimers` stands, shape (s,).

    The rarer its like is drawn, the more; together, for all there are (the estimator of J. Hájek,
    Ann. Math. Stat. 35, 1491 (1964)). That holds while few of all are drawn.

    Args:
        species: of the molecule.
        frames: whole molecules, shape (f, m, n, 3), Å.
        box: lengths of the periodic orthorhombic box, shape (f, 3), Å.
        dimers: some that were drawn from these frames, shape (s, 2n, 3), Å.
    """
    lengths, n = contact_lengths(species), len(species.symbols)
    every = [_neighbours(*frame, lengths)[1] for frame in zip(frames, box, strict=True)]
    share = np.exp(contact_ratio(dimers[:, :n], dimers[:, n:], lengths) / _DECAY)
    return np.asarray(share / share.sum() * np.mean([len(ratios) for ratios in every]))


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
