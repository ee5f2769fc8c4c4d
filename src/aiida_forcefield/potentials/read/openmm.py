"""An OpenMM force field file as a `ForceField`."""

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, product
from typing import Final
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from aiida_forcefield.potentials.convert import convert
from aiida_forcefield.potentials.export.names import check_distinct
from aiida_forcefield.potentials.export.openmm_forms import EXPRESSIONS
from aiida_forcefield.potentials.forcefield import ForceField
from aiida_forcefield.potentials.forms import FORMS
from aiida_forcefield.potentials.forms.form import DEGREE
from aiida_forcefield.potentials.phases import from_phases
from aiida_forcefield.potentials.read.assign import (
    Atoms,
    Found,
    FoundMolecule,
    FoundTerm,
    Parameters,
    assign,
    term_key,
)
from aiida_forcefield.potentials.read.openmm_elements import (
    CUSTOM,
    check_elements,
    check_residue,
    declared,
    named,
    number,
    periods,
    text,
    whole,
)
from aiida_forcefield.potentials.read.openmm_entries import (
    AtomTypes,
    Entry,
    atom_entry,
    entries_of,
    match_entry,
    match_improper,
    read_types,
)
from aiida_forcefield.potentials.read.openmm_pairs import nonbonded
from aiida_forcefield.topology.species import Species, TermKind
from aiida_forcefield.topology.system import System
from aiida_forcefield.topology.types import match_atoms
from aiida_forcefield.units import KJ_PER_MOL, NM

Read = Callable[[Element], tuple[str, Parameters]]
Terms = dict[tuple[TermKind, Atoms], FoundTerm]


def _periodic(entry: Element) -> tuple[str, Parameters]:
    return from_phases(
        (whole(entry, f"periodicity{n}"), number(entry, f"k{n}"), number(entry, f"phase{n}"))
        for n in range(1, periods(entry) + 1)
    )


_STANDARD: Final[dict[str, Read]] = {
    "HarmonicBondForce": lambda entry: (
        "harmonic_bond",
        {"k": number(entry, "k") / 2, "r0": number(entry, "length")},
    ),
    "HarmonicAngleForce": lambda entry: (
        "harmonic_angle",
        {"k": number(entry, "k") / 2, "theta0": number(entry, "angle") / DEGREE},
    ),
    "PeriodicTorsionForce": _periodic,
    "RBTorsionForce": lambda entry: (
        "ryckaert_bellemans",
        {f"C{n}": number(entry, f"c{n}") for n in range(6)},
    ),
}
_ENTRIES: Final[dict[TermKind, tuple[str, int]]] = {
    "bond": ("Bond", 2),
    "angle": ("Angle", 3),
    "dihedral": ("Proper", 4),
}
"""What entries of a kind are called, and how many atoms they have."""
_ORDERINGS: Final = ("default", "charmm", "amber", "smirnoff")


def read_openmm(text: str, system: System) -> ForceField:
    """The force field of a system in an XML file of ``openmm.app.ForceField``.

    Constant parts of dihedral energies are left out. No script is run; those that `write_openmm`
    makes are known.

    Args:
        text: of the file.
        system: its species; a residue of the file must have the atoms and bonds of each.

    Raises:
        ValueError: no such residue, two species that atoms and bonds do not tell apart, or
            something that our forms cannot say, such as an element or attribute that is not read;
            one line.
    """
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        line, column = error.position
        raise ValueError(f"no XML: wrong in line {line}, column {column}") from None
    check_elements(root)
    coulomb = root.find("NonbondedForce")
    if coulomb is None:
        raise ValueError("NonbondedForce: missing")
    check_distinct(system)
    known = read_types(root)
    molecules = []
    labels: dict[str, dict[str, None]] = {name: {} for name in system.type_names}
    for name, species in system:
        own, charges = _residue(root, coulomb, known, name, species)
        molecules.append(FoundMolecule(_bonded(root, known, species, own), charges))
        for of_type, label in zip(system.types_of(name), own, strict=True):
            labels[of_type][label] = None
    every = {label for equal in labels.values() for label in equal}
    form, between, scale = nonbonded(root, coulomb, known, every)
    scales = scale, number(coulomb, "coulomb14scale")
    return assign(Found(molecules, form, labels, between, scales), system)


