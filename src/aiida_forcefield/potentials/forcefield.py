"""A force field: terms with parameters and their uncertainty, charges, and how well it fits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.potentials.diagnostics import Diagnostics
from aiida_forcefield.potentials.electrostatics import FieldElectrostatics, FixedCharges
from aiida_forcefield.potentials.forms import FORMS, Combination, Form, combine
from aiida_forcefield.potentials.forms import Kind as Kind
from aiida_forcefield.topology.system import AtomType, System

Array = NDArray[np.float64]

_ROUNDED: Final = 0.005  # e: by how much rounded charges may miss the charge of the molecule


@dataclass(frozen=True)
class Flag:
    """What a user should know of a parameter.

    Attributes:
        parameter: its name.
        kind: held by a bound; as uncertain as its prior, which the data do not determine; or drawn
            by the data far from where it was expected.
        value: of one that was drawn, by how many standard deviations of its prior; else None.
    """

    parameter: str
    kind: Literal["lower_bound", "upper_bound", "prior_only", "drawn"]
    value: float | None = None

    def __str__(self) -> str:
        said = {
            "lower_bound": "at lower bound",
            "upper_bound": "at upper bound",
            "prior_only": "as uncertain as its prior",
            "drawn": f"{self.value or 0.0:+.1f} standard deviations off its prior",
        }
        return f"{self.parameter}: {said[self.kind]}"


@dataclass(frozen=True)
class Term:
    """The parameters of one term type, or of the nonbonded interaction of atom types.

    A nonbonded term of two atom types goes before what the combination rule makes of those of the
    two.

    Attributes:
        kind: bond, angle, dihedral, improper or nonbonded.
        types: names of its atom types in the system; of a nonbonded term one, or two.
        form: name of its form, a key of `forms.FORMS`.
        parameters: value of each parameter, in the form's units.
        standard_errors: standard error of each parameter; empty where nothing was fitted.
        prior: what each parameter was expected to be, in its unit; likewise.
        informing_points: how many points tell of each parameter; likewise.
        flags: what a user should know of its parameters.
    """

    kind: Kind
    types: tuple[str, ...]
    form: str
    parameters: dict[str, float]
    standard_errors: dict[str, float] = field(default_factory=dict)
    prior: dict[str, float] = field(default_factory=dict)
    informing_points: dict[str, int] = field(default_factory=dict)
    flags: tuple[Flag, ...] = ()

    @property
    def name(self) -> str:
        """Kind and atom types, such as ``"bond EC:C1-EC:O1"``; unique in a force field."""
        return f"{self.kind} {'-'.join(self.types)}"

    def __post_init__(self) -> None:
        if self.form not in FORMS:
            raise ValueError(f"form of {self.name}: {self.form!r} is not one of {sorted(FORMS)}")
        if FORMS[self.form].kind != self.kind:
            allowed = sorted(form.name for form in FORMS.values() if form.kind == self.kind)
            raise ValueError(f"form of {self.name}: {self.form!r} is not one of {allowed}")
        expected = FORMS[self.form].parameter_names
        if set(self.parameters) != set(expected):
            raise ValueError(
                f"parameters of {self.name}: got {list(self.parameters)}, "
                f"the form {self.form} has {list(expected)}"
            )
        # A database may hand the names back in another order; the flat vector needs the form's.
        ordered = {name: self.parameters[name] for name in expected}
        object.__setattr__(self, "parameters", ordered)


@dataclass(frozen=True, eq=False)
class ForceField:
    """A force field of one system.

    Attributes:
        atom_types: those of the system, in its order.
        terms: bonded terms, species by species in the order of their term types, then one nonbonded
            term per atom type, then those of pairs of types that follow no combination rule.
            Nonbonded terms share a form.
        electrostatics: charges of the atom types.
        covariance: covariance of the p parameters in the order of `parameter_names`, shape (p, p).
        diagnostics: what its fit says of itself; None where nothing was fitted.
        combination: rule for pairs of types; None for that of the form.
        scale_14: by how much the nonbonded form and Coulomb energies count between atoms three
            bonds apart; None where they do not.
    """

    atom_types: tuple[AtomType, ...]
    terms: tuple[Term, ...]
    electrostatics: FieldElectrostatics
    covariance: Array
    diagnostics: Diagnostics | None = None
    combination: Combination | None = None
    scale_14: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        """Refuse scales that are none."""
        for scale in self.scale_14 or ():
            if not (np.isfinite(scale) and scale >= 0):
                raise ValueError(f"scale_14: {scale:g}; must be a number of 0 or more")

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """Names of the flat parameters, such as ``"bond EC:C1-EC:O1:r0"``."""
        return parameter_names(self.terms)

    @property
    def vector(self) -> Array:
        """All parameters in the order of `parameter_names`, shape (p,)."""
        return vector(self.terms)

    def term(self, name: str) -> Term:
        """The term of this name; raises ValueError if there is none."""
        for term in self.terms:
            if term.name == name:
                return term
        raise ValueError(f"term: {name!r} is not in the force field")

    @property
    def elements(self) -> tuple[str, ...]:
        """Elements of its atom types, in alphabetical order."""
        return tuple(sorted({each.symbol for each in self.atom_types}))

    @property
    def nonbonded_form(self) -> Form:
        """The one form of all nonbonded terms."""
        return next(FORMS[term.form] for term in self.terms if term.kind == "nonbonded")

    def pair(self, i: str, j: str) -> dict[str, float]:
        """Nonbonded parameters between two atom types."""
        own = pair_name(i, j)
        if i != j and any(term.name == own for term in self.terms):
            return self.term(own).parameters
        form = self.nonbonded_form
        one, other = (list(self.term(type_term(n)).parameters.values()) for n in (i, j))
        joint, _ = combine(form, one, other, self.combination)
        return dict(zip(form.parameter_names, joint.tolist(), strict=True))


def type_term(name: str) -> str:
    """Name of the nonbonded term of an atom type."""
    return f"nonbonded {name}"


def pair_types(i: str, j: str) -> tuple[str, str]:
    """The types of the nonbonded term between two atom types, in its order."""
    return (i, j) if i <= j else (j, i)


def pair_name(i: str, j: str) -> str:
    """Name of the nonbonded term between two atom types, in either order."""
    return f"nonbonded {'-'.join(pair_types(i, j))}"


def parameter_names(terms: Sequence[Term]) -> tuple[str, ...]:
    """Names of all parameters of some terms, ``"term:parameter"``."""
    return tuple(f"{term.name}:{name}" for term in terms for name in term.parameters)


def vector(terms: Sequence[Term]) -> Array:
    """All parameters of some terms, one after the other, shape (p,)."""
    return np.array([value for term in terms for value in term.parameters.values()], dtype=float)


def with_vector(terms: Sequence[Term], values: Array) -> tuple[Term, ...]:
    """The same terms with other parameters, shape (p,)."""
    places = columns(terms)
    return tuple(
        replace(
            term,
            parameters=dict(zip(term.parameters, values[places[term.name]].tolist(), strict=True)),
        )
        for term in terms
    )


def columns(terms: Sequence[Term]) -> dict[str, NDArray[np.int_]]:
    """For each term's name, the places of its parameters in the flat vector."""
    ends = np.cumsum([len(term.parameters) for term in terms], dtype=int)
    return {
        term.name: np.arange(end - len(term.parameters), end)
        for term, end in zip(terms, ends, strict=True)
    }


