"""What the files of other programs call atom types, molecules and atoms."""

import re
from collections import Counter
from itertools import combinations
from typing import Final

from aiida_forcefield.topology.species import Species
from aiida_forcefield.topology.system import System
from aiida_forcefield.topology.types import match_atoms

_PURE: Final = "MOL"
_LETTERS: Final = 3  # what a PDB file has room for
_NUCLEOTIDES: Final = frozenset(
    f"{base}{end}" for base in ("A", "C", "G", "U", "DA", "DC", "DG", "DT") for end in ("", 3, 5)
) | {"ADE", "CYT", "DAD", "DCY", "DGU", "GUA", "THY", "URA"}
"""Residues between whose atoms OpenMM puts bonds by their names, such as C5 and C6."""
_WATER: Final = frozenset(["H2O", "HOH", "SOL", "SPC", "T4P", "TIP", "TP3", "WAT"])
"""Residues that OpenMM makes rigid."""


def type_labels(system: System) -> dict[str, str]:
    """What files call each atom type: ``EC:O1``, its name; in a pure liquid ``O1``, its label."""
    pure = len(system.names) == 1
    return {each.name: each.label if pure else each.name for each in system.atom_types}


def residue_names(system: System) -> tuple[str, ...]:
    """Names for the three columns that PDB files have for them, one for each species.

    The first three letters and digits of the species' name, in capitals; where OpenMM takes that
    for a nucleotide or for water, the first two and Z. ``MOL`` in a pure liquid.

    Raises:
        ValueError: two are equal.
    """
    if len(system.names) == 1:
        return (_PURE,)
    residues = [_residue(name) for name in system.names]
    for (one, first), (other, second) in combinations(zip(system.names, residues, strict=True), 2):
        if first == second:
            raise ValueError(
                f"species {one} and {other}: both make residue {first} of a PDB or GRO file; "
                f"rename one, so that the first {_LETTERS} letters and digits differ"
            )
    return tuple(residues)


def _residue(name: str) -> str:
    residue = re.sub("[^A-Z0-9]", "", name.upper())[:_LETTERS]
    return f"{residue[: _LETTERS - 1]}Z" if residue in _NUCLEOTIDES | _WATER else residue


def atom_names(species: Species) -> tuple[str, ...]:
    """A name of each atom: its element, numbered from 1."""
    counts: Counter[str] = Counter()
    names = []
    for symbol in species.symbols:
        counts[symbol] += 1
        names.append(f"{symbol}{counts[symbol]}")
    return tuple(names)


def check_distinct(system: System) -> None:
    """Raise ValueError where two species have equal atoms and bonds, as stereoisomers have."""
    for (one, first), (other, second) in combinations(system, 2):
        if match_atoms(first.symbols, first.bonds, second.symbols, second.bonds) is not None:
            raise ValueError(
                f"species {one} and {other}: equal atoms and bonds, by which molecules of the file "
                "are told apart; allowed: species that differ in them"
            )
