"""A force field as an XML file for ``openmm.app.ForceField``, in kJ/mol, nm and radians.

Atom classes are the system's atom types, as `type_labels` names them. Each atom of a species has an
OpenMM atom type of its own.
"""

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from rdkit import Chem

from aiida_forcefield.potentials.collapse import pair_wall
from aiida_forcefield.potentials.convert import convert
from aiida_forcefield.potentials.electrostatics import Polarizable
from aiida_forcefield.potentials.export.lammps_drudes import check_polarizable, drude_charges
from aiida_forcefield.potentials.export.names import atom_names, check_distinct, type_labels
from aiida_forcefield.potentials.export.openmm_drudes import (
    PARTICLE,
    write_drudes,
    write_particles,
)
from aiida_forcefield.potentials.export.openmm_forms import (
    BOND_CUTOFF,
    EXPRESSIONS,
    STANDARD,
    TAIL,
    nonbonded_energy,
    pairs_14,
)
from aiida_forcefield.potentials.forcefield import ForceField, Term, check_field, pair_name
from aiida_forcefield.potentials.forms import FORMS, LENNARD_JONES
from aiida_forcefield.topology.species import Species, TermKind, TermType
from aiida_forcefield.topology.system import System
from aiida_forcefield.units import KJ_PER_MOL, NM

Parameters = Mapping[str, float]

_TAGS: Final[dict[TermKind, tuple[str, str]]] = {
    "bond": ("Bond", "Bond"),
    "angle": ("Angle", "Angle"),
    "dihedral": ("Torsion", "Proper"),
    "improper": ("Torsion", "Improper"),
}


def write_openmm(forcefield: ForceField, system: System) -> str:
    """An XML file that ``openmm.app.ForceField`` loads, with a template of each species.

    A wall below 1.25 times the inner maximum of each nonbonded curve guards against its collapse,
    as in LAMMPS. In a periodic system the tail of the nonbonded form beyond the cutoff is added.

    Args:
        forcefield: its charges in the liquid are written.
        system: its species.

    Raises:
        ValueError: if the terms are not the system's, two atom types have nothing that keeps
            them apart, two species have equal atoms and bonds, or OpenMM's XML cannot say
            something.
    """
    check_field(forcefield, system)
    check_polarizable(forcefield, system)
    check_distinct(system)
    form = forcefield.nonbonded_form
    root = Element("ForceField")
    types, residues = SubElement(root, "AtomTypes"), SubElement(root, "Residues")
    for name in system.names:
        _template(types, residues, forcefield, system, name)
    for kind, (middle, tag) in _TAGS.items():
        entries = [
            (forcefield.term(each.name), places)
            for name in system.names
            for each in system.terms_of(name)
            if each.kind == kind
            for places in _places(each, system, name)
        ]
        for used in dict.fromkeys(term.form for term, _ in entries):
            parent = _force(root, used, middle)
            for term, places in entries:
                if term.form == used:
                    SubElement(parent, tag, places | _values(term))
    scales = forcefield.scale_14 or (0.0, 0.0)
    (_lennard_jones if form is LENNARD_JONES else _tabulated)(root, forcefield, system, scales)
    if isinstance(forcefield.electrostatics, Polarizable):
        write_drudes(root, forcefield.electrostatics, system)
    indent(root)
    return tostring(root, encoding="unicode") + "\n"


def _template(
    types: Element, residues: Element, forcefield: ForceField, system: System, name: str
) -> None:
    species, labels = system.of_name(name), type_labels(system)
    net = forcefield.electrostatics.charges("liquid")
    drudes = drude_charges(forcefield.electrostatics, system)
    table = Chem.GetPeriodicTable()
    residue = SubElement(residues, "Residue", name=name)
    names = atom_names(species)
    rows = list(zip(names, species.symbols, system.types_of(name), strict=True))
    for atom, symbol, atom_type in rows:
        mass = f"{table.GetAtomicWeight(symbol):.6f}"
        label = {"name": f"{name}-{atom}", "class": labels[atom_type]}
        SubElement(types, "Type", label | {"element": symbol, "mass": mass})
    for atom, _, atom_type in rows:
        charge = _number(net[atom_type] - drudes.get(atom_type, 0.0))
        SubElement(residue, "Atom", name=atom, type=f"{name}-{atom}", charge=charge)
    if isinstance(forcefield.electrostatics, Polarizable):
        write_particles(types, residue, forcefield.electrostatics, system, name)
    for i, j in species.bonds:
        SubElement(residue, "Bond", atomName1=names[i], atomName2=names[j])


def _force(root: Element, form: str, middle: str) -> Element:
    if form in STANDARD:
        return SubElement(root, STANDARD[form][0])
    ordering = {"ordering": "charmm"} if FORMS[form].kind == "improper" else {}
    attributes = {"energy": EXPRESSIONS[form], **ordering}
    force = SubElement(root, f"Custom{middle}Force", attributes)
    for name in FORMS[form].parameter_names:
        SubElement(force, f"Per{middle}Parameter", name=name)
    return force


def _values(term: Term) -> dict[str, str]:
    parameters: Parameters = convert(FORMS[term.form], term.parameters, KJ_PER_MOL, NM)
    if term.form in STANDARD:
        parameters = STANDARD[term.form][1](parameters)
    return {name: _number(value) for name, value in parameters.items()}


