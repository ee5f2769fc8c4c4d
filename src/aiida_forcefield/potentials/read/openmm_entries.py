"""Entries of an OpenMM force field file: which atoms they mean, and its nonbonded interactions."""

from collections.abc import Mapping, Sequence
from itertools import combinations_with_replacement
from typing import NamedTuple
from xml.etree.ElementTree import Element

from aiida_forcefield.potentials.convert import convert
from aiida_forcefield.potentials.export.openmm_forms import (
    BOND_CUTOFF,
    EXPRESSIONS,
    nonbonded_energy,
)
from aiida_forcefield.potentials.forms import FORMS, LENNARD_JONES, Form, combine
from aiida_forcefield.potentials.read.assign import Parameters
from aiida_forcefield.topology.species import TermKind
from aiida_forcefield.units import KJ_PER_MOL, NM

Values = Mapping[str, str]


class Label(NamedTuple):
    """What entries of the file call an atom."""

    type: str
    class_: str


def match_entry(
    entries: Sequence[Element], labels: Sequence[Label], kind: TermKind
) -> Element | None:
    """The first entry for such atoms; those without wildcards go before."""
    orders = [labels] if kind == "improper" else [labels, labels[::-1]]
    found = None
    for entry in entries:
        wild = any(
            entry.attrib.get(f"{key}{place}") == ""
            for place in range(1, len(labels) + 1)
            for key in ("class", "type")
        )
        if any(_fits(entry.attrib, order) for order in orders):
            if not wild:
                return entry
            found = found if found is not None else entry
    return found


def _fits(values: Values, labels: Sequence[Label]) -> bool:
    return all(
        values.get(f"type{place}", label.type) in ("", label.type)
        and values.get(f"class{place}", label.class_) in ("", label.class_)
        for place, label in enumerate(labels, start=1)
    )


def atom_entry(force: Element, label: Label) -> Values:
    """The attributes of an atom in a nonbonded force."""
    entries = [
        atom
        for atom in force.iterfind("Atom")
        if label.type == atom.get("type") or label.class_ == atom.get("class")
    ]
    if not entries:
        raise ValueError(f"{force.tag}: there is no Atom for {label.type}")
    if len(entries) > 1:
        raise ValueError(f"{force.tag}: there are {len(entries)} entries Atom for {label.type}")
    return entries[0].attrib


def nonbonded_pairs(
    root: Element, coulomb: Element, labels: Mapping[str, Sequence[Label]]
) -> tuple[Form, dict[tuple[str, str], Parameters]]:
    """The nonbonded form and its parameters for each pair of types, in eV and Å.

    Args:
        root: of the file.
        coulomb: its ``NonbondedForce``.
        labels: of the atoms of each atom type.
    """
    forces = [
        force
        for tag in ("LennardJonesForce", "CustomNonbondedForce")
        for force in root.iterfind(tag)
    ]
    if len(forces) > 1:
        raise ValueError(f"{forces[0].tag} and {forces[1].tag}: one nonbonded form is allowed")
    every = [label for equal in labels.values() for label in equal]
    if forces and any(float(atom_entry(coulomb, label)["epsilon"]) for label in every):
        raise ValueError(f"NonbondedForce and {forces[0].tag}: one nonbonded form is allowed")
    force = forces[0] if forces else coulomb
    custom = force.tag == "CustomNonbondedForce"
    form = _custom_form(force) if custom else LENNARD_JONES
    pairs: dict[tuple[str, str], Parameters] = {}
    for i, j in combinations_with_replacement(labels, 2):
        ends = labels[i][-1], labels[j][-1]
        parameters = _tabulated(force, form, ends) if custom else _lennard_jones(force, ends)
        pairs[i, j] = convert(form, parameters, 1 / KJ_PER_MOL, 1 / NM)
    return form, pairs


def _custom_form(force: Element) -> Form:
    """The form whose energy, wall or none, is that of the force, to the last letter."""
    if force.get("bondCutoff") != BOND_CUTOFF:
        raise ValueError(f"{force.tag}: bondCutoff must be {BOND_CUTOFF}")
    energy = force.attrib["energy"].replace(" ", "")
    for name in EXPRESSIONS:
        form = FORMS[name]
        if form.kind == "nonbonded" and energy in (
            nonbonded_energy(form, walled=False),
            nonbonded_energy(form, walled=True),
        ):
            return form
    raise ValueError(f"{force.tag}: energy {energy!r} is none of our forms'")


def _tabulated(force: Element, form: Form, ends: tuple[Label, Label]) -> Parameters:
    i, j = (int(atom_entry(force, label)["t"]) for label in ends)
    if min(i, j) < 0:
        raise ValueError(f"{force.tag}: t = {min(i, j)}; must be 0 or more")
    tables = {table.attrib["name"]: table for table in force.iterfind("Function")}
    found = {}
    for name in form.parameter_names:
        table = tables[f"{name}_of"]
        found[name] = float((table.text or "").split()[i + int(table.attrib["xsize"]) * j])
    return found


def _lennard_jones(force: Element, ends: tuple[Label, Label]) -> Parameters:
    fixed = match_entry(force.findall("NBFixPair"), ends, "bond")
    if fixed is not None:
        return {name: float(fixed.attrib[name]) for name in LENNARD_JONES.parameter_names}
    one, other = (
        [float(atom_entry(force, label)[name]) for name in LENNARD_JONES.parameter_names]
        for label in ends
    )
    joint, _ = combine(LENNARD_JONES, one, other, None)
    return dict(zip(LENNARD_JONES.parameter_names, joint.tolist(), strict=True))
