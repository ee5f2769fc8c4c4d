"""From what a file of another program says of each term to a force field of a species."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from aiida_forcefield.potentials.forcefield import ForceField, Term, check_charges, pair_name
from aiida_forcefield.potentials.forms import FORMS, Combination, Form, combine
from aiida_forcefield.topology.species import Species, TermKind

Parameters = Mapping[str, float]
Atoms = tuple[int, ...]

_DIGITS: Final = 1e-6  # relative: what files are written with
_ABSENT: Final[dict[TermKind, str]] = {"dihedral": "fourier", "improper": "harmonic_improper"}


@dataclass(frozen=True)
class Found:
    """What a file says of one molecule, atoms in the order of a species, in eV and Å.

    Attributes:
        terms: (form, parameters) of each bonded term by its kind and atoms.
        form: of nonbonded interactions.
        pairs: their parameters between two atoms, for each pair of atom types.
        charges: of each atom, e.
        scale_14: as `ForceField`'s.
    """

    terms: Mapping[tuple[TermKind, Atoms], tuple[str, Parameters]]
    form: Form
    pairs: Mapping[tuple[str, str], Parameters]
    charges: tuple[float, ...]
    scale_14: tuple[float, float]


def assign(found: Found, species: Species) -> ForceField:
    """A force field of a species, with no standard errors and an unknown covariance.

    A dihedral or an improper that the file does not have is zero.

    Raises:
        ValueError: the file has no bond or angle that the species has, a term that it has not,
            different parameters for atoms that the species takes for equal, another charge than
            the molecule, or a parameter that is no number or below 0 where the form has none such.
    """
    terms = []
    known = set()
    for each in species.term_types:
        values = []
        for member in each.members:
            key = (each.kind, _canonical(each.kind, member))
            known.add(key)
            if key in found.terms:
                values.append(found.terms[key])
            elif each.kind in _ABSENT:
                form = FORMS[_ABSENT[each.kind]]
                values.append((form.name, dict.fromkeys(form.parameter_names, 0.0)))
            else:
                raise ValueError(f"{each.name}: the file has no such term")
        form_name, parameters = values[0]
        if any(not _equal(values[0], other) for other in values[1:]):
            raise ValueError(f"{each.name}: equal atoms have different parameters in the file")
        terms.append(Term(each.kind, each.name, form_name, dict(parameters)))
    for (kind, atoms), (_, parameters) in found.terms.items():
        if (kind, atoms) not in known and any(parameters.values()):
            names = "-".join(species.atom_types[atom] for atom in atoms)
            raise ValueError(
                f"{kind} {names} (atoms {atoms}): the molecule has no such term, its impropers "
                "are centre-j-k-l"
            )
    nonbonded, combination = _nonbonded(found, species)
    charges = _charges(found, species)
    for term in (*terms, *nonbonded):
        _check_values(term)
    size = sum(len(term.parameters) for term in (*terms, *nonbonded))
    return ForceField(
        (*terms, *nonbonded),
        charges,
        dict(charges),
        np.full((size, size), np.nan),
        combination=combination,
        scale_14=found.scale_14 if any(found.scale_14) else None,
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


def _charges(found: Found, species: Species) -> dict[str, float]:
    charges: dict[str, float] = {}
    for name, charge in zip(species.atom_types, found.charges, strict=True):
        if not abs(charges.setdefault(name, charge) - charge) <= _DIGITS:
            raise ValueError(f"charge of {name}: equal atoms have different charges in the file")
    check_charges(charges, species)
    return charges


def _nonbonded(found: Found, species: Species) -> tuple[list[Term], Combination | None]:
    """Terms of each type, and of those pairs that follow no rule."""
    form, types = found.form, species.type_names
    pairs = {frozenset(pair): parameters for pair, parameters in found.pairs.items()}
    like = [list(pairs[frozenset({name})].values()) for name in types]
    own = [
        Term("nonbonded", f"nonbonded {name}", form.name, dict(pairs[frozenset({name})]))
        for name in types
    ]
    odd: dict[Combination | None, list[Term]] = {}
    rules: tuple[Combination | None, ...] = (None, "geometric")
    for rule in rules:
        odd[rule] = []
        for (i, first), (j, second) in combinations(enumerate(types), 2):
            joint, _ = combine(form, like[i], like[j], rule)
            values = pairs[frozenset({first, second})]
            if not _close(values, dict(zip(values, joint.tolist(), strict=True))):
                name = pair_name(first, second)
                odd[rule].append(Term("nonbonded", name, form.name, dict(values)))
    rule = min(rules, key=lambda each: len(odd[each]))
    return [*own, *odd[rule]], rule
