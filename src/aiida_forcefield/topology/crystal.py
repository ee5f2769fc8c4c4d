"""Crystals: a cell and the atoms in it."""

from dataclasses import dataclass
from pathlib import Path

import ase.io
import numpy as np
import spglib
from ase import Atoms
from ase.data import atomic_numbers, chemical_symbols
from numpy.typing import NDArray

Array = NDArray[np.float64]

SYMMETRIC = 1e-3
"""Å: atoms that a translation brings so near to each other are equal."""

LONGEST = 200.0
"""Edge of a cell, Å."""


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
        atoms = ase.io.read(path, format="cif" if path.suffix == ".cif" else "vasp")
        return from_atoms(atoms if isinstance(atoms, Atoms) else atoms[-1])
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {error.strerror}") from None
    except Exception as error:  # ASE raises whatever its readers do
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(f"{path}: no crystal structure can be read: {reason}") from None


def from_atoms(atoms: Atoms) -> Crystal:
    """The primitive cell of ASE's atoms, in the orientation of theirs.

    Raises:
        ValueError: atoms without three lattice vectors, or sites that are partly occupied.
    """
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