def check_terms(terms: Sequence[Term], system: System) -> None:
    """Raise ValueError unless the terms are those of the system, no more and no fewer.

    Nonbonded terms between two atom types may be there or not; all nonbonded forms must be equal.
    """
    expected = [term.name for name in system.names for term in system.terms_of(name)]
    expected += [type_term(name) for name in system.type_names]
    found = [term.name for term in terms]
    pairs = {pair_name(i, j) for i, j in combinations(system.type_names, 2)} & set(found)
    if sorted(found) != sorted([*expected, *pairs]):
        odd = sorted(set(found) ^ {*expected, *pairs})
        raise ValueError(f"terms: force field and system differ in {', '.join(odd) or found}")
    forms = sorted({term.form for term in terms if term.kind == "nonbonded"})
    if len(forms) > 1:
        raise ValueError(f"terms: {' and '.join(forms)} are mixed; one nonbonded form is allowed")


def check_charges(charges: Mapping[str, float], system: System) -> None:
    """Raise ValueError unless each atom type has a charge and each species that of its own."""
    if missing := [name for name in system.type_names if name not in charges]:
        raise ValueError(f"charges: none for {', '.join(missing)}")
    for name, species in system:
        net = sum(charges[each] for each in system.types_of(name))
        if not abs(net - species.charge) <= _ROUNDED:
            raise ValueError(f"charges: {net:+.3f} e in all on {name}; must be {species.charge:+d}")


def check_field(field: ForceField, system: System) -> None:
    """Raise ValueError unless terms and charges are those of the system."""
    check_terms(field.terms, system)
    check_charges(field.electrostatics.charges("liquid"), system)


def check_fixed(field: ForceField, by: str) -> None:
    """Raise ValueError for a polarizable field, which ``by`` cannot do."""
    if not isinstance(field.electrostatics, FixedCharges):
        raise ValueError(
            f"electrostatics: polarizable, which {by} cannot do; files for LAMMPS and OpenMM can"
        )