def _residue(
    root: Element, coulomb: Element, known: AtomTypes, name: str, species: Species
) -> tuple[list[str], tuple[float, ...]]:
    """Types and charges of the atoms, in the order of the species."""
    elements = {text(each, "name"): each.get("element") for each in root.iterfind("AtomTypes/Type")}
    fitting, found = [], []
    for residue in root.iterfind("Residues/Residue"):
        atoms = residue.findall("Atom")
        if unknown := [text(each, "type") for each in atoms if text(each, "type") not in elements]:
            raise ValueError(f"Residue {residue.get('name')}: there is no Type {unknown[0]}")
        bonds = [_ends(bond, atoms) for bond in residue.iterfind("Bond")]
        # Virtual sites and Drude particles have no element.
        real = [place for place, each in enumerate(atoms) if elements[text(each, "type")]]
        symbols = [str(elements[text(atoms[place], "type")]) for place in real]
        between = [(real.index(i), real.index(j)) for i, j in bonds if {i, j} <= {*real}]
        places = match_atoms(species.symbols, species.bonds, symbols, between)
        if places is not None:
            fitting.append((residue, [atoms[real[place]] for place in places]))
    # Those with sites, or with bonds to others, are not for such a molecule if there is another.
    for residue, own in [each for each in fitting if _is_whole(*each)] or fitting:
        check_residue(residue)
        if not _is_whole(residue, own):
            raise ValueError(f"Residue {residue.get('name')}: an atom without an element")
        labels = [text(each, "type") for each in own]
        found.append((labels, tuple(_charges(coulomb, known, own, labels)), residue.get("name")))
    if not found:
        raise ValueError(f"Residues: none has the atoms and bonds of {name}")
    labels, charges, first = found[0]
    for other_labels, other_charges, other in found[1:]:
        if (other_labels, other_charges) != (labels, charges):
            raise ValueError(
                f"Residues: {first} and {other} have the atoms and bonds of {name}, and differ; "
                "one is allowed"
            )
    return labels, charges


def _is_whole(residue: Element, atoms: Sequence[Element]) -> bool:
    """Whether a residue has these atoms and no more, and no bonds to others."""
    return len(residue.findall("Atom")) == len(atoms) and residue.find("ExternalBond") is None


def _charges(
    coulomb: Element, known: AtomTypes, atoms: Sequence[Element], labels: Sequence[str]
) -> Iterator[float]:
    """The charges of the atoms of a residue: their own, or those of their types."""
    own = [text(each, "name") for each in coulomb.iterfind("UseAttributeFromResidue")]
    if odd := {*own} - {"charge"}:
        raise ValueError(f"NonbondedForce: UseAttributeFromResidue {min(odd)}; allowed: charge")
    for atom, label in zip(atoms, labels, strict=True):
        entry = atom_entry(coulomb, label, known)
        if own and "charge" in entry.attrib:
            raise ValueError(f"NonbondedForce: {named(entry)}: a charge beside the residue's")
        yield number(atom if own else entry, "charge")


def _ends(bond: Element, atoms: Sequence[Element]) -> tuple[int, int]:
    if "atomName1" in bond.attrib:
        places = {text(atom, "name"): place for place, atom in enumerate(atoms)}
        names = text(bond, "atomName1"), text(bond, "atomName2")
        ends = [(name, places.get(name, -1)) for name in names]
    else:
        ends = [(text(bond, key), whole(bond, key)) for key in ("from", "to")]
    for name, place in ends:
        if not 0 <= place < len(atoms):
            raise ValueError(f"Bond: there is no atom {name}")
    return ends[0][1], ends[1][1]


