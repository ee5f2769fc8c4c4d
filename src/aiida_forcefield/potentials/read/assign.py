"""From what a file of another program says of each term to a force field of a system."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement, product
from typing import Final, Generic, TypeVar

import numpy as np

from aiida_forcefield.potentials.collapse import pair_wall
from aiida_forcefield.potentials.electrostatics import FixedCharges
from aiida_forcefield.potentials.forcefield import ForceField, Term, check_charges, pair_types
from aiida_forcefield.potentials.forms import FORMS, Combination, Form, combine
from aiida_forcefield.potentials.read.places import PlacedError
from aiida_forcefield.topology.species import TermKind
from aiida_forcefield.topology.system import System

Parameters = Mapping[str, float]
Atoms = tuple[int, ...]
Label = TypeVar("Label")

_DIGITS: Final = 1e-6  # relative: what files are written with
_ABSENT: Final[dict[TermKind, str]] = {"dihedral": "fourier", "improper": "harmonic_improper"}


@dataclass(frozen=True)
class FoundTerm:
    """A bonded term of a file.

    Attributes:
        form: its name.
        parameters: in the file's units or in eV and Å.
        place: name of the file and where it stands there; "" where that is not known.
    """

    form: str
    parameters: Parameters
    place: str = ""


@dataclass(frozen=True)
class FoundMolecule:
    """What a file says of one molecule, atoms in the order of its species, in eV and Å.

    Attributes:
        terms: each bonded term by its kind and atoms.
        charges: of each atom, e.
    """

    terms: Mapping[tuple[TermKind, Atoms], FoundTerm]
    charges: tuple[float, ...]


@dataclass(frozen=True)
class FoundPair:
    """What a file says of the nonbonded interactions of two atoms.

    Attributes:
        parameters: of the form, in the file's units or in eV and Å.
        wall: where a wall begins that is left out, Å; 0 without one.
    """

    parameters: Parameters
    wall: float = 0.0


@dataclass(frozen=True)
class Found(Generic[Label]):
    """What a file says of a system, in eV and Å.

    Attributes:
        molecules: one of each species, in the system's order.
        form: of nonbonded interactions.
        labels: what the file calls the atoms of each atom type.
        between: what acts between two atoms that are called so.
        scale_14: as `ForceField`'s.
    """

    molecules: Sequence[FoundMolecule]
    form: Form
    labels: Mapping[str, Collection[Label]]
    between: Callable[[Label, Label], FoundPair]
    scale_14: tuple[float, float]


def assign(found: Found[Label], system: System) -> ForceField:
    """A force field of a system, with no standard errors and an unknown covariance.

    A dihedral or an improper that the file does not have is zero.

    Raises:
        ValueError: the file has no bond or angle that a species has, a term that it has not,
            different parameters for atoms that the species takes for equal, another charge than
            the species, a parameter that is no number or below 0 where the form has none such, or
            a wall that reaches further out than the collapse that it prevents.
    """
    terms: list[Term] = []
    charges: dict[str, float] = {}
    for name, molecule in zip(system.names, found.molecules, strict=True):
        terms += _bonded(molecule, system, name)
        charges |= _charges(molecule, system.types_of(name))
    check_charges(charges, system)
    pairs = _pairs(found)
    nonbonded, combination = _nonbonded(found.form, pairs, system)
    terms += nonbonded
    for term in terms:
        _check_values(term)
    size = sum(len(term.parameters) for term in terms)
    read = ForceField(
        system.atom_types,
        tuple(terms),
        FixedCharges(gas=charges, liquid=dict(charges)),
        np.full((size, size), np.nan),
        combination=combination,
        scale_14=found.scale_14 if any(found.scale_14) else None,
    )
    for (one, other), pair in pairs.items():
        if pair.wall and not pair.wall <= pair_wall(read, one, other)[0] * (1 + _DIGITS):
            raise ValueError(
                f"nonbonded {one} and {other}: a wall from {pair.wall:g} Å on; allowed: one that "
                "guards against the collapse of the curve, as it is written here"
            )
    return read


def _bonded(molecule: FoundMolecule, system: System, name: str) -> Iterator[Term]:
    """The terms of a species, in the order of its term types."""
    known = set()
    for each in system.terms_of(name):
        found = []
        for member in each.members:
            key = term_key(each.kind, member)
            known.add(key)
            if key in molecule.terms:
                found.append(molecule.terms[key])
            elif each.kind in _ABSENT:
                form = FORMS[_ABSENT[each.kind]]
                found.append(FoundTerm(form.name, dict.fromkeys(form.parameter_names, 0.0)))
            else:
                raise ValueError(f"{each.name}: the file has no such term")
        first = found[0]
        if any(
            other.form != first.form or not _close(first.parameters, other.parameters)
            for other in found
        ):
            raise ValueError(f"{each.name}: equal atoms have different parameters in the file")
        yield Term(each.kind, each.types, first.form, dict(first.parameters))
    for (kind, atoms), term in molecule.terms.items():
        if (kind, atoms) not in known and any(term.parameters.values()):
            message = _unknown(kind, atoms, system, name)
            raise PlacedError(f"{term.place}: {message}") if term.place else ValueError(message)


def _unknown(kind: TermKind, atoms: Atoms, system: System, name: str) -> str:
    """Why a term of the file is none of a species'."""
    types = system.types_of(name)

    def named(places: Sequence[int]) -> str:
        return ", ".join(types[place].rpartition(":")[2] for place in places)

    said = f"{kind} of {named(atoms)} (atoms {', '.join(map(str, atoms))} of {name})"
    members = [m for each in system.terms_of(name) if each.kind == kind for m in each.members]
    own = next((member for member in members if {*member} == {*atoms}), None)
    if kind != "improper" or own is None:
        return f"{said}: {name} has no such term"
    centre, *around = own
    if centre in atoms[1:-1]:
        return (
            f"{said}: the centre {named([centre])} stands second or third, as with AMBER and OPLS; "
            "allowed: first or last, for the angle is centre-j-k-l here"
        )
    return (
        f"{said}: the order of the three neighbours differs from ours ({named(around)}), atoms "
        f"{', '.join(map(str, around))}; the first two alone may be exchanged"
    )


