"""A data file and a script of LAMMPS as a `ForceField`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, get_args

from rdkit import Chem

from aiida_forcefield.potentials.convert import convert
from aiida_forcefield.potentials.export.lammps import HEADER
from aiida_forcefield.potentials.export.names import check_distinct
from aiida_forcefield.potentials.forcefield import ForceField
from aiida_forcefield.potentials.forms import FORMS
from aiida_forcefield.potentials.read.assign import Found, FoundMolecule, FoundPair, assign
from aiida_forcefield.potentials.read.lammps_bonded import bonded_terms
from aiida_forcefield.potentials.read.lammps_commands import check_commands
from aiida_forcefield.potentials.read.lammps_pairs import nonbonded, scales_14
from aiida_forcefield.potentials.read.lammps_text import (
    Data,
    Row,
    Script,
    number,
    parse_data,
    parse_script,
    whole,
)
from aiida_forcefield.potentials.read.places import at
from aiida_forcefield.topology.species import TermKind
from aiida_forcefield.topology.system import System
from aiida_forcefield.topology.types import match_atoms
from aiida_forcefield.units import KCAL_PER_MOL

_ENERGY: Final = {"real": KCAL_PER_MOL, "metal": 1.0}
_KINDS: Final = tuple(kind.capitalize() for kind in get_args(TermKind))
_TYPES: Final[Mapping[str, tuple[str, tuple[int, ...]]]] = {
    "Masses": ("Atom", (0,)),
    "Atoms": ("Atom", (2,)),
    "Pair Coeffs": ("Atom", (0,)),
    "PairIJ Coeffs": ("Atom", (0, 1)),
    **{f"{kind} Coeffs": (kind, (0,)) for kind in _KINDS},
    **{f"{kind}s": (kind, (1,)) for kind in _KINDS},
}
"""Sections that are read: of what they have types, and in which words of a row."""
_LABELS: Final = {f"{kind} Type Labels": kind for kind in ("Atom", *_KINDS)}
_IGNORED: Final = ("Velocities",)
"""Sections that change no energy."""
_MASS: Final = 0.1  # u: between an element's mass and what a file says


def read_lammps(data: str, script: str, system: System) -> ForceField:
    """The force field of a system whose molecules are in a LAMMPS data file.

    Of each species the first one counts. Until all are found, there may be no other molecules.

    Constant parts of dihedral energies are left out. Of the script styles, coefficients,
    ``special_bonds`` and mixing are read; a wall as `write_force_field` makes it is left out.
    Commands that change no energy may stand beside them, and no others.

    Args:
        data: text of the data file, ``atom_style full``.
        script: text of the input, files that it includes put in.
        system: its species.

    Raises:
        ValueError: another molecule, two species that atoms and bonds do not tell apart, or
            something that our forms cannot say; one line.
    """
    return read_lammps_files([("data", data), ("input", script)], system)


def read_lammps_files(files: Sequence[tuple[str, str]], system: System) -> ForceField:
    """The same of files with their names; the data file first, then the input files.

    Raises:
        ValueError: as `read_lammps`; the line begins with the name of the file.
    """
    (name, text), *inputs = files
    with at(name):
        data = parse_data(name, text)
        script = Script(tuple(row for each in inputs for row in parse_script(*each)))
        exported = any(HEADER in each.splitlines() for _, each in inputs)
        return _read(data, script, exported, system)


def _read(data: Data, script: Script, exported: bool, system: System) -> ForceField:
    needed = {"Atoms"} if any(script.of("mass")) else {"Masses", "Atoms"}
    if missing := needed - data.sections.keys():
        raise ValueError(f"{min(missing)}: the data file has no such section")
    allowed = (*_TYPES, *_LABELS, *_IGNORED)
    if odd := [title for title in data.sections if title not in allowed]:
        raise ValueError(f"{odd[0]}: this section is not read; allowed: {', '.join(allowed)}")
    check_commands(script)
    energy = _ENERGY[_units(data, script, exported)]
    for style in (*script.last("atom_style").words, data.styles["Atoms"] or "full"):
        if style != "full":
            raise ValueError(f"atom_style {style}: allowed: full")
    check_distinct(system)
    data, script = _with_numbers(data, script)
    molecules = []
    types: dict[str, dict[int, None]] = {name: {} for name in system.type_names}
    rows_of = _molecules(data.sections, list(script.of("mass")), system)
    for name, rows in zip(system.names, rows_of, strict=True):
        places = {row.words[0]: place for place, row in enumerate(rows)}
        terms = {
            key: replace(term, parameters=convert(FORMS[term.form], term.parameters, 1 / energy))
            for kind in get_args(TermKind)
            for key, term in bonded_terms(kind, data, script, places).items()
        }
        molecules.append(FoundMolecule(terms, tuple(map(_charge, rows))))
        for of_type, row in zip(system.types_of(name), rows, strict=True):
            types[of_type][whole(row.words[2])] = None
    charged = any(any(each.charges) for each in molecules)
    last = max(number for equal in types.values() for number in equal)
    form, between = nonbonded(data, script, last, charged)

    def in_ev(one: int, other: int) -> FoundPair:
        pair = between(one, other)
        return replace(pair, parameters=convert(form, pair.parameters, 1 / energy))

    return assign(Found(molecules, form, types, in_ev, scales_14(script)), system)


def _units(data: Data, script: Script, exported: bool) -> str:
    """Those of the script; what `write_force_field` makes is a part of one, in ``real``."""
    allowed = ", ".join(_ENERGY)
    row = script.last("units")
    units = row.words[0] if row.words else "real" if exported else ""
    with at(row.place):
        if not units:
            raise ValueError(
                f"units: no input file says them (LAMMPS takes lj); allowed: {allowed}"
            )
        if units not in _ENERGY:
            raise ValueError(f"units {units}: allowed: {allowed}")
    written = re.search(r"units = (\w+)", data.title)  # by LAMMPS' write_data
    if written and written[1] != units:
        raise ValueError(f"units = {written[1]} in the first line, but units {units} in the input")
    return units


def _with_numbers(data: Data, script: Script) -> tuple[Data, Script]:
    """The same with numbers for the labels of types."""
    numbers: dict[str, dict[str, str]] = {}
    for title, kind in _LABELS.items():
        rows = data.sections.get(title, [])
        numbers[kind] = {row.words[-1]: row.words[0] for row in rows}

    def numbered(row: Row, kind: str, columns: Sequence[int]) -> Row:
        known = numbers[kind]
        words = [
            known.get(word, word) if column in columns else word
            for column, word in enumerate(row.words)
        ]
        return Row(tuple(words), row.place)

    sections = {
        title: [numbered(row, *_TYPES[title]) for row in data.sections[title]]
        for title in _TYPES
        if title in data.sections
    }
    types = {"pair_coeff": ("Atom", (1, 2)), "mass": ("Atom", (1,))}
    types |= {f"{kind}_coeff".lower(): (kind, (1,)) for kind in _KINDS}
    commands = (
        numbered(row, *types[row.words[0]]) if row.words[0] in types else row
        for row in script.commands
    )
    return Data(data.title, sections, data.styles), Script(tuple(commands))


def _charge(row: Row) -> float:
    with at(row.place):
        if len(row.words) not in (7, 10):
            raise ValueError(f"{len(row.words)} words; an atom has 7, or 10 with image flags")
        return number(row.words[3])


def _molecules(
    sections: Mapping[str, list[Row]], masses: Sequence[Row], system: System
) -> list[list[Row]]:
    """Rows of the atoms of one molecule of each species, in the order of its atoms."""
    mass: dict[str, float] = {}
    for row in [*sections.get("Masses", []), *masses]:
        with at(row.place):
            mass[row.words[0]] = number(row.words[1])
    elements = {symbol for species in system.species for symbol in species.symbols}
    weight = {symbol: Chem.GetPeriodicTable().GetAtomicWeight(symbol) for symbol in elements}

    def symbol_of(row: Row) -> str:
        with at(row.place):
            found = mass[row.words[2]]
        near = min(weight, key=lambda symbol: abs(weight[symbol] - found))
        return near if abs(weight[near] - found) < _MASS else ""

    found: dict[str, list[Row]] = {}
    for molecule, rows, bonds in _one_by_one(sections):
        symbols = [symbol_of(row) for row in rows]
        for name, species in system:
            places = match_atoms(species.symbols, species.bonds, symbols, bonds)
            if places is not None:
                found.setdefault(name, [rows[place] for place in places])
                break
        else:
            names = " or ".join(system.names)
            raise ValueError(f"Atoms: molecule {molecule} has not the atoms and bonds of {names}")
        if len(found) == len(system.names):
            break
    if missing := [name for name in system.names if name not in found]:
        raise ValueError(f"Atoms: no molecule has the atoms and bonds of {missing[0]}")
    return [found[name] for name in system.names]


def _one_by_one(
    sections: Mapping[str, list[Row]],
) -> Iterator[tuple[str, list[Row], list[tuple[int, int]]]]:
    """Number of each molecule, rows of its atoms, and its bonds between these."""
    atoms: list[tuple[int, Row]] = []
    molecule_of: dict[str, str] = {}
    for row in sections["Atoms"]:
        with at(row.place):
            atoms.append((whole(row.words[0]), row))
            molecule_of[row.words[0]] = row.words[1]
    bonds: dict[str, list[Row]] = {}
    for row in sections.get("Bonds", []):
        with at(row.place):
            bonds.setdefault(molecule_of[row.words[2]], []).append(row)
    by_molecule: dict[str, list[Row]] = {}
    for _, row in sorted(atoms, key=lambda each: each[0]):
        by_molecule.setdefault(row.words[1], []).append(row)
    for molecule, rows in by_molecule.items():
        index = {row.words[0]: place for place, row in enumerate(rows)}
        ends = []
        for row in bonds.get(molecule, []):
            with at(row.place):
                ends.append((index[row.words[2]], index[row.words[3]]))
        yield molecule, rows, ends
