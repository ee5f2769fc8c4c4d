"""Reading of XYZ files."""

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem

ELEMENTS = frozenset(Chem.GetPeriodicTable().GetElementSymbol(z) for z in range(1, 119))
_CLOSEST = 0.4  # Å: below it two atoms are one by mistake


def read_xyz(text: str) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Elements and positions, shape (n, 3), Å, of the only frame of an XYZ file.

    Raises:
        ValueError: text that is not one frame, with the number of the line; unknown elements;
            overlapping atoms.
    """
    lines = text.rstrip().splitlines()
    first = lines[0].strip() if lines else ""
    if not first.isdecimal() or int(first) == 0:
        msg = f"XYZ line 1: {first!r} is not the number of atoms, an integer above 0"
        raise ValueError(msg)
    if len(lines) != int(first) + 2:
        msg = (
            f"XYZ line 1: {first} atoms announced, {max(len(lines) - 2, 0)} lines of atoms follow;"
            " one frame is allowed: the number of atoms, a comment, one line per atom"
        )
        raise ValueError(msg)
    atoms = [_read_atom(number, line) for number, line in enumerate(lines[2:], start=3)]
    symbols, positions = tuple(symbol for symbol, _ in atoms), np.array([xyz for _, xyz in atoms])
    _check_distances(symbols, positions)
    return symbols, positions


def _read_atom(number: int, line: str) -> tuple[str, list[float]]:
    fields = line.split()
    try:
        symbol, xyz = fields[0], [float(field) for field in fields[1:4]]
    except (IndexError, ValueError):
        symbol, xyz = "", []
    if len(xyz) != 3 or not np.all(np.isfinite(xyz)):
        msg = f"XYZ line {number}: {line.strip()!r} is not an element and three coordinates in Å"
        raise ValueError(msg)
    if symbol not in ELEMENTS:
        msg = f"XYZ line {number}: unknown element {symbol!r}; use symbols such as C, Li or Cl"
        raise ValueError(msg)
    return symbol, xyz


def _check_distances(symbols: tuple[str, ...], positions: NDArray[np.float64]) -> None:
    distances = np.linalg.norm(positions[:, None] - positions, axis=-1)
    np.fill_diagonal(distances, np.inf)
    i, j = np.unravel_index(distances.argmin(), distances.shape)
    if distances[i, j] < _CLOSEST:
        msg = (
            f"XYZ lines {i + 3} and {j + 3}: atoms {symbols[i]}{i + 1} and {symbols[j]}{j + 1}"
            f" overlap, {distances[i, j]:.2f} Å apart; at least {_CLOSEST} Å is allowed"
        )
        raise ValueError(msg)
