"""Which elements and attributes of an OpenMM force field are read; any other is refused."""

from collections.abc import Collection, Mapping
from itertools import chain
from typing import Final
from xml.etree.ElementTree import Element

from aiida_forcefield.potentials.read.formats import READ

_ATOMS: Final = {"Bond": 2, "Angle": 3, "Proper": 4, "Improper": 4, "NBFixPair": 2}
"""How many atoms an entry has."""
_PERIODIC: Final = ("periodicity", "phase", "k")
_RB: Final = tuple(f"c{n}" for n in range(6))
_CUSTOM: Final = {
    "CustomBondForce": ("Bond", "PerBondParameter"),
    "CustomAngleForce": ("Angle", "PerAngleParameter"),
    "CustomTorsionForce": ("Proper Improper", "PerTorsionParameter"),
}
"""Entries of forces with an energy of their own, and what declares their parameters."""
_ROOTS: Final = {
    "SMIRNOFF": "a force field of OpenFF",
    "System": "a serialized System of OpenMM",
    "State": "a serialized State of OpenMM",
    "Integrator": "a serialized Integrator of OpenMM",
}
"""What other XML is."""
_ROOT: Final = ("name", "version", "combining_rule")
_READ: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    # By which rules foyer finds types does not matter where a template names them.
    "AtomTypes": ("", {"Type": "name class element mass def desc doi overrides"}),
    "HarmonicBondForce": ("", {"Bond": "length k"}),
    "HarmonicAngleForce": ("", {"Angle": "angle k"}),
    "PeriodicTorsionForce": ("ordering", {"Proper": "", "Improper": ""}),
    "RBTorsionForce": ("ordering", {"Proper": " ".join(_RB), "Improper": " ".join(_RB)}),
    "CustomBondForce": ("energy", {"Bond": "", "PerBondParameter": "name"}),
    "CustomAngleForce": ("energy", {"Angle": "", "PerAngleParameter": "name"}),
    "CustomTorsionForce": (
        "energy ordering",
        {"Proper": "", "Improper": "", "PerTorsionParameter": "name"},
    ),
    "NonbondedForce": (
        "coulomb14scale lj14scale useDispersionCorrection",
        {"Atom": "charge sigma epsilon", "UseAttributeFromResidue": "name"},
    ),
    "LennardJonesForce": (
        "lj14scale useDispersionCorrection",
        {"Atom": "sigma epsilon sigma14 epsilon14", "NBFixPair": "sigma epsilon"},
    ),
    "CustomNonbondedForce": (
        "energy bondCutoff",
        {
            "Atom": "t",
            "PerParticleParameter": "name",
            "Function": "name type xsize ysize",
        },
    ),
    "Script": ("", {}),
}
"""Attributes and children of each element, with those of the children."""
_ELSEWHERE: Final = ("Residues", "Info")
"""Of residues those count that are a species' (`check_residue`); information changes no energy."""
_ONCE: Final = ("AtomTypes", "Residues", "NonbondedForce", "Script")
"""Of which OpenMM reads the first alone, or puts several together."""
CUSTOM: Final = tuple(_CUSTOM)


def check_elements(root: Element) -> None:
    """Refuse a force field that has elements or attributes which are not read.

    Raises:
        ValueError: it has one, or an element twice that is allowed once; one line.
    """
    if root.tag != "ForceField":
        raise ValueError(f"{_ROOTS.get(root.tag, f'XML with <{root.tag}>')}; {READ}")
    _check_attributes("ForceField", root, _ROOT)
    known = (*_READ, *_ELSEWHERE)
    for force in root:
        if force.tag not in known:
            raise ValueError(f"{force.tag}: cannot be read; allowed: {', '.join(known)}")
        if force.tag in _ELSEWHERE:
            continue
        attributes, children = _READ[force.tag]
        _check_attributes(force.tag, force, attributes.split())
        for child in force:
            if child.tag not in children:
                allowed = ", ".join(children) or "none"
                raise ValueError(f"{force.tag}: {child.tag} is not read; allowed: {allowed}")
            known_of = [*children[child.tag].split(), *chain(*_ends(child)), *_own(force, child)]
            _check_attributes(f"{force.tag}: {named(child)}", child, known_of)
            _check_ends(force, child)
            if len(child):
                raise ValueError(f"{force.tag}: {child.tag}: {child[0].tag} is not read")
    for tag in _ONCE:
        if len(root.findall(tag)) > 1:
            raise ValueError(f"{tag}: the element is there twice; once is allowed")


