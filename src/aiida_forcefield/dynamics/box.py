"""The starting box of a liquid: how many molecules of each species, how large, and its packing."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import ArrayLike

from aiida_forcefield.topology.box import Box
from aiida_forcefield.topology.composition import box_counts
from aiida_forcefield.topology.system import System
from aiida_forcefield.topology.volume import PACKING_FRACTION, molecular_volume

DILUTION = 0.75
"""Density of the starting box relative to the expected one: room to pack and to reorient."""

TOLERANCE = 2.0
"""Å, the smallest distance that packmol leaves between atoms of different molecules."""


@dataclass(frozen=True)
class StartingBox:
    """What is to be packed: a cube of ``edge`` (Å) with so many molecules of each species."""

    counts: tuple[int, ...]
    edge: float


def starting_box(
    system: System, geometries: Sequence[ArrayLike], cutoff: float = 9.0, atoms: int = 1200
) -> StartingBox:
    """Box of about ``atoms`` atoms, at `DILUTION` of the density that the volumes let expect.

    Args:
        system: which species, and how much of each.
        geometries: positions of one molecule of each species, shape (n, 3), Å.
        cutoff: of the nonbonded interactions, Å.
        atoms: number of atoms wanted.

    Raises:
        ValueError: no neutral box of about this size can be made, or, once condensed, it would not
            exceed twice the cutoff.
    """
    if not cutoff > 0:
        raise ValueError(f"cutoff: {cutoff:g} Å is not allowed, it must be positive")
    sizes = np.array([len(species.symbols) for species in system.species])
    charges = np.array([species.charge for species in system.species])
    counts = box_counts(np.array(system.amounts), sizes, charges, atoms)
    volumes = [
        molecular_volume(species.symbols, positions)
        for species, positions in zip(system.species, geometries, strict=True)
    ]
    liquid_volume = float(np.dot(counts, volumes)) / PACKING_FRACTION
    needed = (2 * cutoff) ** 3 * 1.1  # 10 %: the density may come out higher
    if liquid_volume < needed:
        # Rounded counts may come out a little smaller than asked for.
        enough = ceil(int(counts @ sizes) * needed / liquid_volume) + int(sizes.max())
        raise ValueError(
            f"atoms: {atoms} atoms make a liquid box narrower than twice the cutoff of "
            f"{cutoff:g} Å; ask for at least {enough}"
        )
    return StartingBox(tuple(counts.tolist()), float((liquid_volume / DILUTION) ** (1 / 3)))


def check_liquid(system: System, cutoff: float, atoms: int) -> None:
    """Raise a ValueError where no box of the liquid can be made; see `starting_box`."""
    starting_box(system, [species.conformers[0] for species in system.species], cutoff, atoms)


def packmol_input(
    box: StartingBox, seed: int, molecule_files: Sequence[str], output_file: str
) -> str:
    """Packmol (version 20.15 or later) input that fills the periodic box.

    Packmol seeks in its standard input: give it a file, not a pipe.

    Args:
        box: what to pack.
        seed: of packmol's random numbers.
        molecule_files: XYZ file of each species.
        output_file: XYZ file that packmol writes, species by species.

    Raises:
        ValueError: if the seed is not positive, for packmol would then draw its own.
    """
    if seed < 1:
        raise ValueError(f"seed: {seed} is not allowed, it must be a positive integer")
    edge = f"{box.edge:.6f}"
    structures = "".join(
        f"structure {name}\n  number {count}\nend structure\n"
        for name, count in zip(molecule_files, box.counts, strict=True)
    )
    return (
        f"tolerance {TOLERANCE:g}\n"
        f"seed {seed}\n"
        "filetype xyz\n"
        f"output {output_file}\n"
        f"pbc {edge} {edge} {edge}\n"
        f"{structures}"
    )


def write_xyz(symbols: Sequence[str], positions: ArrayLike) -> str:
    """XYZ text of one structure; ``positions`` has shape (n, 3), Å."""
    rows = [
        f"{symbol} {x:.10f} {y:.10f} {z:.10f}"
        for symbol, (x, y, z) in zip(symbols, np.asarray(positions, dtype=float), strict=True)
    ]
    return "\n".join([str(len(rows)), "", *rows, ""])


def read_packed(text: str, system: System, box: StartingBox) -> Box:
    """The packed molecules, from packmol's XYZ output.

    Molecules are whole, so that atoms may lie outside the box.

    Raises:
        ValueError: if the text is truncated or holds other molecules than those of the box.
    """
    lines = text.split("\n")
    count = int(lines[0]) if lines[0].strip().isdigit() else -1
    rows = [line.split() for line in lines[2 : 2 + count]]
    if count < 1 or len(rows) != count or any(len(row) < 4 for row in rows):
        raise ValueError("packmol output: not a complete XYZ file")
    expected = [
        symbol
        for number, species in zip(box.counts, system.species, strict=True)
        for symbol in species.symbols * number
    ]
    if [row[0] for row in rows] != expected:
        made_of = ", ".join(f"{n} {name}" for n, name in zip(box.counts, system.names, strict=True))
        raise ValueError(f"packmol output: its atoms are not those of {made_of}")
    positions = np.array([[float(x) for x in row[1:4]] for row in rows])
    return Box(box.counts, positions, np.full(3, box.edge))
