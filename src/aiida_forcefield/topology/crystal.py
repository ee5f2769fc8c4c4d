"""Crystals: a cell and the atoms in it."""

from dataclasses import dataclass
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import numpy as np
import spglib
from ase import Atoms
from ase.data import atomic_numbers, chemical_symbols
from ase.io.cif import parse_cif
from ase.io.vasp import read_vasp
from numpy.typing import NDArray

from aiida_forcefield.bounded import read_bytes, reason_of

Array = NDArray[np.float64]

SYMMETRIC = 1e-3
"""Å: atoms that a translation brings so near to each other are equal."""

LONGEST = 200.0
"""Edge of a cell, Å."""

MOST_ATOMS = 1000
"""In a cell."""
MOST_COPIES = 20_000
"""Of the sites of a CIF by its symmetry, before copies in the same place become one atom."""


@dataclass(frozen=True, eq=False)
class Crystal:
    """The primitive cell of a crystal.

    Attributes:
        symbols: element of each of the n atoms.
        cell: lattice vectors, one a row, shape (3, 3), Å.
        positions: shape (n, 3), Å.
    """

    symbols: tuple[str, ...]
    cell: Array
    positions: Array

    @property
    def volume(self) -> float:
        """Of the cell, Å³."""
        return float(np.linalg.det(self.cell))


def read_crystal(path: Path) -> Crystal:
    """The crystal in a CIF (``*.cif``) or POSCAR file (any other name).

    No other format: some of those that ASE knows run what is in the file.

    Raises:
        ValueError: a file that cannot be read, or as `from_atoms`; one line that names the file.
    """
    try:
        content = read_bytes(path)
        return from_atoms((_read_cif if path.suffix == ".cif" else _read_poscar)(content))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {reason_of(error)}") from None
    except Exception as error:  # ASE raises whatever its readers do
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(f"{path}: no crystal structure can be read: {reason}") from None


def _read_cif(content: bytes) -> Atoms:
    """The last structure of a CIF.

    Raises:
        ValueError: there is none, or one with so many atoms that reading it takes hours.
    """
    found: list[Any] = list(parse_cif(BytesIO(content)))
    blocks = [block for block in found if block.has_structure()]
    if not blocks:
        raise ValueError("no crystal structure is in it")
    symmetry = blocks[-1].get_spacegroup(subtrans_included=True)
    copies = len(blocks[-1].get_symbols()) * symmetry.nsymop
    if copies > MOST_COPIES:
        raise ValueError(f"symmetry: {copies} copies of its sites; up to {MOST_COPIES} are allowed")
    atoms: Atoms = blocks[-1].get_atoms()
    return atoms


def _read_poscar(content: bytes) -> Atoms:
    """The structure of a POSCAR.

    Raises:
        ValueError: one with so many atoms that their names alone fill the memory.
    """
    text = content.decode("latin-1")
    for line in text.split("\n")[5:7]:  # one of them, by the version of VASP
        if sum(max(0, _count(word)) for word in line.split()) > MOST_ATOMS:
            raise ValueError(f"atoms: up to {MOST_ATOMS} in a cell are allowed")
    atoms: Atoms = read_vasp(StringIO(text))
    return atoms


def _count(word: str) -> int:
    try:
        return int(word)
    except ValueError:  # a name
        return 0


def from_atoms(atoms: Atoms) -> Crystal:
    """The primitive cell of ASE's atoms, in the orientation of theirs.

    Raises:
        ValueError: atoms without three lattice vectors, too many, or on partly occupied sites.
    """
    if len(atoms) > MOST_ATOMS:
        raise ValueError(f"atoms: {len(atoms)}; up to {MOST_ATOMS} in a cell are allowed")
    if not atoms.pbc.all() or atoms.cell.rank < 3:
        raise ValueError("lattice: a crystal with three lattice vectors is needed")
    finite = np.isfinite(atoms.cell.array).all() and np.isfinite(atoms.positions).all()
    if not finite or atoms.cell.lengths().max() > LONGEST or atoms.cell.volume < len(atoms):
        raise ValueError(
            f"lattice: edges up to {LONGEST:g} Å and 1 Å³ for each atom are needed"
        )  # on others spglib may crash
    occupancy = atoms.info.get("occupancy", {})
    if any(part != 1 for site in occupancy.values() for part in site.values()):
        raise ValueError("occupancy: sites that are partly occupied are not allowed")
    fractions = atoms.positions @ np.linalg.inv(atoms.cell.array)
    cell, fractions, symbols = _standard(
        atoms.cell.array, fractions, list(atoms.symbols), to_primitive=True
    )
    if np.linalg.det(cell) < 0:  # left-handed vectors
        cell, fractions = -cell, -fractions
    return Crystal(symbols, cell, fractions @ cell)


def conventional_lengths(crystal: Crystal) -> Array:
    """Edges of the conventional cell, the lattice constants a, b and c, shape (3,), Å."""
    fractions = crystal.positions @ np.linalg.inv(crystal.cell)
    cell, _, _ = _standard(crystal.cell, fractions, list(crystal.symbols), to_primitive=False)
    lengths: Array = np.linalg.norm(cell, axis=1)
    return lengths


def _standard(
    cell: Array, fractions: Array, symbols: list[str], to_primitive: bool
) -> tuple[Array, Array, tuple[str, ...]]:
    """The primitive or conventional cell, its fractional coordinates and elements.

    Raises:
        ValueError: spglib finds no symmetry, not even that of the lattice.
    """
    numbers = [atomic_numbers[symbol] for symbol in symbols]
    found = spglib.standardize_cell(
        (cell.tolist(), fractions.tolist(), numbers),
        to_primitive=to_primitive,
        no_idealize=True,
        symprec=SYMMETRIC,
    )
    if found is None:
        raise ValueError("positions: no symmetry is found; do two atoms overlap?")
    names = tuple(chemical_symbols[number] for number in found[2])
    return np.array(found[0]), np.array(found[1]), names
