"""Molecules in a box, or the ions of a crystal's cell, as a data file of LAMMPS.

In ``units real`` for ``atom_style full``. Types are numbered from 1: atom types in the order of the
system's, bonded ones in that of `numbered_terms`.
"""

from collections.abc import Sequence
from typing import get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from rdkit import Chem

from aiida_forcefield.potentials.export.molecule import contents
from aiida_forcefield.potentials.export.names import type_labels
from aiida_forcefield.potentials.forcefield import ForceField, check_charges
from aiida_forcefield.topology.box import Box, split
from aiida_forcefield.topology.crystal import Crystal
from aiida_forcefield.topology.species import TermKind, TermType
from aiida_forcefield.topology.system import System

Array = NDArray[np.float64]

_CHARGE_UNIT = 1e-12  # e: the last digit written


def numbered_terms(system: System, kind: TermKind) -> tuple[TermType, ...]:
    """The term types of a kind as LAMMPS numbers them, from 1: species by species."""
    return tuple(
        term for name in system.names for term in system.terms_of(name) if term.kind == kind
    )


def write_data(
    forcefield: ForceField, system: System, box: Box, velocities: ArrayLike | None = None
) -> str:
    """A data file of molecules; its total charge is exactly theirs.

    Args:
        forcefield: its charges in the liquid are written.
        system: its species.
        box: whole molecules; they may reach out of the box.
        velocities: shape (N, 3), Å/fs.

    Raises:
        ValueError: if there are more or fewer atoms, a number is not finite, an edge is not
            positive, or the charges are not those of the species.
    """
    split(box.positions, system, box.counts)  # refuses another number of atoms
    edges = np.asarray(box.edges, dtype=float)
    if edges.shape != (3,) or not (np.isfinite(edges) & (edges > 0)).all():
        raise ValueError(f"edges: {edges.tolist()}; three positive lengths are needed")
    kinds = np.repeat(np.arange(len(box.counts)), box.counts).tolist()
    title = contents(system, box.counts)
    return _text(title, forcefield, system, kinds, box.positions, _sides(edges), velocities)


def write_cell(forcefield: ForceField, system: System, crystal: Crystal) -> str:
    """A data file of a crystal's cell.

    Args:
        forcefield: its charges in the liquid are written.
        system: its ions, one species for each element.
        crystal: their cell, whose lattice vectors are a lower triangle, as LAMMPS wants them.

    Raises:
        ValueError: if the lattice vectors are others, an element is not of the system, or the
            charges are not those of the ions.
    """
    cell = crystal.cell
    if np.triu(cell, 1).any() or not (np.diag(cell) > 0).all():
        raise ValueError("cell: LAMMPS wants the lattice vectors as a lower triangle")
    kind_of = {species.symbols: kind for kind, species in enumerate(system.species)}
    if odd := {(symbol,) for symbol in crystal.symbols} - kind_of.keys():
        raise ValueError(f"crystal: {min(odd)[0]} is not an ion of {', '.join(system.names)}")
    kinds = [kind_of[(symbol,)] for symbol in crystal.symbols]
    tilt = f"{cell[1, 0]:.10f} {cell[2, 0]:.10f} {cell[2, 1]:.10f} xy xz yz"
    sides = [*_sides(np.diag(cell)), tilt]
    return _text("a crystal's cell", forcefield, system, kinds, crystal.positions, sides, None)


def _text(
    title: str,
    forcefield: ForceField,
    system: System,
    kinds: Sequence[int],
    positions: Array,
    sides: Sequence[str],
    velocities: ArrayLike | None,
) -> str:
    """The file of molecules, of each of which ``kinds`` has the place of its species."""
    check_charges(forcefield.electrostatics.charges("liquid"), system)
    table = Chem.GetPeriodicTable()
    labels = type_labels(system)
    sections = {
        "Masses": [
            f"{number} {table.GetAtomicWeight(each.symbol):.6f} # {labels[each.name]}"
            for number, each in enumerate(system.atom_types, start=1)
        ],
        "Atoms # full": _atom_lines(forcefield, system, kinds, _finite(positions, "positions")),
    }
    if velocities is not None:
        v = _finite(velocities, "velocities")
        if v.shape != positions.shape:
            raise ValueError(f"velocities: shape {v.shape} is not that of the positions")
        sections["Velocities"] = [
            f"{i} {x:.10g} {y:.10g} {z:.10g}" for i, (x, y, z) in enumerate(v.tolist(), start=1)
        ]
    header = [title, "", f"{len(positions)} atoms", f"{len(system.atom_types)} atom types"]
    for kind in get_args(TermKind):
        rows = _member_lines(system, kind, kinds)
        header += [f"{len(rows)} {kind}s", f"{len(numbered_terms(system, kind))} {kind} types"]
        if rows:
            sections[f"{kind}s".capitalize()] = rows
    body = [f"\n{name}\n\n" + "\n".join(lines) for name, lines in sections.items()]
    return "\n".join([*header, *sides, *body]) + "\n"


def _sides(edges: Array) -> list[str]:
    return [
        f"{0:.10f} {edge:.10f} {axis}lo {axis}hi" for axis, edge in zip("xyz", edges, strict=True)
    ]


def _atom_lines(
    forcefield: ForceField, system: System, kinds: Sequence[int], positions: Array
) -> list[str]:
    """Number, molecule, type, charge and place of each atom."""
    charges = forcefield.electrostatics.charges("liquid")
    numbers = {name: number for number, name in enumerate(system.type_names, start=1)}
    of_species: list[list[str]] = []
    for name, species in system:
        types = system.types_of(name)
        last_digits = [round(charges[each] / _CHARGE_UNIT) for each in types]
        last_digits[0] += round(species.charge / _CHARGE_UNIT) - sum(last_digits)
        of_species.append(
            [
                f"{numbers[each]} {digits * _CHARGE_UNIT:.12f}"
                for each, digits in zip(types, last_digits, strict=True)
            ]
        )
    heads = [
        f"{molecule} {atom}"
        for molecule, kind in enumerate(kinds, start=1)
        for atom in of_species[kind]
    ]
    return [
        f"{i} {head} {x:.10f} {y:.10f} {z:.10f}"
        for i, (head, (x, y, z)) in enumerate(zip(heads, positions.tolist(), strict=True), start=1)
    ]


def _member_lines(system: System, kind: TermKind, kinds: Sequence[int]) -> list[str]:
    """Number, type and atoms of each interaction term of a kind."""
    of_species: list[list[tuple[int, tuple[int, ...]]]] = []
    count = 0
    for name in system.names:
        types = [term for term in system.terms_of(name) if term.kind == kind]
        of_species.append(
            [
                (number, atoms)
                for number, term in enumerate(types, start=count + 1)
                for atoms in term.members
            ]
        )
        count += len(types)
    rows: list[str] = []
    first = 1
    for each in kinds:
        for number, atoms in of_species[each]:
            places = " ".join(str(first + atom) for atom in atoms)
            rows.append(f"{len(rows) + 1} {number} {places}")
        first += len(system.species[each].symbols)
    return rows


def _finite(values: ArrayLike, field: str) -> Array:
    array = np.asarray(values, dtype=float)
    if array.ndim != 2 or array.shape[1] != 3 or not np.isfinite(array).all():
        raise ValueError(f"{field}: shape {array.shape} is not finite (atoms, 3)")
    return array
