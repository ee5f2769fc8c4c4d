"""Molecules in a box, or the ions of a crystal's cell, as a data file of LAMMPS.

In ``units real`` for ``atom_style full``. Types are numbered from 1: atom types in the order of the
system's, bonded ones in that of `numbered_terms`. Drude particles follow all atoms, molecule by
molecule; the types of these and of their springs follow all others.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from rdkit import Chem

from aiida_forcefield.potentials.export.lammps_drudes import (
    DRUDE_MASS,
    Particles,
    check_polarizable,
    drude_charges,
    most_particles,
    particles_of,
    spring_strengths,
)
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
        velocities: shape (N, 3), Å/fs; Drude particles have those of their hosts.

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
    check_polarizable(forcefield, system)
    molecules = _molecules(forcefield, system, kinds)
    hosts = [each.first + host for each in molecules for host in each.particles.hosts]
    sections = {
        "Masses": _mass_lines(forcefield, system),
        "Atoms # full": _atom_lines(forcefield, system, molecules, _finite(positions, "positions")),
    }
    if velocities is not None:
        v = _finite(velocities, "velocities")
        if v.shape != positions.shape:
            raise ValueError(f"velocities: shape {v.shape} is not that of the positions")
        sections["Velocities"] = [
            f"{i} {x:.10g} {y:.10g} {z:.10g}"
            for i, (x, y, z) in enumerate([*v.tolist(), *v[hosts].tolist()], start=1)
        ]
    types = len(sections["Masses"])
    header = [title, "", f"{len(positions) + len(hosts)} atoms", f"{types} atom types"]
    for kind in get_args(TermKind):
        strengths = spring_strengths(forcefield.electrostatics, system, kind)
        terms = len(numbered_terms(system, kind))
        rows = [*_member_lines(system, kind, kinds)]
        rows += _spring_lines(molecules, kind, {k: terms + n for n, k in enumerate(strengths, 1)})
        header += [f"{len(rows)} {kind}s", f"{terms + len(strengths)} {kind} types"]
        if rows:
            sections[f"{kind}s".capitalize()] = [f"{i} {row}" for i, row in enumerate(rows, 1)]
    if hosts:
        header.append(f"{most_particles(forcefield.electrostatics, system)} extra special per atom")
    body = [f"\n{name}\n\n" + "\n".join(lines) for name, lines in sections.items()]
    return "\n".join([*header, *sides, *body]) + "\n"


class _Molecule(NamedTuple):
    """One molecule of the file.

    Attributes:
        number: from 1.
        name: of its species.
        first: place of its first atom, from 0.
        particles: its Drude particles.
        first_particle: place of the first of these, from 0, among atoms and particles.
    """

    number: int
    name: str
    first: int
    particles: Particles
    first_particle: int


def _molecules(forcefield: ForceField, system: System, kinds: Sequence[int]) -> list[_Molecule]:
    of_species = [particles_of(forcefield.electrostatics, system, name) for name in system.names]
    firsts = [*accumulate((len(system.species[kind].symbols) for kind in kinds), initial=0)]
    hosts = (len(of_species[kind].hosts) for kind in kinds)
    first_particles = accumulate(hosts, initial=firsts[-1])
    return [
        _Molecule(number, system.names[kind], first, of_species[kind], first_particle)
        for number, (kind, first, first_particle) in enumerate(
            zip(kinds, firsts, first_particles, strict=False), start=1
        )
    ]


def _mass_lines(forcefield: ForceField, system: System) -> list[str]:
    """Mass of each atom type, which a Drude particle takes its own from."""
    table, labels = Chem.GetPeriodicTable(), type_labels(system)
    hosts = drude_charges(forcefield.electrostatics, system)
    masses = {each.name: table.GetAtomicWeight(each.symbol) for each in system.atom_types}
    left = [(mass - DRUDE_MASS * (name in hosts), labels[name]) for name, mass in masses.items()]
    particles = [(DRUDE_MASS, f"Drude particle of {labels[name]}") for name in hosts]
    return [
        f"{number} {mass:.6f} # {label}"
        for number, (mass, label) in enumerate([*left, *particles], start=1)
    ]


def _sides(edges: Array) -> list[str]:
    return [
        f"{0:.10f} {edge:.10f} {axis}lo {axis}hi" for axis, edge in zip("xyz", edges, strict=True)
    ]


def _atom_lines(
    forcefield: ForceField, system: System, molecules: Sequence[_Molecule], positions: Array
) -> list[str]:
    """Number, molecule, type, charge and place of each atom, and of each Drude particle."""
    heads = {name: _heads(forcefield, system, name) for name in {each.name for each in molecules}}
    places = [positions]
    for each in molecules:
        atoms = positions[each.first : each.first + len(heads[each.name][0])]
        places.append(each.particles.start(atoms))
    rows = [
        f"{each.number} {head}"
        for part in (0, 1)
        for each in molecules
        for head in heads[each.name][part]
    ]
    return [
        f"{i} {row} {x:.10f} {y:.10f} {z:.10f}"
        for i, (row, (x, y, z)) in enumerate(
            zip(rows, np.concatenate(places).tolist(), strict=True), start=1
        )
    ]


def _heads(forcefield: ForceField, system: System, name: str) -> tuple[list[str], list[str]]:
    """Type and charge of the atoms of a species, and of its Drude particles."""
    charges = forcefield.electrostatics.charges("liquid")
    hosts = drude_charges(forcefield.electrostatics, system)
    particles = particles_of(forcefield.electrostatics, system, name)
    numbers = {each: number for number, each in enumerate(system.type_names, start=1)}
    of_hosts = {each: number for number, each in enumerate(hosts, start=len(numbers) + 1)}
    types = system.types_of(name)
    last_digits = [round(charges[each] / _CHARGE_UNIT) for each in types]
    last_digits[0] += round(system.of_name(name).charge / _CHARGE_UNIT) - sum(last_digits)
    taken = [round(charge / _CHARGE_UNIT) for charge in particles.charges]
    for host, digits in zip(particles.hosts, taken, strict=True):
        last_digits[host] -= digits
    return (
        [
            f"{numbers[each]} {digits * _CHARGE_UNIT:.12f}"
            for each, digits in zip(types, last_digits, strict=True)
        ],
        [
            f"{of_hosts[types[host]]} {digits * _CHARGE_UNIT:.12f}"
            for host, digits in zip(particles.hosts, taken, strict=True)
        ],
    )


def _member_lines(system: System, kind: TermKind, kinds: Sequence[int]) -> Iterator[str]:
    """Type and atoms of each interaction term of a kind."""
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
    first = 1
    for each in kinds:
        for number, atoms in of_species[each]:
            yield f"{number} {' '.join(str(first + atom) for atom in atoms)}"
        first += len(system.species[each].symbols)


def _spring_lines(
    molecules: Sequence[_Molecule], kind: TermKind, types: Mapping[str, int]
) -> Iterator[str]:
    """Type, by its strength, and atoms of each spring of a kind."""
    for each in molecules:
        n = each.particles.anchors.shape[1]
        for spring in each.particles.springs:
            if spring.kind == kind:
                places = (
                    each.first + atom if atom < n else each.first_particle + atom - n
                    for atom in spring.atoms
                )
                yield f"{types[spring.strength]} {' '.join(str(1 + place) for place in places)}"


def _finite(values: ArrayLike, field: str) -> Array:
    array = np.asarray(values, dtype=float)
    if array.ndim != 2 or array.shape[1] != 3 or not np.isfinite(array).all():
        raise ValueError(f"{field}: shape {array.shape} is not finite (atoms, 3)")
    return array
