"""Molecules and pairs of molecules as they are in a simulated liquid."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.scans.contacts import contact_lengths, contact_ratio
from aiida_forcefield.scans.dimers import rounded
from aiida_forcefield.topology import Frames, System

Array = NDArray[np.float64]
Pair = tuple[str, str]
"""Names of the species of two molecules, in the system's order."""

_FARTHEST = 1.6  # contact ratio; up to 0.9 or so molecules touch
_DECAY = 0.3  # of errors with the contact ratio


@dataclass(frozen=True, eq=False)
class LiquidDimer:
    """Two neighbours as they are in a liquid.

    Attributes:
        pair: names of their species.
        positions: first molecule first, with their own deformed geometries, shape (n, 3), Å,
            rounded to 1e-4 Å.
    """

    pair: Pair
    positions: Array


def liquid_dimers(system: System, frames: Frames, most: int, seed: int) -> list[LiquidDimer]:
    """Pairs of neighbours as they are in a liquid, in the order in which they were drawn.

    Of all pairs with a contact ratio up to 1.6 they are drawn in proportion to what force fields
    miss of their energy and its change by distance, which falls by some exp(-ratio / 0.3) (methanol
    and ethylene carbonate): so it takes the fewest to know what is missed of all (J. Neyman, J. R.
    Stat. Soc. 97, 558 (1934)).

    Args:
        system: whose liquid it is.
        frames: of it.
        most: largest number of dimers.
        seed: of the random choices.

    Raises:
        ValueError: no two molecules are in contact.
    """
    found = [
        (pair, dimers, ratios)
        for frame in range(len(frames.positions))
        for pair, dimers, ratios in _neighbours(system, frames, frame)
    ]
    ratios = np.concatenate([ratios for *_, ratios in found])
    if not len(ratios):
        raise ValueError("the frames have no two molecules in contact")
    wanted = np.exp(-ratios / _DECAY)
    rng = np.random.default_rng([seed, 2])
    chosen = rng.choice(len(ratios), min(most, len(ratios)), replace=False, p=wanted / wanted.sum())
    ends = np.cumsum([len(dimers) for _, dimers, _ in found])
    blocks = np.searchsorted(ends, chosen, side="right")
    return [
        LiquidDimer(found[block][0], rounded(found[block][1][place - ends[block]]))
        for place, block in zip(chosen.tolist(), blocks.tolist(), strict=True)
    ]


def pairs_of_each(system: System, frames: Frames, ratios: Array) -> Array:
    """For how many pairs of a frame each dimer of `liquid_dimers` stands, shape (s,).

    The rarer its like is drawn, the more; together, for all there are (the estimator of J. Hájek,
    Ann. Math. Stat. 35, 1491 (1964)). That holds while few of all are drawn.

    Args:
        system: whose liquid it is.
        frames: of it.
        ratios: contact ratios of some that were drawn from these frames, shape (s,).
    """
    every = [
        sum(len(ratios) for *_, ratios in _neighbours(system, frames, frame))
        for frame in range(len(frames.positions))
    ]
    share = np.exp(ratios / _DECAY)
    return np.asarray(share / share.sum() * np.mean(every))


def liquid_molecules(molecules: Array, most: int, seed: int) -> Array:
    """Single molecules with the geometries that they have in a liquid.

    Args:
        molecules: of one species, shape (f, M, n, 3), Å.
        most: largest number of molecules.
        seed: of the random choices.

    Returns:
        Positions about the mean of each, shape (s, n, 3), Å, rounded to 1e-4 Å.
    """
    every = molecules.reshape(-1, *molecules.shape[2:])
    rng = np.random.default_rng([seed, 5])
    chosen = every[rng.choice(len(every), min(most, len(every)), replace=False)]
    return rounded(chosen - chosen.mean(axis=1, keepdims=True))


def _neighbours(system: System, frames: Frames, frame: int) -> Iterator[tuple[Pair, Array, Array]]:
    """Pairs of one frame in contact, for each pair of species: positions (p, n, 3), Å, and contact
    ratios (p,)."""
    edges = frames.edges[frame]
    molecules = [part[frame] for part in frames.molecules(system)]
    for i, j in combinations_with_replacement(range(len(system.names)), 2):
        lengths = contact_lengths(system.species[i], system.species[j])
        yield (
            (system.names[i], system.names[j]),
            *_in_contact(molecules[i], molecules[j], i == j, edges, lengths),
        )


def _in_contact(
    one: Array, other: Array, same: bool, edges: Array, lengths: Array
) -> tuple[Array, Array]:
    centres, others = one.mean(axis=1), other.mean(axis=1)
    reach = _radius(one, centres) + _radius(other, others) + _FARTHEST * lengths.max()
    i, j = (
        np.triu_indices(len(one), k=1)
        if same
        else np.indices((len(one), len(other))).reshape(2, -1)
    )
    images = -edges * np.round((others[j] - centres[i]) / edges)
    near = np.linalg.norm(others[j] + images - centres[i], axis=-1) < reach
    i, j, images = i[near], j[near], images[near]
    origins = centres[i, None, :]
    first, second = one[i] - origins, other[j] + images[:, None, :] - origins
    ratios = contact_ratio(first, second, lengths)
    touch = ratios < _FARTHEST
    return np.concatenate([first[touch], second[touch]], axis=1), ratios[touch]


def _radius(molecules: Array, centres: Array) -> float:
    return float(np.linalg.norm(molecules - centres[:, None, :], axis=-1).max())


def grouped(dimers: Sequence[LiquidDimer]) -> dict[Pair, Array]:
    """Dimers of each two species, shape (s, n, 3), Å, in their order."""
    found: dict[Pair, list[Array]] = {}
    for dimer in dimers:
        found.setdefault(dimer.pair, []).append(dimer.positions)
    return {pair: np.array(positions) for pair, positions in found.items()}
