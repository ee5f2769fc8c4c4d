"""Crystals: a cell and the atoms in it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import spglib
from ase import Atoms
from ase.data import atomic_numbers, chemical_symbols, covalent_radii
from ase.neighborlist import neighbor_list
from numpy.typing import NDArray

Array = NDArray[np.float64]

SYMMETRIC = 1e-3
"""Å: atoms that a translation brings so near to each other are equal."""

LONGEST = 200.0
"""Edge of a cell, Å."""
THINNEST = 0.5
"""Distance of two faces of a cell, Å."""

MOST_ATOMS = 1000
"""In a cell."""

CLOSEST = 0.6
"""Distance of two atoms over the sum of their covalent radii; the shortest bond has 0.68 (U=O)."""


@dataclass(frozen=True, eq=False)
class Crystal:
    """The primitive cell of a crystal.

    Attributes:
        symbols: element of each of the n atoms.
        cell: lattice vectors, one a row, shape (3, 3), Å.
        positions: shape (n, 3), Å.
        charges: of each element, e, where the file that it is from states them.
        remarks: what was taken for granted in reading that file; None without one.
    """

    symbols: tuple[str, ...]
    cell: Array
    positions: Array
    charges: dict[str, int] | None = None
    remarks: tuple[str, ...] | None = None

    @property
    def volume(self) -> float:
        """Of the cell, Å³."""
        return float(np.linalg.det(self.cell))


def from_atoms(atoms: Atoms, names: Sequence[str] | None = None) -> Crystal:
    """The primitive cell of ASE's atoms, in the orientation of theirs.

    Args:
        names: of the atoms, for messages; without it Li1, Li2, F3 and so on.

    Raises:
        ValueError: atoms without three lattice vectors, too many, too near to each other, or on
            partly occupied sites.
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
    if 1 / atoms.cell.reciprocal().lengths().max() < THINNEST:
        raise ValueError(f"lattice: faces of the cell at least {THINNEST:g} Å apart are needed")
    occupancy = atoms.info.get("occupancy", {})
    if any(part != 1 for site in occupancy.values() for part in site.values()):
        raise ValueError("occupancy: sites that are partly occupied are not allowed")
    _check_distances(atoms, names or [f"{a.symbol}{a.index + 1}" for a in atoms])
    fractions = atoms.positions @ np.linalg.inv(atoms.cell.array)
    cell, fractions, symbols = _standard(
        atoms.cell.array, fractions, list(atoms.symbols), to_primitive=True
    )
    if np.linalg.det(cell) < 0:  # left-handed vectors
        cell, fractions = -cell, -fractions
    return Crystal(symbols, cell, fractions @ cell)


def _check_distances(atoms: Atoms, names: Sequence[str]) -> None:
    """Refuse atoms in the same place, by mistake in the coordinates or the symmetry.

    Raises:
        ValueError: two are nearer than `CLOSEST`.
    """
    radii = CLOSEST * covalent_radii[atoms.numbers]
    first, second, distances = neighbor_list("ijd", atoms, radii)  # type: ignore[no-untyped-call]
    if len(distances) == 0:
        return
    nearest = (distances / (radii[first] + radii[second])).argmin()
    i, j = first[nearest], second[nearest]
    pair = f"{names[i]} and {names[j]}" if names[i] != names[j] else f"two copies of {names[i]}"
    raise ValueError(
        f"positions: {pair} overlap, {distances[nearest]:.2f} Å apart; at least"
        f" {radii[i] + radii[j]:.2f} Å is needed, {CLOSEST:.0%} of the sum of their covalent radii"
    )


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
