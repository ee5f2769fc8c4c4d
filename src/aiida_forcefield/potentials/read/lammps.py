"""A data file and a script of LAMMPS as a `ForceField`."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import pi
from typing import Final, get_args

from rdkit import Chem

from aiida_forcefield.potentials.convert import convert
from aiida_forcefield.potentials.export.names import check_distinct
from aiida_forcefield.potentials.forcefield import ForceField
from aiida_forcefield.potentials.forms import FORMS
from aiida_forcefield.potentials.phases import add_series, from_phases
from aiida_forcefield.potentials.read.assign import (
    Found,
    FoundMolecule,
    Parameters,
    assign,
    term_key,
)
from aiida_forcefield.potentials.read.lammps_pairs import (
    COULOMB,
    has_coulomb,
    nonbonded_pairs,
    scales_14,
)
from aiida_forcefield.potentials.read.lammps_text import (
    Script,
    Words,
    numbers_of,
    parse_data,
    parse_script,
)
from aiida_forcefield.topology.species import TermKind
from aiida_forcefield.topology.system import System
from aiida_forcefield.topology.types import match_atoms
from aiida_forcefield.units import KCAL_PER_MOL

Numbers = Sequence[float]
Read = Callable[[Numbers], tuple[str, Parameters]]

_ENERGY: Final = {"real": KCAL_PER_MOL, "metal": 1.0}
_REFUSED: Final = frozenset(
    ["include", "variable", "if", "jump", "set", "dielectric", "delete_bonds", "create_bonds"]
)
"""Commands that may change the energy, and are not carried out."""
_REFUSED_FIXES: Final = re.compile(
    "adapt|addforce|addtorque|bond/|charge|cmap|colvars|drude|efield|external|gravity|indent|ipi|"
    "plumed|python|qeq|restrain|spring|wall"
)
"""Beginnings of the styles of fixes that add to the energy or change it."""
_MASS: Final = 0.1  # u: between an element's mass and what a file says


def _named(form: str, *names: str) -> Read:
    """Numbers that are parameters of a form, in this order."""

    def read(v: Numbers) -> tuple[str, Parameters]:
        if len(v) != len(names):
            raise ValueError(f"{form}: {len(v)} coefficients; allowed: {', '.join(names)}")
        return form, dict(zip(names, v, strict=True))

    return read


def _whole(value: float) -> int:
    if not value.is_integer():
        raise ValueError(f"dihedral: n = {value:g}; must be a whole number")
    return int(value)


def _fourier(v: Numbers) -> tuple[str, Parameters]:
    if len(v) != 1 + 3 * v[0]:
        raise ValueError(f"dihedral fourier: {len(v) - 1} coefficients; three for each of {v[0]:g}")
    return from_phases((_whole(v[i + 1]), v[i], v[i + 2] * pi / 180) for i in range(1, len(v), 3))


def _harmonic_dihedral(v: Numbers) -> tuple[str, Parameters]:
    if v[1] not in (-1, 1):
        raise ValueError(f"dihedral harmonic: d = {v[1]:g}; allowed: -1 and 1")
    return from_phases([(_whole(v[2]), v[0], 0 if v[1] > 0 else pi)])


def _powers(v: Numbers) -> tuple[str, Parameters]:
    """Coefficients of cosⁿ φ; ours are of cosⁿ(φ − 180°)."""
    names = FORMS["ryckaert_bellemans"].parameter_names
    if len(v) > len(names):
        raise ValueError(f"dihedral: {len(v)} powers of the cosine; {len(names)} are allowed")
    padded = [*v, *[0.0] * (len(names) - len(v))]
    signed = (value * (-1) ** n for n, value in enumerate(padded))
    return "ryckaert_bellemans", dict(zip(names, signed, strict=True))


def _flat_improper(v: Numbers) -> tuple[str, Parameters]:
    if v[0] and v[1]:
        raise ValueError(f"improper harmonic: an angle of {v[1]}° at rest; allowed: 0")
    return "harmonic_improper", {"k": v[0]}


def _cvff(v: Numbers) -> tuple[str, Parameters]:
    if v[0] and tuple(v[1:]) != (-1, 2):
        raise ValueError(f"improper cvff: d = {v[1]:g} and n = {v[2]:g}; allowed: -1 and 2")
    return "cosine_improper", {"k": v[0]}


def _charmm(v: Numbers) -> tuple[str, Parameters]:
    if v[3]:
        raise ValueError(f"dihedral charmm: weight {v[3]:g}; allowed: 0, and special_bonds instead")
    return from_phases([(_whole(v[1]), v[0], v[2] * pi / 180)])


_READERS: Final[dict[TermKind, dict[str, Read]]] = {
    "bond": {
        "harmonic": _named("harmonic_bond", "k", "r0"),
        "class2": _named("quartic_bond", "r0", "k2", "k3", "k4"),
        "morse": _named("morse", "D", "alpha", "r0"),
    },
    "angle": {
        "harmonic": _named("harmonic_angle", "k", "theta0"),
        "cosine/squared": _named("cosine_angle", "k", "theta0"),
        "cosine": _named("linear_angle", "k"),
    },
    "dihedral": {
        "fourier": _fourier,
        "nharmonic": lambda v: _powers(v[1:]),
        "multi/harmonic": _powers,
        "harmonic": _harmonic_dihedral,
        "charmm": _charmm,
        "opls": lambda v: from_phases(
            (n, height / 2, pi * (n % 2 == 0)) for n, height in enumerate(v, start=1)
        ),
    },
    "improper": {"harmonic": _flat_improper, "cvff": _cvff},
}


def read_lammps(data: str, script: str, system: System) -> ForceField:
    """The force field of a system whose molecules are in a LAMMPS data file.

    Of each species the first one counts. Until all are found, there may be no other molecules.

    Constant parts of dihedral energies are left out. Of the script styles, coefficients,
    ``special_bonds`` and mixing are read; a wall as `write_force_field` makes it is left out.

    Args:
        data: text of the data file, ``atom_style full``.
        script: text of the input, files that it includes put in.
        system: its species.

    Raises:
        ValueError: another molecule, two species that atoms and bonds do not tell apart, or
            something that our forms cannot say; one line.
    """
    sections, commands = parse_data(data), parse_script(script)
    if missing := {"Masses", "Atoms"} - sections.keys():
        raise ValueError(f"{min(missing)}: the data file has no such section")
    for words in commands.commands:
        if words[0] in _REFUSED:
            raise ValueError(f"{' '.join(words)}: not carried out; write what it leads to instead")
        if words[0] == "fix" and len(words) > 3 and _REFUSED_FIXES.match(words[3]):
            raise ValueError(f"{' '.join(words)}: changes the energy, and no form here can say it")
    # What `write_force_field` makes is a part of a script, and says its units in a comment.
    said = re.search(r"^[ #]*units +(\w+)", script, re.MULTILINE)
    units = next(iter(commands.last("units")), said[1] if said else "")
    if not units:
        allowed = ", ".join(_ENERGY)
        raise ValueError(f"units: no input file says them (LAMMPS takes lj); allowed: {allowed}")
    if units not in _ENERGY:
        raise ValueError(f"units {units}: allowed: {', '.join(_ENERGY)}")
    written = re.search(r"^ *Atoms *# *(\w+)", data, re.MULTILINE)
    for style in (*commands.last("atom_style")[:1], *(written.groups() if written else ())):
        if style != "full":
            raise ValueError(f"atom_style {style}: allowed: full")
    check_distinct(system)
    energy = _ENERGY[units]
    try:
        all_rows = _molecules(sections, system)
        molecules = []
        types: dict[str, int] = {}
        for name, rows in zip(system.names, all_rows, strict=True):
            places = {row[0]: place for place, row in enumerate(rows)}
            terms = {
                key: (form, convert(FORMS[form], parameters, 1 / energy))
                for kind in get_args(TermKind)
                for key, (form, parameters) in _bonded(kind, sections, commands, places).items()
            }
            molecules.append(FoundMolecule(terms, tuple(float(row[3]) for row in rows)))
            for of_type, row in zip(system.types_of(name), rows, strict=True):
                types.setdefault(of_type, int(row[2]))
        form, found = nonbonded_pairs(sections, commands, types)
        charged = any(any(each.charges) for each in molecules)
        if charged and not has_coulomb(commands):
            allowed = ", ".join(COULOMB)
            raise ValueError(
                f"pair_style: without coul, but atoms have charges; allowed: {allowed}"
            )
        scales = scales_14(commands)
    except (IndexError, KeyError):
        raise ValueError(
            "a row has too few words, or names an atom or a type that is not there"
        ) from None
    pairs = {key: convert(form, parameters, 1 / energy) for key, parameters in found.items()}
    return assign(Found(molecules, form, pairs, scales), system)


def _molecules(sections: Mapping[str, list[Words]], system: System) -> list[list[Words]]:
    """Rows of the atoms of one molecule of each species, in the order of its atoms."""
    masses = {row[0]: float(row[1]) for row in sections["Masses"]}
    elements = {symbol for species in system.species for symbol in species.symbols}
    weight = {symbol: Chem.GetPeriodicTable().GetAtomicWeight(symbol) for symbol in elements}

    def symbol_of(row: Words) -> str:
        near = min(weight, key=lambda symbol: abs(weight[symbol] - masses[row[2]]))
        return near if abs(weight[near] - masses[row[2]]) < _MASS else ""

    found: dict[str, list[Words]] = {}
    for number, rows, bonds in _one_by_one(sections):
        symbols = [symbol_of(row) for row in rows]
        for name, species in system:
            places = match_atoms(species.symbols, species.bonds, symbols, bonds)
            if places is not None:
                found.setdefault(name, [rows[place] for place in places])
                break
        else:
            names = " or ".join(system.names)
            raise ValueError(f"Atoms: molecule {number} has not the atoms and bonds of {names}")
        if len(found) == len(system.names):
            break
    if missing := [name for name in system.names if name not in found]:
        raise ValueError(f"Atoms: no molecule has the atoms and bonds of {missing[0]}")
    return [found[name] for name in system.names]


def _one_by_one(
    sections: Mapping[str, list[Words]],
) -> Iterator[tuple[str, list[Words], list[tuple[int, int]]]]:
    """Number of each molecule, rows of its atoms, and its bonds between these."""
    atoms = sorted(sections["Atoms"], key=lambda row: int(row[0]))
    molecule_of = {row[0]: row[1] for row in atoms}
    bonds: dict[str, list[Words]] = {}
    for row in sections.get("Bonds", []):
        bonds.setdefault(molecule_of[row[2]], []).append(row)
    by_molecule: dict[str, list[Words]] = {}
    for row in atoms:
        by_molecule.setdefault(row[1], []).append(row)
    for number, rows in by_molecule.items():
        index = {row[0]: place for place, row in enumerate(rows)}
        yield number, rows, [(index[row[2]], index[row[3]]) for row in bonds.get(number, [])]


def _bonded(
    kind: TermKind,
    sections: Mapping[str, list[Words]],
    commands: Script,
    places: Mapping[str, int],
) -> dict[tuple[TermKind, tuple[int, ...]], tuple[str, Parameters]]:
    """Form and parameters, in the file's units, of each term of the molecule."""
    title = kind.capitalize()
    members = [row for row in sections.get(f"{title}s", []) if row[2] in places]
    if not members:
        return {}
    style = next(iter(commands.last(f"{kind}_style")), "")
    rows = [*sections.get(f"{title} Coeffs", []), *commands.of(f"{kind}_coeff")]
    count = max(int(row[1]) for row in members)
    coefficients: dict[int, tuple[str, Parameters]] = {}
    for row in rows:
        pattern, values = row[0], row[1:]
        name, numbers = (values[0], values[1:]) if style == "hybrid" else (style, values)
        if name not in _READERS[kind]:
            allowed = ", ".join(_READERS[kind])
            raise ValueError(f"{kind}_style {name or 'is missing'}; allowed: {allowed}")
        for number in numbers_of(pattern, count):
            coefficients[number] = _READERS[kind][name](_floats(kind, numbers))
    found: dict[tuple[TermKind, tuple[int, ...]], tuple[str, Parameters]] = {}
    for row in members:
        if int(row[1]) not in coefficients:
            raise ValueError(f"{kind} type {row[1]}: no coefficients")
        key = term_key(kind, tuple(places[atom] for atom in row[2:]))
        entry = coefficients[int(row[1])]
        found[key] = _both(kind, found[key], entry) if key in found else entry
    return found


def _both(
    kind: TermKind, one: tuple[str, Parameters], other: tuple[str, Parameters]
) -> tuple[str, Parameters]:
    """What two entries for the same atoms add up to, as the Fourier terms of CHARMM and AMBER."""
    if kind != "dihedral":
        raise ValueError(f"{kind}: two entries for the same atoms; allowed: of dihedrals")
    return add_series(one, other)


def _floats(kind: TermKind, words: Words) -> Numbers:
    try:
        return [float(word) for word in words]
    except ValueError:
        raise ValueError(f"{kind}_coeff {' '.join(words)}: numbers are allowed") from None
