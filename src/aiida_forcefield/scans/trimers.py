"""Three neighbours of a liquid: what they have beyond their pairs tells how molecules polarise."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.scans.contacts import contact_lengths, contact_ratio
from aiida_forcefield.scans.dimers import rounded
from aiida_forcefield.topology import Frames, System

Array = NDArray[np.float64]

TOUCHING = 1.2
"""Contact ratio up to which two molecules are neighbours: a first shell."""


@dataclass(frozen=True, eq=False)
class LiquidTrimer:
    """A molecule and two of its neighbours as they are in a liquid.

    Attributes:
        names: of their species, in the system's order.
        positions: one molecule after the other, about the mean of all atoms, shape (n, 3), Å,
            rounded to 1e-4 Å.
    """

    names: tuple[str, str, str]
    positions: Array


def liquid_trimers(system: System, frames: Frames, most: int, seed: int) -> list[LiquidTrimer]:
    """Molecules with two of their neighbours each, all drawn at random; none twice.

    Args:
        system: whose liquid it is.
        frames: of it.
        most: largest number of trimers.
        seed: of the random choices.

    Raises:
        ValueError: no molecule has two neighbours.
    """
    rng = np.random.default_rng([seed, 7])
    found: dict[tuple[int, ...], LiquidTrimer] = {}
    middles = [(f, m) for f in range(len(frames.positions)) for m in range(sum(frames.counts))]
    while middles and len(found) < most:
        frame, middle = middles.pop(int(rng.integers(len(middles))))
        species, molecules = _around(system, frames, frame, middle)
        near = _neighbours(system, species, molecules, middle)
        if len(near) < 2:
            continue
        members = sorted([middle, *rng.choice(near, 2, replace=False).tolist()])
        positions = np.concatenate([molecules[k] for k in members])
        names = tuple(system.names[species[k]] for k in members)
        key = (frame, *members)
        found[key] = LiquidTrimer(names, rounded(positions - positions.mean(axis=0)))
    if not found:
        raise ValueError("the frames have no molecule with two neighbours")
    return list(found.values())


def _around(
    system: System, frames: Frames, frame: int, middle: int
) -> tuple[list[int], list[Array]]:
    """Species and positions of all molecules of a frame, in the images nearest to one of them."""
    every = [
        (kind, molecule)
        for kind, part in enumerate(frames.molecules(system))
        for molecule in part[frame]
    ]
    edges, centre = frames.edges[frame], every[middle][1].mean(axis=0)
    return [kind for kind, _ in every], [
        molecule - edges * np.round((molecule.mean(axis=0) - centre) / edges)
        for _, molecule in every
    ]


def _neighbours(
    system: System, species: list[int], molecules: list[Array], middle: int
) -> list[int]:
    """Those that touch one of the molecules."""
    mine, own = molecules[middle], system.species[species[middle]]
    lengths = [contact_lengths(own, other) for other in system.species]
    return [
        k
        for k, molecule in enumerate(molecules)
        if k != middle and contact_ratio(mine, molecule, lengths[species[k]]) < TOUCHING
    ]