def _places(term_type: TermType, system: System, name: str) -> Iterator[dict[str, str]]:
    """The atoms of a term type: by class, if OpenMM then finds these terms and no others.

    Raises:
        ValueError: a dihedral over a linear chain; OpenMM looks for them along bonds alone.
    """
    species, labels = system.of_name(name), type_labels(system)
    if (
        term_type.kind == "dihedral"
        and tuple(sorted(term_type.members[0][1:3])) not in species.bonds
    ):
        raise ValueError(
            f"{name}: {term_type.name} leads over linear atoms, which OpenMM's XML cannot say; "
            "write the field for LAMMPS or GROMACS"
        )
    if term_type.kind != "improper" and _is_complete(term_type, species):
        classes = (labels[each] for each in term_type.types)
        yield {f"class{place}": label for place, label in enumerate(classes, start=1)}
        return
    names = atom_names(species)
    for member in term_type.members:
        yield {
            f"type{place}": f"{name}-{names[atom]}" for place, atom in enumerate(member, start=1)
        }


def _is_complete(term_type: TermType, species: Species) -> bool:
    """Whether all angles between such atoms are there; opposite ligands may make none."""
    if term_type.kind != "angle":
        return True
    i, j, k = (species.atom_types[atom] for atom in term_type.members[0])
    count = 0
    for centre, name in enumerate(species.atom_types):
        around = [a if b == centre else b for a, b in species.bonds if centre in (a, b)]
        ends = ({species.atom_types[a] for a in pair} for pair in combinations(around, 2))
        count += sum(name == j and pair == {i, k} for pair in ends)
    return count == len(term_type.members)


def _coulomb(root: Element, scales: tuple[float, float]) -> Element:
    attributes = {"coulomb14scale": _number(scales[1]), "lj14scale": _number(scales[0])}
    force = SubElement(root, "NonbondedForce", attributes)
    SubElement(force, "UseAttributeFromResidue", name="charge")
    return force


def _lennard_jones(
    root: Element, forcefield: ForceField, system: System, scales: tuple[float, float]
) -> None:
    """OpenMM's own where all types combine by Lorentz and Berthelot; else all pairs in full."""
    coulomb = target = _coulomb(root, scales)
    explicit = [term.name for term in forcefield.terms if term.kind == "nonbonded"]
    pairs = list(combinations(system.type_names, 2))
    mixed = forcefield.combination is not None or any(pair_name(*p) in explicit for p in pairs)
    if mixed:
        target = SubElement(root, "LennardJonesForce", lj14scale=_number(scales[0]))

    def values(i: str, j: str) -> dict[str, str]:
        found = convert(LENNARD_JONES, forcefield.pair(i, j), KJ_PER_MOL, NM)
        return {name: _number(value) for name, value in found.items()}

    labels = type_labels(system)
    for name in system.type_names:
        SubElement(target, "Atom", {"class": labels[name], **values(name, name)})
        if mixed:
            SubElement(coulomb, "Atom", {"class": labels[name], "sigma": "1", "epsilon": "0"})
    if drude_charges(forcefield.electrostatics, system):
        for force in (coulomb, target) if mixed else (coulomb,):
            SubElement(force, "Atom", {"class": PARTICLE, "sigma": "1", "epsilon": "0"})
    for i, j in pairs if mixed else ():
        classes = {"class1": labels[i], "class2": labels[j]}
        SubElement(target, "NBFixPair", classes | values(i, j))


def _tabulated(
    root: Element, forcefield: ForceField, system: System, scales: tuple[float, float]
) -> None:
    """The form with a table of each parameter over all pairs of types, and the wall."""
    form, labels = forcefield.nonbonded_form, type_labels(system)
    coulomb = _coulomb(root, scales)
    drudes = bool(drude_charges(forcefield.electrostatics, system))
    labels |= {PARTICLE: PARTICLE} if drudes else {}
    names = [*system.type_names, *[PARTICLE] * drudes]
    tables: dict[str, list[float]] = {}
    for i in names:
        for j in names:
            row = dict.fromkeys((*form.parameter_names, "wall", "height"), 0.0) | {"rho": 1.0}
            if PARTICLE not in (i, j):
                start, height = pair_wall(forcefield, *sorted((i, j)))
                row = convert(form, forcefield.pair(i, j), KJ_PER_MOL, NM)
                row |= {"wall": start / NM, "height": height / KJ_PER_MOL}
            for name, value in row.items():
                tables.setdefault(name, []).append(value)
    walled = any(tables["wall"])
    energy = nonbonded_energy(form, walled)
    force = SubElement(root, "CustomNonbondedForce", energy=energy, bondCutoff=BOND_CUTOFF)
    SubElement(force, "PerParticleParameter", name="t")
    size = str(len(names))
    for name, values in tables.items():
        attributes = {"name": f"{name}_of", "type": "Discrete2D", "xsize": size, "ysize": size}
        SubElement(force, "Function", attributes).text = " ".join(map(_number, values))
    for index, name in enumerate(names):
        SubElement(force, "Atom", {"class": labels[name], "t": str(index)})
        SubElement(coulomb, "Atom", {"class": labels[name], "sigma": "1", "epsilon": "0"})
    apart = pairs_14(form, walled, scales[0]) if scales[0] else ""
    SubElement(root, "Script").text = TAIL + apart


def _number(value: float) -> str:
    return f"{value:.14g}"
