"""The starting box of a liquid: how many molecules of each species, how large, and its packing."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from ase.data import chemical_symbols
from ase.data.vdw_alvarez import vdw_radii
from numpy.typing import ArrayLike, NDArray

from aiida_forcefield.topology.box import Box
from aiida_forcefield.topology.system import System

Array = NDArray[np.float64]

PACKING_FRACTION = 0.6
"""Van der Waals volume over volume of a molecular liquid; 0.53–0.66 in common solvents."""

DILUTION = 0.75
"""Density of the starting box relative to the expected one: room to pack and to reorient."""

SPACING = 0.15
"""Å, of the grid on which volumes are counted: within 2 % whatever the orientation."""

TOLERANCE = 2.0
"""Å, the smallest distance that packmol leaves between atoms of different molecules."""

NEUTRAL = 0.01
"""Charge of the amounts, relative to that of all ions, up to which it counts as rounding."""

RESCALING = tuple(1.01**step for step in sorted(range(-30, 31), key=abs))
"""By how much larger or smaller a box of ions may be than asked for, so that it has no charge."""


@dataclass(frozen=True)
class StartingBox:
    """What is to be packed: a cube of ``edge`` (Å) with so many molecules of each species."""

    counts: tuple[int, ...]
    edge: float


def molecular_volume(symbols: Sequence[str], positions: ArrayLike) -> float:
    """Van der Waals volume in Å³ of the molecule: the union of its atoms' spheres.

    Counted on a cubic grid, with the radii of S. Alvarez, Dalton Trans. 42, 8617 (2013).
    ``positions`` has shape (n, 3), Å.

    Raises:
        ValueError: for a symbol that is no element or has no radius.
    """
    positions = np.asarray(positions, dtype=float)
    radii = np.array([_radius(symbol) for symbol in symbols])
    lower, upper = positions.min(axis=0) - radii.max(), positions.max(axis=0) + radii.max()
    axes = [np.arange(low, high + SPACING, SPACING) for low, high in zip(lower, upper, strict=True)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    inside = np.zeros(len(grid), dtype=bool)
    for centre, radius in zip(positions, radii, strict=True):
        inside |= ((grid - centre) ** 2).sum(axis=1) < radius**2
    return float(inside.sum() * SPACING**3)


def _radius(symbol: str) -> float:
    radii = dict(zip(chemical_symbols, vdw_radii, strict=False))  # which end before the elements do
    radius = float(radii.get(symbol, np.nan))
    if not radius > 0:
        raise ValueError(f"no van der Waals radius is known for element {symbol!r}")
    return radius


def molecule_counts(system: System, atoms: int) -> tuple[int, ...]:
    """How many molecules of each species make a neutral box of about so many atoms.

    At least one of each. The counts of ions are rounded together: where the ones nearest to the
    amounts leave a charge, a box that is up to a third larger or smaller is taken.

    Raises:
        ValueError: the amounts have a charge, or no box of about this size is neutral; one line.
    """
    charges = np.array([species.charge for species in system.species])
    amounts = np.array(system.amounts)
    if abs(system.charge) > NEUTRAL * (amounts @ np.abs(charges)):
        raise ValueError(
            f"amounts: {system.charge:+g} e in all; only a neutral system makes a liquid: add ions "
            "of the other sign, or change the amounts"
        )
    sizes = np.array([len(species.symbols) for species in system.species])
    scale = atoms / float(amounts @ sizes)
    for factor in RESCALING:
        counts = np.maximum(1, np.rint(amounts * scale * factor)).astype(int)
        if not counts @ charges:
            return tuple(counts.tolist())
    raise ValueError(
        f"atoms: {atoms} atoms hold {', '.join(system.names)} in no neutral box of these amounts; "
        "ask for more atoms"
    )


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
    counts = molecule_counts(system, atoms)
    volumes = [
        molecular_volume(species.symbols, positions)
        for species, positions in zip(system.species, geometries, strict=True)
    ]
    liquid_volume = float(np.dot(counts, volumes)) / PACKING_FRACTION
    size = sum(n * len(each.symbols) for n, each in zip(counts, system.species, strict=True))
    needed = (2 * cutoff) ** 3 * 1.1  # 10 %: the density may come out higher
    if liquid_volume < needed:
        # Rounded counts may come out a little smaller than asked for.
        enough = ceil(size * needed / liquid_volume) + max(len(s.symbols) for s in system.species)
        raise ValueError(
            f"atoms: {atoms} atoms make a liquid box narrower than twice the cutoff of "
            f"{cutoff:g} Å; ask for at least {enough}"
        )
    return StartingBox(counts, float((liquid_volume / DILUTION) ** (1 / 3)))


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
