"""Reading of POSCARs.

Not by pymatgen, which takes a negative scale, a volume, for a factor of Cartesian coordinates, and
makes up elements where names are missing.
"""

import math
import re
from dataclasses import replace

import numpy as np
from ase import Atoms
from numpy.typing import NDArray

from aiida_forcefield.topology.crystal import MOST_ATOMS, Crystal, from_atoms
from aiida_forcefield.topology.xyz import ELEMENTS

Array = NDArray[np.float64]
Lines = list[list[str]]


def read_poscar(text: str) -> Crystal:
    """The crystal of a POSCAR; velocities and what else follows its coordinates are not read.

    Raises:
        ValueError: text that is none, without names of its elements, or as `from_atoms`; one line.
    """
    # Words of each line, without a comment at its end; of lines after the last, none.
    lines = [re.split("[#!]", line)[0].split() for line in text.splitlines()] + [[]] * 8
    lattice = np.array([_numbers(lines, row, 3, "a lattice vector") for row in (2, 3, 4)])
    factors = _factors(lines, lattice)
    symbols, row, remarks = _elements(lines)
    if lines[row] and lines[row][0][0] in "sS":  # Selective dynamics
        row += 1
    kind = lines[row][0][0].lower() if lines[row] else ""
    if kind not in [*"dck"]:
        raise ValueError(f"line {row + 1}: Direct or Cartesian is needed, not {_shown(lines[row])}")
    lines += [[]] * len(symbols)
    positions = np.array(
        [
            _numbers(lines, row + 1 + index, 3, f"coordinates of atom {index + 1}, {symbol},")
            for index, symbol in enumerate(symbols)
        ]
    )
    atoms = Atoms(symbols, cell=lattice * factors, pbc=True)
    if kind == "d":
        atoms.positions = positions @ atoms.cell.array
    else:
        atoms.positions = positions * factors
    return replace(from_atoms(atoms), remarks=remarks)


def _numbers(lines: Lines, row: int, count: int, what: str) -> list[float]:
    """The first numbers of a line.

    Raises:
        ValueError: there are fewer.
    """
    try:
        found = [float(word) for word in lines[row][:count]]
    except ValueError:
        found = []
    if len(found) < count or not np.isfinite(found).all():
        raise ValueError(
            f"line {row + 1}: {what} needs {count} finite numbers, not {_shown(lines[row])}"
        )
    return found


def _shown(words: list[str]) -> str:
    return repr(" ".join(words)[:60])


def _factors(lines: Lines, lattice: Array) -> Array:
    """What x, y and z of all vectors are multiplied by, shape (3,); a negative scale is a volume.

    Raises:
        ValueError: a scale that is not allowed.
    """
    scale = _numbers(lines, 1, 3 if len(lines[1]) == 3 else 1, "the scale")
    volume = abs(np.linalg.det(lattice))
    if scale[0] < 0 < volume and len(scale) == 1:
        return np.full(3, math.cbrt(-scale[0] / volume))
    if min(scale) <= 0:
        raise ValueError(f"line 2: the scale is {_shown(lines[1])}; numbers above 0 are needed")
    return np.array(scale * (3 // len(scale)))


def _elements(lines: Lines) -> tuple[list[str], int, tuple[str, ...]]:
    """The element of each atom, the index of the line after them, and remarks.

    Raises:
        ValueError: no names, unknown ones, numbers of atoms that do not fit them, or are too high.
    """
    row, names, counts = 5, list[str](), list[int]()
    while lines[row] and _count(lines[row][0]) is None:  # VASP breaks long lines of names
        names += [re.split("[_/]", word)[0] for word in lines[row]]
        row += 1
    while lines[row] and len(counts) < max(1, len(names)):
        counts += [_count(word) or 0 for word in lines[row]]
        row += 1
    if sum(counts) > MOST_ATOMS:
        raise ValueError(f"atoms: {sum(counts)}; up to {MOST_ATOMS} in a cell are allowed")
    remarks: tuple[str, ...] = ()
    if not names:  # VASP 4, where the first line often has them
        if not {*lines[0]} <= ELEMENTS or len(lines[0]) != len(counts):
            raise ValueError("line 6: no element names: add a line with them above the numbers")
        names = lines[0]
        remarks = (f"elements: {' '.join(names)}, as in the first line; no other line has them",)
    if unknown := [name for name in names if name not in ELEMENTS]:
        raise ValueError(f"line 6: {_shown(unknown[:1])} is no element; use symbols such as Li")
    if len(counts) != len(names) or min(counts) < 1:
        raise ValueError(f"line {row}: a number of atoms is needed for each of {_shown(names)}")
    symbols = [name for name, count in zip(names, counts, strict=True) for _ in range(count)]
    return symbols, row, remarks


def _count(word: str) -> int | None:
    try:
        return int(word)
    except ValueError:
        return None
