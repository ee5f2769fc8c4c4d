"""Nonbonded interactions of an OpenMM force field file."""

from collections.abc import Callable, Collection, Mapping, Sequence
from math import isclose
from typing import Final
from xml.etree.ElementTree import Element

from aiida_forcefield.potentials.convert import convert
from aiida_forcefield.potentials.export.openmm_forms import (
    BOND_CUTOFF,
    EXPRESSIONS,
    TAIL,
    nonbonded_energy,
    pairs_14,
)
from aiida_forcefield.potentials.forms import FORMS, LENNARD_JONES, Combination, Form, combine
from aiida_forcefield.potentials.read.assign import FoundPair
from aiida_forcefield.potentials.read.openmm_elements import named, number, text, whole
from aiida_forcefield.potentials.read.openmm_entries import AtomTypes, Entry, atom_entry, entries_of
from aiida_forcefield.units import KJ_PER_MOL, NM

_RULES: Final[dict[str, Combination | None]] = {"lorentz": None, "geometric": "geometric"}
Pair = tuple[str, str]


def nonbonded(
    root: Element, coulomb: Element, known: AtomTypes, labels: Collection[str]
) -> tuple[Form, Callable[[str, str], FoundPair], float]:
    """The nonbonded form, what acts between two atom types of the file, and its scale at 1-4.

    Args:
        root: of the file.
        coulomb: its ``NonbondedForce``.
        known: its atom types.
        labels: names there of the types of all atoms.

    Raises:
        ValueError: something that our forms cannot say; one line.
    """
    forces = [force for force in root if force.tag in ("LennardJonesForce", "CustomNonbondedForce")]
    if len(forces) > 1:
        raise ValueError(f"{forces[0].tag} and {forces[1].tag}: one nonbonded form is allowed")
    force = forces[0] if forces else coulomb
    if forces and any(number(atom_entry(coulomb, each, known), "epsilon") for each in labels):
        raise ValueError(f"NonbondedForce and {force.tag}: one nonbonded form is allowed")
    rule = _rule(root, forces)
    atoms = {label: atom_entry(force, label, known) for label in labels}
    if force.tag == "CustomNonbondedForce":
        form, walled = _custom_form(force)
        tables = {text(table, "name"): table for table in force.iterfind("Function")}

        def between(one: str, other: str) -> FoundPair:
            places = whole(atoms[one], "t"), whole(atoms[other], "t")
            values = {name: _tabulated(tables, name, *places) for name in form.parameter_names}
            wall = _tabulated(tables, "wall", *places) * NM if walled else 0.0
            return FoundPair(convert(form, values, 1 / KJ_PER_MOL, 1 / NM), wall)
    else:
        form = LENNARD_JONES
        fixed = entries_of(force, "NBFixPair", 2, known)

        def between(one: str, other: str) -> FoundPair:
            values = _lennard_jones(fixed, (one, other), atoms, rule)
            return FoundPair(convert(form, values, 1 / KJ_PER_MOL, 1 / NM))

    scale = _scale_14(root, force if form is LENNARD_JONES else coulomb, form)
    return form, between, scale


def _rule(root: Element, forces: Sequence[Element]) -> Combination | None:
    """That of foyer's attribute, which OpenMM itself does not look at."""
    name = root.get("combining_rule", "lorentz")
    if name not in _RULES:
        raise ValueError(f"ForceField: combining_rule {name!r}; allowed: {', '.join(_RULES)}")
    if forces and _RULES[name]:
        raise ValueError(
            f"ForceField: combining_rule {name!r} beside {forces[0].tag}, which has a rule of its "
            "own; allowed: NonbondedForce alone"
        )
    return _RULES[name]


def _scale_14(root: Element, force: Element, form: Form) -> float:
    """By how much the nonbonded form counts at three bonds: a custom one by our script alone."""
    scale = number(force, "lj14scale")
    ours = {}
    if form is not LENNARD_JONES:
        ours = {TAIL + pairs_14(form, walled, scale): scale for walled in (False, True)}
        ours[TAIL] = 0.0
    script = root.find("Script")
    if script is not None and (script.text or "") not in ours:
        raise ValueError("Script: it may change the energy, and is none that is written here")
    if form is LENNARD_JONES:
        return scale
    return 0.0 if script is None else ours[script.text or ""]


def _custom_form(force: Element) -> tuple[Form, bool]:
    """The form whose energy is that of the force, to the last letter, and whether with a wall."""
    if force.get("bondCutoff") != BOND_CUTOFF:
        raise ValueError(f"{force.tag}: bondCutoff must be {BOND_CUTOFF}")
    if [text(each, "name") for each in force.iterfind("PerParticleParameter")] != ["t"]:
        raise ValueError(f"{force.tag}: PerParticleParameter: one of the name t is allowed")
    energy = text(force, "energy").replace(" ", "")
    for name in EXPRESSIONS:
        form = FORMS[name]
        for walled in (False, True):
            if form.kind == "nonbonded" and energy == nonbonded_energy(form, walled):
                return form, walled
    raise ValueError(f"{force.tag}: energy {energy!r} is none of our forms'")


def _tabulated(tables: Mapping[str, Element], name: str, i: int, j: int) -> float:
    """What a table over pairs of types has for one, whichever of the two is first."""
    where = f"CustomNonbondedForce: Function {name}_of"
    table = tables.get(f"{name}_of")
    if table is None or table.get("type") != "Discrete2D":
        raise ValueError(f"{where}: one of type Discrete2D is missing")
    words = (table.text or "").split()
    width, height = whole(table, "xsize"), whole(table, "ysize")
    if min(i, j) < 0:
        raise ValueError(f"CustomNonbondedForce: t = {min(i, j)}; must be 0 or more")
    if max(i, j) >= min(width, height) or len(words) != width * height:
        raise ValueError(f"{where} has fewer values than pairs of atom types, or more")
    try:
        one, other = float(words[i + width * j]), float(words[j + width * i])
    except ValueError:
        raise ValueError(f"{where}: numbers are allowed") from None
    if one != other:
        raise ValueError(f"{where} differs for t = {i}, {j} and {j}, {i}")
    return one


def _lennard_jones(
    fixed: Sequence[Entry],
    ends: Pair,
    atoms: Mapping[str, Element],
    rule: Combination | None,
) -> dict[str, float]:
    names = LENNARD_JONES.parameter_names
    own = [each.element for each in fixed if each.fits(ends) or each.fits(ends[::-1])]
    if len(own) > 1:
        raise ValueError(f"LennardJonesForce: {named(own[0])} and {named(own[1])} fit one pair")
    if own:
        return {name: number(own[0], name) for name in names}
    one, other = (_of_atom(atoms[end]) for end in ends)
    joint, _ = combine(LENNARD_JONES, one, other, rule)
    return dict(zip(names, joint.tolist(), strict=True))


def _of_atom(atom: Element) -> list[float]:
    """The parameters of an atom, which are those of 1-4 pairs as well."""
    found = []
    for name in LENNARD_JONES.parameter_names:
        found.append(number(atom, name))
        if f"{name}14" in atom.attrib and not isclose(number(atom, f"{name}14"), found[-1]):
            raise ValueError(
                f"LennardJonesForce: {named(atom)}: sigma14 and epsilon14 are not sigma and "
                "epsilon; 1-4 pairs with parameters of their own, as CHARMM has them, cannot be "
                "read; allowed: lj14scale alone"
            )
    return found