def _bonded(root: Element, known: AtomTypes, species: Species, types: Sequence[str]) -> Terms:
    found: Terms = {}

    def add(kind: TermKind, atoms: Atoms, form: str, parameters: Parameters) -> None:
        if term_key(kind, atoms) in found:
            labels = "-".join(types[atom] for atom in atoms)
            raise ValueError(f"{kind} {labels}: entries of two forces act on it; one is allowed")
        values = convert(FORMS[form], parameters, 1 / KJ_PER_MOL, 1 / NM)
        found[term_key(kind, atoms)] = FoundTerm(form, values)

    for force in root:
        if force.tag not in (*_STANDARD, *CUSTOM):
            continue
        read = _reader(force)
        for kind, (tag, size) in _ENTRIES.items():
            entries = entries_of(force, tag, size, known)
            for atoms in _paths(species, kind) if entries else ():
                fitting = [types[atom] for atom in atoms]
                entry = match_entry(entries, fitting, ranked=kind == "dihedral")
                if entry is not None:
                    add(kind, atoms, *read(entry))
        for atoms, form, parameters in _impropers(force, read, known, species, types):
            add("improper", atoms, form, parameters)
    return found


def _reader(force: Element) -> Read:
    if force.tag in _STANDARD:
        return _STANDARD[force.tag]
    energy = text(force, "energy").replace(" ", "")
    for form, expression in EXPRESSIONS.items():
        names = FORMS[form].parameter_names
        if energy == expression:
            if sorted(declared(force)) != sorted(names):
                allowed = ", ".join(names)
                raise ValueError(f"{force.tag}: its entries need the parameters {allowed}")
            return lambda entry: (form, {name: number(entry, name) for name in names})
    raise ValueError(f"{force.tag}: energy {energy!r} is none of our forms'")


def _impropers(
    force: Element, read: Read, known: AtomTypes, species: Species, types: Sequence[str]
) -> Iterator[tuple[Atoms, str, Parameters]]:
    """Atoms, form and parameters of each improper that acts, the centre first."""
    usual = "default" if force.tag == "PeriodicTorsionForce" else "charmm"
    ordering = force.get("ordering", usual)
    if ordering not in _ORDERINGS:
        raise ValueError(f"{force.tag}: ordering {ordering!r}; allowed: {', '.join(_ORDERINGS)}")
    entries = entries_of(force, "Improper", 4, known)
    for centre, around in _neighbours(species).items() if entries else ():
        for three in combinations(sorted(around), 3):
            match = match_improper(entries, types, centre, three)
            if match is None:
                continue
            entry, order = match
            form, parameters = read(entry.element)
            if not any(parameters.values()):
                continue
            if form == "fourier" and {n for n, k in parameters.items() if k} == {"k2"}:
                # k2 (1 + cos 2χ) is −k2 (1 − cos 2χ) and a constant.
                form, parameters = "cosine_improper", {"k": -parameters["k2"]}
            _check_improper(force, entry, ordering, form)
            yield (centre, *order), form, parameters


def _check_improper(force: Element, entry: Entry, ordering: str, form: str) -> None:
    allowed = (
        "allowed: the centre first, so ordering 'charmm' with classes or types of all four atoms, "
        "and harmonic_improper or cosine_improper"
    )
    where = f"{force.tag}: {named(entry.element)}: impropers with ordering {ordering!r}"
    if ordering == "smirnoff":
        raise ValueError(f"{where} are three terms each; {allowed}")
    if ordering != "charmm" or entry.wild:
        wild = " and an atom that may be any" * (ordering == "charmm")
        raise ValueError(f"{where}{wild} have their centre third; {allowed}")
    if FORMS[form].kind != "improper":
        raise ValueError(f"{where} and form {form}; {allowed}")


def _neighbours(species: Species) -> dict[int, list[int]]:
    around: dict[int, list[int]] = {atom: [] for atom in range(len(species.symbols))}
    for i, j in species.bonds:
        around[i].append(j)
        around[j].append(i)
    return around


def _paths(species: Species, kind: TermKind) -> Iterator[Atoms]:
    """All atoms along bonds on which OpenMM looks for a term."""
    around = _neighbours(species)
    if kind == "bond":
        yield from species.bonds
    if kind == "angle":
        for j, near in around.items():
            yield from ((i, j, k) for i, k in combinations(sorted(near), 2))
    if kind == "dihedral":
        for j, k in species.bonds:
            for i, m in product(around[j], around[k]):
                if i != k and m != j and i != m:
                    yield i, j, k, m
