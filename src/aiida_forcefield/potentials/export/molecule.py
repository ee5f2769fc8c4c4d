"""Molecules in a box in the file formats from which MD programs start."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from aiida_forcefield.potentials.export.names import atom_names, residue_names
from aiida_forcefield.topology.box import Box, split
from aiida_forcefield.topology.species import Species
from aiida_forcefield.topology.system import System

MOST_NUMBERED: Final = 99_999


class _Molecule(NamedTuple):
    """One in a box: its species, place among all molecules and atoms, and geometry."""

    species: Species
    residue: str
    number: int
    first_atom: int
    positions: list[list[float]]


def write_pdb(system: System, box: Box) -> str:
    """A PDB file with bonds; the format keeps three decimals.

    Raises:
        ValueError: more atoms than the format has numbers for, by which bonds name them, another
            number than of the system, or as `residue_names`.
    """
    count = len(box.positions)
    if count > MOST_NUMBERED:
        raise ValueError(f"{count} atoms; a PDB file with bonds has {MOST_NUMBERED} at most")
    atoms, bonds = [], []
    for species, residue, number, first, positions in _molecules(system, box):
        names = atom_names(species)
        for atom, (x, y, z) in enumerate(positions):
            symbol = species.symbols[atom]
            label = f"{names[atom]:<4}" if len(symbol) == 2 else f" {names[atom]:<3}"
            atoms.append(
                f"HETATM{first + atom:5d} {label} {residue:>3} A{number % 10000:4d}    "
                f"{x:8.3f}{y:8.3f}{z:8.3f}  1.00  0.00          {symbol.upper():>2}"
            )
        bonds += [f"CONECT{first + i:5d}{first + j:5d}" for i, j in species.bonds]
    edges = "".join(f"{edge:9.3f}" for edge in box.edges)
    return "\n".join([f"CRYST1{edges}{3 * '  90.00'} P 1", *atoms, *bonds, "END"]) + "\n"


def write_gro(system: System, box: Box) -> str:
    """A GRO file, in nm with nine decimals.

    Raises:
        ValueError: another number of atoms than of the system, or as `residue_names`.
    """
    rows = []
    for species, residue, number, first, positions in _molecules(system, box):
        names = atom_names(species)
        for atom, place in enumerate(positions):
            head = f"{number % 100000:5d}{residue:<5}{names[atom]:>5}"
            xyz = "".join(f"{value / 10:14.9f}" for value in place)
            rows.append(f"{head}{(first + atom) % 100000:5d}{xyz}")
    edges = " ".join(f"{edge / 10:.9f}" for edge in box.edges)
    return "\n".join([contents(system, box.counts), str(len(rows)), *rows, edges]) + "\n"


def contents(system: System, counts: Sequence[int]) -> str:
    """What is in a box, in a line: ``"14 water, 13 MeOH"``."""
    return ", ".join(f"{n} {name}" for n, name in zip(counts, system.names, strict=True) if n)


def _molecules(system: System, box: Box) -> Iterator[_Molecule]:
    """All molecules; numbers of molecules and atoms begin with 1."""
    parts = split(box.positions, system, box.counts)
    number, atom = 1, 1
    for residue, species, part in zip(residue_names(system), system.species, parts, strict=True):
        n = len(species.symbols)
        for positions in part.reshape(-1, n, 3).tolist():
            yield _Molecule(species, residue, number, atom, positions)
            number, atom = number + 1, atom + n