def _check_values(term: Term) -> None:
    for parameter in FORMS[term.form].parameters:
        value = term.parameters[parameter.name]
        if not np.isfinite(value) or (parameter.positive and value < 0):
            least = " of 0 or more" if parameter.positive else ""
            raise ValueError(f"{term.name}: {parameter.name} = {value:g}; must be a number{least}")


def term_key(kind: TermKind, atoms: Atoms) -> tuple[TermKind, Atoms]:
    """The key of a term in `FoundMolecule.terms`: equal where it is read forward and backward.

    Of an improper the two inner atoms may be exchanged as well: the angle between the same two
    planes then changes its sign, which no form feels.
    """
    if kind == "improper":
        i, j, k, m = atoms
        return kind, (min(i, m), *sorted((j, k)), max(i, m))
    return kind, min(atoms, atoms[::-1])


def _close(one: Parameters, other: Parameters) -> bool:
    values = [[each[name] for name in one] for each in (one, other)]
    return bool(np.allclose(values[0], values[1], rtol=_DIGITS, atol=1e-12))


def _charges(molecule: FoundMolecule, types: Sequence[str]) -> dict[str, float]:
    charges: dict[str, float] = {}
    for name, charge in zip(types, molecule.charges, strict=True):
        if not abs(charges.setdefault(name, charge) - charge) <= _DIGITS:
            raise ValueError(f"charge of {name}: equal atoms have different charges in the file")
    return charges


def _pairs(found: Found[Label]) -> dict[tuple[str, str], FoundPair]:
    """What acts between each pair of atom types; the same for all atoms of a type."""
    pairs = {}
    for i, j in combinations_with_replacement(found.labels, 2):
        first, *others = (
            found.between(*ends) for ends in product(found.labels[i], found.labels[j])
        )
        for other in others:
            if first.wall != other.wall or not _close(first.parameters, other.parameters):
                raise ValueError(
                    f"nonbonded {i} and {j}: equal atoms have different parameters in the file"
                )
        pairs[i, j] = first
    return pairs


def _nonbonded(
    form: Form, found: Mapping[tuple[str, str], FoundPair], system: System
) -> tuple[list[Term], Combination | None]:
    """Terms of each type, and of those pairs that follow no rule."""
    types = system.type_names
    pairs = {frozenset(ends): pair.parameters for ends, pair in found.items()}
    like = [list(pairs[frozenset({name})].values()) for name in types]
    own = [Term("nonbonded", (name,), form.name, dict(pairs[frozenset({name})])) for name in types]
    odd: dict[Combination | None, list[Term]] = {}
    rules: tuple[Combination | None, ...] = (None, "geometric")
    for rule in rules:
        odd[rule] = []
        for (i, first), (j, second) in combinations(enumerate(types), 2):
            joint, _ = combine(form, like[i], like[j], rule)
            values = pairs[frozenset({first, second})]
            if not _close(values, dict(zip(values, joint.tolist(), strict=True))):
                ends = pair_types(first, second)
                odd[rule].append(Term("nonbonded", ends, form.name, dict(values)))
    rule = min(rules, key=lambda each: len(odd[each]))
    return [*own, *odd[rule]], rule