def check_residue(residue: Element) -> None:
    """Refuse a residue that has elements or attributes which are not read.

    Raises:
        ValueError: it has one, such as a virtual site; one line.
    """
    name = f"Residue {residue.get('name')}"
    children = {"Atom": "name type charge", "Bond": "atomName1 atomName2 from to"}
    _check_attributes(name, residue, ["name", "rigidWater"])
    for child in residue:
        if child.tag not in children:
            raise ValueError(f"{name}: {child.tag} is not read; allowed: {', '.join(children)}")
        _check_attributes(f"{name}: {child.tag}", child, children[child.tag].split())


def _check_attributes(where: str, element: Element, allowed: Collection[str]) -> None:
    for name in element.attrib:
        if name not in allowed:
            raise ValueError(
                f"{where}: attribute {name} is not read; allowed: {', '.join(allowed) or 'none'}"
            )


def _ends(entry: Element) -> list[tuple[str, str]]:
    """The attributes that name the atoms of an entry: of each its class or its type."""
    if entry.tag == "Atom":
        return [("class", "type")]
    return [(f"class{n}", f"type{n}") for n in range(1, _ATOMS.get(entry.tag, 0) + 1)]


def _check_ends(force: Element, entry: Element) -> None:
    for of_class, of_type in _ends(entry):
        if (of_class in entry.attrib) == (of_type in entry.attrib):
            raise ValueError(
                f"{force.tag}: {named(entry)}: {of_class} or {of_type} is needed, and not both"
            )


def _own(force: Element, entry: Element) -> list[str]:
    """The attributes that hold as many parameters as an entry, or its force, says."""
    if force.tag == "PeriodicTorsionForce":
        return [f"{name}{n}" for n in range(1, periods(entry) + 1) for name in _PERIODIC]
    if force.tag in _CUSTOM and entry.tag in _CUSTOM[force.tag][0].split():
        return declared(force)
    return []


def periods(entry: Element) -> int:
    """How many terms of a Fourier series an entry has."""
    count = 0
    while f"phase{count + 1}" in entry.attrib:
        count += 1
    return count


def declared(force: Element) -> list[str]:
    """The parameters that a force with an energy of its own has for each entry."""
    return [text(each, "name") for each in force.iterfind(_CUSTOM[force.tag][1])]


def named(element: Element) -> str:
    """An element with the classes and types that it names, such as ``Bond CT-OH``."""
    ends = [
        value or "*"
        for name, value in element.attrib.items()
        if name.startswith(("class", "type")) and element.tag not in ("Type", "Function")
    ]
    return f"{element.tag} {'-'.join(ends) or element.get('name', '')}".rstrip()


def text(element: Element, name: str) -> str:
    """An attribute.

    Raises:
        ValueError: it is missing.
    """
    found = element.get(name)
    if found is None:
        raise ValueError(f"{named(element)}: attribute {name!r} is missing")
    return found


def number(element: Element, name: str) -> float:
    """An attribute as a number.

    Raises:
        ValueError: it is missing, or no number.
    """
    found = text(element, name)
    try:
        return float(found)
    except ValueError:
        raise ValueError(f"{named(element)}: {name} = {found!r}; must be a number") from None


def whole(element: Element, name: str) -> int:
    """An attribute as a whole number.

    Raises:
        ValueError: it is missing, or no whole number.
    """
    found = text(element, name)
    try:
        return int(found)
    except ValueError:
        raise ValueError(f"{named(element)}: {name} = {found!r}; must be a whole number") from None
