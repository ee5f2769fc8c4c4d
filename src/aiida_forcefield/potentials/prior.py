"""What is known of a force field before the fit: values, widths and bounds of its parameters.

The fit works in u: ln p for positive parameters, p for the others. The prior is Gaussian in u,
a sum of squares |L (u − u0)|². No experimental property enters.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem

from aiida_forcefield.potentials.curvatures import STRAIGHT, curvatures
from aiida_forcefield.potentials.dispersion import c8_over_c6
from aiida_forcefield.potentials.forcefield import Kind, Term, columns, vector
from aiida_forcefield.potentials.forms import (
    FORM_OF_KIND,
    FORMS,
    FOURIER,
    FOURIER6,
    LINEAR_ANGLE,
    TANG_TOENNIES,
    THREEFOLD,
    Form,
)
from aiida_forcefield.scans.coordinates import evaluate
from aiida_forcefield.topology.topology import Topology

Array = NDArray[np.float64]
Pairs = Mapping[str, Mapping[str, float]]
NO_PAIRS: Final[Pairs] = {}

_MORSE_DEPTH: Final = 4.0  # eV, the middle of covalent single bonds
_RHO: Final = 0.265  # Å, how fast the overlap of valence shells decays

# Standard deviation of each parameter's u about its prior.
_WIDTHS: Final = {
    ("bond", "k"): 0.3,
    ("bond", "D"): 0.4,
    ("bond", "alpha"): 0.3,  # of ln k, k = 2 D α² being what a Hessian knows
    ("bond", "r0"): 0.02,  # what two QM levels differ by
    ("angle", "k"): 0.5,
    ("angle", "theta0"): 3.0,  # wider, the angles of a centre strain against each other
    **{("dihedral", f"k{n}"): 0.1 for n in range(1, 7)},
    ("improper", "k"): 1.0,
    ("nonbonded", "A"): 1.5,  # of the repulsion at contact, ln A − r/ρ
    ("nonbonded", "rho"): 0.12,
    ("nonbonded", "C6"): 0.07,
    ("nonbonded", "C8"): 0.07,
}

# Of A, ρ, C6 and C8 between unlike types, about what the combination rule makes of them: by so
# much combination rules err.
_PAIR_WIDTHS: Final = (0.3, 0.04, 0.05, 0.05)

# Bounds of some are about the prior's u, in place of those that their form has.
_SPANS: Final = {
    ("bond", "r0"): 0.3,
    ("angle", "theta0"): 30.0,
    ("nonbonded", "A"): 8.0,
    ("nonbonded", "C6"): 0.4,
    ("nonbonded", "C8"): 0.4,
}


@dataclass(frozen=True, eq=False)
class Reference:
    """The molecule at its minimum.

    Attributes:
        positions: shape (n, 3), Å.
        hessian: shape (3n, 3n), eV/Å².
        c6: dispersion coefficients between its atoms, such as D4's, shape (n, n), eV Å⁶.
    """

    positions: Array
    hessian: Array
    c6: Array


@dataclass(frozen=True, eq=False)
class Prior:
    """A Gaussian in u, within bounds.

    Attributes:
        terms: the terms at the prior's centre, from which the fit starts.
        logarithmic: where u = ln p, shape (p,).
        centre: u0, shape (p,).
        rows: L, shape (p, p), lower triangular within each term.
        lower: bound of u, shape (p,).
        upper: bound of u, shape (p,).
    """

    terms: tuple[Term, ...]
    logarithmic: NDArray[np.bool_]
    centre: Array
    rows: Array
    lower: Array
    upper: Array

    def to_parameters(self, u: Array) -> Array:
        """The parameters p(u)."""
        return np.where(self.logarithmic, np.exp(np.where(self.logarithmic, u, 0.0)), u)

    def jacobian(self, parameters: Array) -> Array:
        """dp/du, which is diagonal, shape (p,)."""
        return np.where(self.logarithmic, parameters, 1.0)

    @property
    def widths(self) -> Array:
        """Standard deviation of each u, shape (p,)."""
        covariance = np.linalg.inv(self.rows.T @ self.rows)
        return np.sqrt(np.diag(covariance))


def van_der_waals_radius(symbol: str) -> float:
    """Of an element, Å, as RDKit has it."""
    return float(Chem.GetPeriodicTable().GetRvdw(symbol))


def contact_distance(i: str, j: str) -> float:
    """Sum of the van der Waals radii of two elements, Å."""
    return van_der_waals_radius(i) + van_der_waals_radius(j)


def build_prior(
    topology: Topology,
    reference: Reference,
    dispersion_width: float,
    forms: Mapping[Kind, Form] = FORM_OF_KIND,
    pairs: Pairs = NO_PAIRS,
) -> Prior:
    """The prior of all terms of a topology.

    Bonds and angles: geometry from the reference, curvature from its Hessian. Dihedrals: none.
    C8 from C6; repulsion: the minimum between two like atoms at the sum of van der Waals radii.

    Args:
        topology: the molecule.
        reference: its minimum with Hessian and C6.
        dispersion_width: relative standard deviation of C6 and of C8.
        forms: of each kind of interaction; angles that are straight and dihedrals of symmetric
            groups have one of their own.
        pairs: parameters about which pairs of types have their own, by the term's name, such as
            ``"nonbonded C1-O1"``; for the others there is the combination rule.

    Raises:
        ValueError: if the reference does not fit the topology, a C6 is not positive, or there is
            no prior for a form.
    """
    own = tuple(
        _term(TANG_TOENNIES, name, tuple(values.values())) for name, values in pairs.items()
    )
    terms = _start(topology, reference, forms) + own
    places = columns(terms)
    parameters = vector(terms)
    logarithmic = np.array(
        [parameter.positive for term in terms for parameter in FORMS[term.form].parameters]
    )
    centre = np.where(logarithmic, np.log(np.where(logarithmic, parameters, 1.0)), parameters)
    lower, upper = np.empty_like(centre), np.empty_like(centre)
    rows = np.eye(len(centre))
    for term in terms:
        for parameter, place in zip(FORMS[term.form].parameters, places[term.name], strict=True):
            span = _SPANS.get((term.kind, parameter.name))
            if span is not None:
                lower[place], upper[place] = centre[place] - span, centre[place] + span
            else:
                bounds = np.array(parameter.bounds)
                lower[place], upper[place] = np.log(bounds) if logarithmic[place] else bounds
        here = places[term.name]
        widths = [_WIDTHS[term.kind, name] for name in term.parameters]
        if "theta0" in term.parameters:
            upper[here[1]] = min(upper[here[1]], 180.0)
        if term.form == "morse":  # what is known is ln k = ln D + 2 ln α + const
            rows[here[1], here[:2]] = 1, 2
        if term.kind == "nonbonded":  # what is known is ln A − r/ρ at contact r
            places_of = (topology.atom_types.index(name) for name in _types(term))
            symbols = (topology.symbols[place] for place in places_of)
            rows[here[0], here[1]] = contact_distance(*symbols) / term.parameters["rho"]
            widths = (
                [*_PAIR_WIDTHS] if term.name in pairs else [*widths[:2], *[dispersion_width] * 2]
            )
        rows[here] /= np.array(widths)[:, None]
    return Prior(terms, logarithmic, np.clip(centre, lower, upper), rows, lower, upper)


def _types(term: Term) -> list[str]:
    """Of a nonbonded term: the atom type twice, or both of a pair."""
    names = term.name.removeprefix("nonbonded ").split("-")
    return names if len(names) > 1 else names * 2


def _start(
    topology: Topology, reference: Reference, forms: Mapping[Kind, Form]
) -> tuple[Term, ...]:
    if forms["nonbonded"] is not TANG_TOENNIES:
        raise ValueError(f"forms: there is no prior for {forms['nonbonded'].name}")
    curvature = curvatures(topology, reference.positions, reference.hessian)
    terms = []
    for term in topology.term_types:
        q = float(evaluate(reference.positions, np.array(term.members))[0].mean())
        form = forms[term.kind]
        if term.kind == "angle" and q > STRAIGHT:
            form = LINEAR_ANGLE
        elif topology.turns_threefold(term):
            form = THREEFOLD
        values = _values(form, max(curvature[term.name], 0.1) / 2, q)
        terms.append(_term(form, term.name, values))
    return (*terms, *_start_nonbonded(topology, np.asarray(reference.c6, dtype=float)))


def _values(form: Form, half: float, q: float) -> tuple[float, ...]:
    """Parameters of a bonded form with its minimum at q (Å, radians), half its curvature there."""
    if form in (FOURIER, FOURIER6, THREEFOLD):
        return (0.0,) * len(form.parameters)
    values = {
        "morse": (_MORSE_DEPTH, np.sqrt(half / _MORSE_DEPTH), q),
        "harmonic_bond": (half, q),
        "harmonic_angle": (half, np.rad2deg(q)),
        "linear_angle": (2 * half,),  # 1 + cos θ is half the square of what is left to 180°
        "harmonic_improper": (half,),
    }
    if form.name not in values:
        raise ValueError(f"forms: there is no prior for {form.name}")
    return values[form.name]


def _start_nonbonded(topology: Topology, c6: Array) -> list[Term]:
    n = len(topology.symbols)
    if c6.shape != (n, n) or not (np.isfinite(c6).all() and (np.diag(c6) > 0).all()):
        raise ValueError(f"c6: shape {c6.shape} with positive diagonal expected as ({n}, {n})")
    terms = []
    for index, name in enumerate(topology.type_names):
        mine = topology.type_indices == index
        C6 = float(np.sqrt(np.diag(c6)[mine]).mean() ** 2)
        symbol = topology.symbols[int(np.argmax(mine))]
        r = contact_distance(symbol, symbol)
        C8 = C6 * c8_over_c6(symbol)
        attraction = TANG_TOENNIES.evaluate(np.array(r), np.array([0.0, _RHO, C6, C8]))
        A = float(attraction.slope) * _RHO * np.exp(r / _RHO)
        values = (A, _RHO, C6, C8)
        terms.append(_term(TANG_TOENNIES, f"nonbonded {name}", values))
    return terms


def _term(form: Form, name: str, values: tuple[float, ...]) -> Term:
    parameters = dict(zip(form.parameter_names, map(float, values), strict=True))
    return Term(form.kind, name, form.name, parameters)
