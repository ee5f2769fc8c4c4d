"""An OpenMM force field file as a `ForceField`."""

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, permutations, product
from typing import Final
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from aiida_forcefield.potentials.convert import convert
from aiida_forcefield.potentials.export.names import check_distinct
from aiida_forcefield.potentials.export.openmm_forms import EXPRESSIONS, TAIL, pairs_14
from aiida_forcefield.potentials.forcefield import ForceField
from aiida_forcefield.potentials.forms import FORMS, LENNARD_JONES, Form
from aiida_forcefield.potentials.forms.form import DEGREE
from aiida_forcefield.potentials.phases import from_phases
from aiida_forcefield.potentials.read.assign import (
    Found,
    FoundMolecule,
    Parameters,
    assign,
    term_key,
)
from aiida_forcefield.potentials.read.openmm_entries import (
    Label,
    Values,
    atom_entry,
    match_entry,
    nonbonded_pairs,
)
from aiida_forcefield.topology.species import Species, TermKind
from aiida_forcefield.topology.system import System
from aiida_forcefield.topology.types import match_atoms
from aiida_forcefield.units import KJ_PER_MOL, NM

Read = Callable[[Values], tuple[str, Parameters]]


def _periodic(values: Values) -> tuple[str, Parameters]:
    count = sum(name.startswith("periodicity") for name in values)
    return from_phases(
        (int(values[f"periodicity{n}"]), float(values[f"k{n}"]), float(values[f"phase{n}"]))
        for n in range(1, count + 1)
    )


_STANDARD: Final[dict[str, Read]] = {
    "HarmonicBondForce": lambda v: (
        "harmonic_bond",
        {"k": float(v["k"]) / 2, "r0": float(v["length"])},
    ),
    "HarmonicAngleForce": lambda v: (
        "harmonic_angle",
        {"k": float(v["k"]) / 2, "theta0": float(v["angle"]) / DEGREE},
    ),
    "PeriodicTorsionForce": _periodic,
    "RBTorsionForce": lambda v: (
        "ryckaert_bellemans",
        {f"C{n}": float(v[f"c{n}"]) for n in range(6)},
    ),
}
_CUSTOM: Final = ("CustomBondForce", "CustomAngleForce", "CustomTorsionForce")
_NONBONDED: Final = ("NonbondedForce", "LennardJonesForce", "CustomNonbondedForce")
_REST: Final = ("AtomTypes", "Residues", "Info", "Script")
_ENTRIES: Final[dict[str, TermKind]] = {
    "Bond": "bond",
    "Angle": "angle",
    "Proper": "dihedral",
    "Improper": "improper",
}


def read_openmm(text: str, system: System) -> ForceField:
    """The force field of a system in an XML file of ``openmm.app.ForceField``.

    Constant parts of dihedral energies are left out. No script is run; those that `write_openmm`
    makes are known.

    Args:
        text: of the file.
        system: its species; a residue of the file must have the atoms and bonds of each.

    Raises:
        ValueError: no such residue, two species that atoms and bonds do not tell apart, or
            something that our forms cannot say; one line.
    """
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise ValueError(f"no XML: {error}") from None
    known = (*_STANDARD, *_CUSTOM, *_NONBONDED, *_REST)
    if odd := [force.tag for force in root if force.tag not in known]:
        raise ValueError(f"{odd[0]}: cannot be read; allowed: {', '.join(known)}")
    coulomb = root.find("NonbondedForce")
    if coulomb is None:
        raise ValueError("NonbondedForce: missing")
    check_distinct(system)
    try:
        molecules = []
        labels: dict[str, list[Label]] = {name: [] for name in system.type_names}
        for name, species in system:
            own, charges = _residue(root, coulomb, name, species)
            molecules.append(FoundMolecule(_bonded(root, species, own), charges))
            for of_type, label in zip(system.types_of(name), own, strict=True):
                labels[of_type].append(label)
        form, pairs = nonbonded_pairs(root, coulomb, labels)
        scales = _form_scale_14(root, coulomb, form), float(coulomb.attrib["coulomb14scale"])
    except KeyError as error:
        raise ValueError(f"attribute {error} is missing somewhere") from None
    except IndexError:
        raise ValueError("a Function has fewer values than pairs of atom types") from None
    return assign(Found(molecules, form, pairs, scales), system)


def _form_scale_14(root: Element, coulomb: Element, form: Form) -> float:
    """By how much the nonbonded form counts at three bonds: a custom one by our script alone."""
    own = root.find("LennardJonesForce")
    scale = float((coulomb if own is None else own).attrib["lj14scale"])
    ours = {}
    if form is not LENNARD_JONES:
        ours = {TAIL + pairs_14(form, walled, scale): scale for walled in (False, True)}
        ours[TAIL] = 0.0
    scripts = [script.text or "" for script in root.iterfind("Script")]
    if any(text not in ours for text in scripts):
        raise ValueError("Script: it may change the energy, and is none that is written here")
    if form is LENNARD_JONES:
        return scale
    return max((ours[text] for text in scripts), default=0.0)


