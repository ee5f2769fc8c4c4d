"""From what a file of another program says of each term to a force field of a system."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from aiida_forcefield.potentials.electrostatics import FixedCharges
from aiida_forcefield.potentials.forcefield import ForceField, Term, check_charges, pair_types
from aiida_forcefield.potentials.forms import FORMS, Combination, Form, combine
from aiida_forcefield.topology.species import TermKind
from aiida_forcefield.topology.system import System

Parameters = Mapping[str, float]
Atoms = tuple[int, ...]

_DIGITS: Final = 1e-6  # relative: what files are written with
_ABSENT: Final[dict[TermKind, str]] = {"dihedral": "fourier", "improper": "harmonic_improper"}


@dataclass(frozen=True)
class FoundMolecule:
    """What a file says of one molecule, atoms in the order of its species, in eV and Å.

    Attributes:
        terms: (form, parameters) of each bonded term by its kind and atoms.
        charges: of each atom, e.
    """

    terms: Mapping[tuple[TermKind, Atoms], tuple[str, Parameters]]
    charges: tuple[float, ...]


@dataclass(frozen=True)
class Found:
    """What a file says of a system, in eV and Å.

    Attributes:
        molecules: one of each species, in the system's order.
        form: of nonbonded interactions.
        pairs: their parameters between two atoms, for each pair of names of atom types.
        scale_14: as `ForceField`'s.
    """

    molecules: Sequence[FoundMolecule]
    form: Form
    pairs: Mapping[tuple[str, str], Parameters]
    scale_14: tuple[float, float]


def assign(found: Found, system: System) -> ForceField:
    """A force field of a system, with no standard errors and an unknown covariance.

    A dihedral or an improper that the file does not have is zero.

    Raises:
        ValueError: the file has no bond or angle that a species has, a term that it has not,
            different parameters for atoms that the species takes for equal, another charge than
            the species, or a parameter that is no number or below 0 where the form has none such.
    """
    terms: list[Term] = []
    charges: dict[str, float] = {}
    for name, molecule in zip(system.names, found.molecules, strict=True):
        terms += _bonded(molecule, system, name)
        charges |= _charges(molecule, system.types_of(name))
    nonbonded, combination = _nonbonded(found, system)
    terms += nonbonded
    check_charges(charges, system)
    for term in terms:
        _check_values(term)
    size = sum(len(term.parameters) for term in terms)
    return ForceField(
        system.atom_types,
        tuple(terms),
        FixedCharges(gas=charges, liquid=dict(charges)),
        np.full((size, size), np.nan),
        combination=combination,
        scale_14=found.scale_14 if any(found.scale_14) else None,
    )


def _bonded(molecule: FoundMolecule, system: System, name: str) -> Iterator[Term]:
    """The terms of a species, in the order of its term types."""
    known = set()
    for each in system.terms_of(name):
        values = []
        for member in each.members:
            key = (each.kind, _canonical(each.kind, member))
            known.add(key)
            if key in molecule.terms:
                values.append(molecule.terms[key])
            elif each.kind in _ABSENT:
                form = FORMS[_ABSENT[each.kind]]
                values.append((form.name, dict.fromkeys(form.parameter_names, 0.0)))
            else:
                raise ValueError(f"{each.name}: the file has no such term")
        form_name, parameters = values[0]
        if any(not _equal(values[0], other) for other in values[1:]):
            raise ValueError(f"{each.name}: equal atoms have different parameters in the file")
        yield Term(each.kind, each.types, form_name, dict(parameters))
    types = system.types_of(name)
    for (kind, atoms), (_, parameters) in molecule.terms.items():
        if (kind, atoms) not in known and any(parameters.values()):
            raise ValueError(
                f"{kind} {'-'.join(types[atom] for atom in atoms)} (atoms {atoms}): {name} has no "
                "such term, its impropers are centre-j-k-l"
            )


def _check_values(term: Term) -> None:
    for parameter in FORMS[term.form].parameters:
        value = term.parameters[parameter.name]
        if not np.isfinite(value) or (parameter.positive and value < 0):
            least = " of 0 or more" if parameter.positive else ""
            raise ValueError(f"{term.name}: {parameter.name} = {value:g}; must be a number{least}")


def term_key(kind: TermKind, atoms: Atoms) -> tuple[TermKind, Atoms]:
    """The key of a term in `Found.terms`."""
    return kind, _canonical(kind, atoms)


def _canonical(kind: TermKind, atoms: Atoms) -> Atoms:
    """The same for a term read forward and backward."""
    return atoms if kind == "improper" else min(atoms, atoms[::-1])


def _equal(one: tuple[str, Parameters], other: tuple[str, Parameters]) -> bool:
    return one[0] == other[0] and _close(one[1], other[1])


def _close(one: Parameters, other: Parameters) -> bool:
    values = [[each[name] for name in one] for each in (one, other)]
    return bool(np.allclose(values[0], values[1], rtol=_DIGITS, atol=1e-12))


def _charges(molecule: FoundMolecule, types: Sequence[str]) -> dict[str, float]:
    charges: dict[str, float] = {}
    for name, charge in zip(types, molecule.charges, strict=True):
        if not abs(charges.setdefault(name, charge) - charge) <= _DIGITS:
            raise ValueError(f"charge of {name}: equal atoms have different charges in the file")
    return charges


def _nonbonded(found: Found, system: System) -> tuple[list[Term], Combination | None]:
    """Terms of each type, and of those pairs that follow no rule."""
    form, types = found.form, system.type_names
    pairs = {frozenset(pair): parameters for pair, parameters in found.pairs.items()}
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
