"""The starting box of a liquid: how many molecules, how large, and packing them with packmol."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from ase.data import chemical_symbols
from ase.data.vdw_alvarez import vdw_radii
from numpy.typing import ArrayLike, NDArray

from aiida_forcefield.topology.species import Species

PACKING_FRACTION = 0.6
"""Van der Waals volume over volume of a molecular liquid; 0.53–0.66 in common solvents."""

DILUTION = 0.75
"""Density of the starting box relative to the expected one: room to pack and to reorient."""


SPACING = 0.15
"""Å, of the grid on which volumes are counted: within 2 % whatever the orientation."""

TOLERANCE = 2.0
"""Å, the smallest distance that packmol leaves between atoms of different molecules."""


@dataclass(frozen=True)
class Box:
    """A cubic periodic box of equal molecules; ``edge`` in Å."""

    molecules: int
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
        message = f"no van der Waals radius is known for element {symbol!r}"
        raise ValueError(message)
    return radius


def starting_box(
    symbols: Sequence[str], positions: ArrayLike, cutoff: float = 9.0, atoms: int = 1200
) -> Box:
    """Box of about ``atoms`` atoms, at `DILUTION` of the density that the volumes let expect.

    Args:
        symbols: elements of one molecule.
        positions: shape (n, 3), Å.
        cutoff: of the nonbonded interactions, Å.
        atoms: number of atoms wanted.

    Raises:
        ValueError: if, once condensed, the box would not exceed twice the cutoff.
    """
    if not cutoff > 0:
        message = f"cutoff: {cutoff:g} Å is not allowed, it must be positive"
        raise ValueError(message)
    molecules = max(1, round(atoms / len(symbols)))
    liquid_volume = molecular_volume(symbols, positions) / PACKING_FRACTION
    fewest = ceil((2 * cutoff) ** 3 * 1.1 / liquid_volume)  # 10 %: the density may come out higher
    if molecules < fewest:
        message = (
            f"atoms: {atoms} atoms make a liquid box narrower than twice the cutoff of "
            f"{cutoff:g} Å; ask for at least {fewest * len(symbols)}"
        )
        raise ValueError(message)
    return Box(molecules, float((molecules * liquid_volume / DILUTION) ** (1 / 3)))


def check_liquid(species: Species, cutoff: float, atoms: int) -> None:
    """Raise a ValueError where no box of the liquid can be made; see `starting_box`."""
    if species.charge:
        message = (
            f"charge {species.charge:+d}: a liquid of ions of one sign has no density; only "
            "neutral molecules are allowed"
        )
        raise ValueError(message)
    starting_box(species.symbols, species.conformers[0], cutoff, atoms)


def packmol_input(box: Box, seed: int, molecule_file: str, output_file: str) -> str:
    """Packmol (version 20.15 or later) input that fills the periodic box.

    Packmol seeks in its standard input: give it a file, not a pipe.

    Raises:
        ValueError: if the seed is not positive, for packmol would then draw its own.
    """
    if seed < 1:
        message = f"seed: {seed} is not allowed, it must be a positive integer"
        raise ValueError(message)
    edge = f"{box.edge:.6f}"
    return (
        f"tolerance {TOLERANCE:g}\n"
        f"seed {seed}\n"
        "filetype xyz\n"
        f"output {output_file}\n"
        f"pbc {edge} {edge} {edge}\n"
        f"structure {molecule_file}\n"
        f"  number {box.molecules}\n"
        "end structure\n"
    )


def write_xyz(symbols: Sequence[str], positions: ArrayLike) -> str:
    """XYZ text of one structure; ``positions`` has shape (n, 3), Å."""
    rows = [
        f"{symbol} {x:.10f} {y:.10f} {z:.10f}"
        for symbol, (x, y, z) in zip(symbols, np.asarray(positions, dtype=float), strict=True)
    ]
    return "\n".join([str(len(rows)), "", *rows, ""])


def read_packed(text: str, symbols: Sequence[str]) -> NDArray[np.float64]:
    """Positions of the packed molecules, shape (M, n, 3), Å, from packmol's XYZ output.

    Molecules are whole, so that atoms may lie outside the box.

    Raises:
        ValueError: if the text is truncated or holds other molecules than that of ``symbols``.
    """
    lines = text.split("\n")
    count = int(lines[0]) if lines[0].strip().isdigit() else -1
    rows = [line.split() for line in lines[2 : 2 + count]]
    if count < 1 or len(rows) != count or any(len(row) < 4 for row in rows):
        message = "packmol output: not a complete XYZ file"
        raise ValueError(message)
    if [row[0] for row in rows] != list(symbols) * (count // len(symbols)):
        message = f"packmol output: not made of molecules with the atoms {' '.join(symbols)}"
        raise ValueError(message)
    positions = np.array([[float(x) for x in row[1:4]] for row in rows])
    return positions.reshape(-1, len(symbols), 3)