def _residue(
    root: Element, coulomb: Element, name: str, species: Species
) -> tuple[list[Label], tuple[float, ...]]:
    """Labels and charges of the atoms, in the order of the species."""
    types = {each.attrib["name"]: each.attrib for each in root.iterfind("AtomTypes/Type")}
    for residue in root.iterfind("Residues/Residue"):
        atoms = residue.findall("Atom")
        names = [atom.attrib["name"] for atom in atoms]
        kinds = [types[atom.attrib["type"]] for atom in atoms]
        bonds = [_ends(bond.attrib, names) for bond in residue.iterfind("Bond")]
        symbols = [kind.get("element", "") for kind in kinds]
        places = match_atoms(species.symbols, species.bonds, symbols, bonds)
        if places is None:
            continue
        labels = [Label(kinds[place]["name"], kinds[place]["class"]) for place in places]
        own = (each.get("name") for each in coulomb.iterfind("UseAttributeFromResidue"))
        if "charge" in own:
            values: Sequence[Values] = [atoms[place].attrib for place in places]
        else:
            values = [atom_entry(coulomb, label) for label in labels]
        return labels, tuple(float(each["charge"]) for each in values)
    raise ValueError(f"Residues: none has the atoms and bonds of {name}")


def _ends(bond: Values, names: Sequence[str]) -> tuple[int, int]:
    numbers = {name: place for place, name in enumerate(names)}
    if "from" in bond:
        ends = [(str(end), int(end)) for end in (bond["from"], bond["to"])]
    else:
        ends = [(name, numbers.get(name, -1)) for name in (bond["atomName1"], bond["atomName2"])]
    for name, place in ends:
        if not 0 <= place < len(names):
            raise ValueError(f"Bond: there is no atom {name}")
    return ends[0][1], ends[1][1]


def _bonded(
    root: Element, species: Species, labels: Sequence[Label]
) -> dict[tuple[TermKind, tuple[int, ...]], tuple[str, Parameters]]:
    found: dict[tuple[TermKind, tuple[int, ...]], tuple[str, Parameters]] = {}
    for tag, kind in _ENTRIES.items():
        for force in root:
            entries = force.findall(tag) if force.tag in (*_STANDARD, *_CUSTOM) else []
            if not entries:
                continue
            read = _reader(force)
            centres: set[int] = set()  # OpenMM takes the first order of an improper that fits
            for atoms in _paths(species, kind):
                entry = match_entry(entries, [labels[atom] for atom in atoms], kind)
                if entry is None or (kind == "improper" and atoms[0] in centres):
                    continue
                centres.add(atoms[0])
                form, parameters = read(entry.attrib)
                if kind == "improper" and any(parameters.values()):
                    _check_improper(force, form)
                if term_key(kind, atoms) in found:
                    raise ValueError(f"{kind} of atoms {atoms}: two entries act on it")
                values = convert(FORMS[form], parameters, 1 / KJ_PER_MOL, 1 / NM)
                found[term_key(kind, atoms)] = form, values
    return found


def _reader(force: Element) -> Read:
    if force.tag in _STANDARD:
        return _STANDARD[force.tag]
    energy = force.attrib["energy"].replace(" ", "")
    for form, expression in EXPRESSIONS.items():
        if energy == expression:
            return lambda values: (
                form,
                {name: float(values[name]) for name in FORMS[form].parameter_names},
            )
    raise ValueError(f"{force.tag}: energy {energy!r} is none of our forms'")


def _check_improper(force: Element, form: str) -> None:
    usual = "charmm" if force.tag in _CUSTOM else "default"
    ordering = force.attrib.get("ordering", usual)
    if ordering != "charmm" or FORMS[form].kind != "improper":
        raise ValueError(
            f"{force.tag}: impropers with ordering {ordering!r} and form {form}; allowed: ordering "
            "'charmm', the centre first, and harmonic_improper or cosine_improper"
        )


def _paths(species: Species, kind: TermKind) -> Iterator[tuple[int, ...]]:
    """All atoms along bonds on which OpenMM looks for a term; impropers in each order."""
    around: dict[int, list[int]] = {atom: [] for atom in range(len(species.symbols))}
    for i, j in species.bonds:
        around[i].append(j)
        around[j].append(i)
    if kind == "bond":
        yield from species.bonds
    for j, near in around.items():
        if kind == "angle":
            yield from ((i, j, k) for i, k in combinations(sorted(near), 2))
        if kind == "improper" and len(near) == 3:
            yield from ((j, *order) for order in permutations(sorted(near)))
    if kind == "dihedral":
        for j, k in species.bonds:
            for i, m in product(around[j], around[k]):
                if i != k and m != j and i != m:
                    yield i, j, k, m
