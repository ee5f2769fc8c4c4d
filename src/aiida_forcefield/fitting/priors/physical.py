"""The physical prior: from geometry, Hessian, dispersion and radii of the atoms.

Bonds and angles: geometry from the reference, curvature from its Hessian. Dihedrals: none. C8 from
C6; repulsion: the minimum between two like atoms at the sum of van der Waals radii.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.fitting.data import Reference
from aiida_forcefield.fitting.priors.curvatures import STRAIGHT, curvatures
from aiida_forcefield.fitting.priors.dispersion import c8_over_c6
from aiida_forcefield.fitting.priors.prior import Prior, TypePair
from aiida_forcefield.fitting.settings import Settings
from aiida_forcefield.potentials.forcefield import Kind, Term, columns, type_term, vector
from aiida_forcefield.potentials.forms import (
    BORN_MAYER_HUGGINS,
    FORMS,
    LENNARD_JONES,
    LINEAR_ANGLE,
    OVERLAP,
    TANG_TOENNIES,
    THREEFOLD,
    Form,
    combine,
)
from aiida_forcefield.potentials.radii import van_der_waals_distance
from aiida_forcefield.scans.coordinates import evaluate
from aiida_forcefield.topology.species import Species
from aiida_forcefield.topology.system import System, type_name

Array = NDArray[np.float64]

_MORSE_DEPTH: Final = 4.0  # eV, the middle of covalent single bonds
_RHO: Final = 0.265  # Å, how fast the overlap of valence shells decays

# Standard deviation of each parameter's u about its prior.
WIDTHS: Final = {
    ("bond", "k"): 0.3,
    ("bond", "D"): 0.4,
    ("bond", "alpha"): 0.3,  # of ln k, k = 2 D α² being what a Hessian knows
    ("bond", "r0"): 0.02,  # what two QM levels differ by
    ("bond", "k2"): 0.3,
    ("bond", "k3"): 30.0,
    ("bond", "k4"): 0.8,
    ("angle", "k"): 0.5,
    ("angle", "theta0"): 3.0,  # wider, the angles of a centre strain against each other
    **{("dihedral", f"{symbol}{n}"): 0.1 for symbol in "ksC" for n in range(7)},
    ("improper", "k"): 1.0,
    ("nonbonded", "A"): 1.5,  # of the repulsion at contact, ln A − r/ρ
    ("nonbonded", "P"): 1.5,  # likewise
    ("nonbonded", "T"): 1.5,
    ("nonbonded", "rho"): 0.12,
    ("nonbonded", "epsilon"): 1.0,
    ("nonbonded", "sigma"): 0.25,
}

# The same between unlike types, about what the combination rule makes of the parameters that the
# like ones have, whatever these are: by so much combination rules err.
PAIR_WIDTHS: Final = {
    "A": 0.3,
    "P": 0.3,
    "T": 0.3,
    "rho": 0.04,
    "C6": 0.05,
    "C8": 0.05,
    "epsilon": 0.3,
    "sigma": 0.05,
}

_AMPLITUDES: Final = {"A", "P", "T"}
"""Of exponentials with the range rho."""
_PENETRATION: Final = 0.35
_TRANSFER: Final = 0.1
"""P and T over A, as methanol has them to a factor of two."""

_HELD: Final = {("ryckaert_bellemans", "C0"), ("born_mayer_huggins", "sigma")}
"""Parameters that say what others say too, an offset and a factor: they stay at their prior."""
_HOLD: Final = 1e-6  # width of those

SPANS: Final = {
    ("bond", "r0"): 0.3,
    ("angle", "theta0"): 30.0,
    ("nonbonded", "A"): 8.0,
    ("nonbonded", "P"): 8.0,
    ("nonbonded", "T"): 8.0,
    ("nonbonded", "C6"): 0.4,
    ("nonbonded", "C8"): 0.4,
    ("nonbonded", "epsilon"): 4.0,
    ("nonbonded", "sigma"): 1.0,
}
"""Bounds about the prior's u, of parameters that have them in place of those of their form."""
_WIDE: Final = 2.5
"""Those of C6 and C8 are at least so many of their widths, where a study sets them free."""


class PhysicalPriors:
    """The physical prior, whatever other molecules have taught."""

    def prior(
        self,
        system: System,
        references: Mapping[str, Reference],
        settings: Settings,
        forms: Mapping[Kind, Form],
        pairs: Sequence[TypePair] = (),
    ) -> Prior:
        """As of `PriorSource`."""
        terms = _start(system, references, forms)
        terms += tuple(_between_unlike(terms, pairs))
        symbols = {each.name: each.symbol for each in system.atom_types}
        return _about(terms, symbols, settings.dispersion_width)


def _about(terms: tuple[Term, ...], symbols: Mapping[str, str], dispersion_width: float) -> Prior:
    """The prior about some terms.

    Args:
        terms: at its centre.
        symbols: element of each atom type.
        dispersion_width: relative standard deviation of C6 and of C8.
    """
    places = columns(terms)
    parameters = vector(terms)
    logarithmic = np.array(
        [parameter.positive for term in terms for parameter in FORMS[term.form].parameters]
    )
    centre = np.where(logarithmic, np.log(np.where(logarithmic, parameters, 1.0)), parameters)
    slope = np.where(logarithmic, parameters, 1.0)
    lower, upper = np.empty_like(centre), np.empty_like(centre)
    rows = np.eye(len(centre))
    held = np.array([(term.form, name) in _HELD for term in terms for name in term.parameters])
    for term in terms:
        for parameter, place in zip(FORMS[term.form].parameters, places[term.name], strict=True):
            span = SPANS.get((term.kind, parameter.name))
            if span is not None:
                if parameter.name in ("C6", "C8"):
                    span = max(span, _WIDE * dispersion_width)
                lower[place], upper[place] = centre[place] - span, centre[place] + span
            else:
                bounds = np.array(parameter.bounds)
                lower[place], upper[place] = np.log(bounds) if logarithmic[place] else bounds
        here = places[term.name]
        widths = WIDTHS | {("nonbonded", name): dispersion_width for name in ("C6", "C8")}
        own = term.kind == "nonbonded" and len(term.types) == 2
        if own:
            widths |= {("nonbonded", name): width for name, width in PAIR_WIDTHS.items()}
        if "theta0" in term.parameters:
            upper[here[1]] = min(upper[here[1]], 180.0)
        if term.form == "morse":  # what is known is ln k = ln D + 2 ln α + const
            rows[here[1], here[:2]] = 1, 2
        if "rho" in term.parameters and "sigma" not in term.parameters:
            # What is known is ln A − r/ρ at contact r.
            contact = van_der_waals_distance(symbols[term.types[0]], symbols[term.types[-1]])
            place = dict(zip(term.parameters, here, strict=True))
            for amplitude in _AMPLITUDES & place.keys():
                rows[place[amplitude], place["rho"]] = contact / term.parameters["rho"]
        own_widths = np.array([widths[term.kind, name] for name in term.parameters])
        rows[here] /= np.where(held[here], _HOLD, own_widths)[:, None]
        if own:
            like = [places[type_term(name)] for name in term.types]
            one, other = (parameters[there] for there in like)
            _, derivatives = combine(FORMS[term.form], one, other, None)
            for there, by in zip(like, derivatives, strict=True):
                moved = by * slope[there] / slope[here]  # of u, to first order where no mean of ln
                rows[np.ix_(here, there)] = -rows[np.ix_(here, here)] * moved
    centre = np.clip(centre, lower, upper)
    return Prior(terms, logarithmic, centre, rows, lower, upper, held)


def _between_unlike(terms: Sequence[Term], pairs: Sequence[TypePair]) -> Iterator[Term]:
    """Nonbonded terms of pairs of types, as the combination rule has them."""
    like = {term.name: term for term in terms}
    for types in pairs:
        one, other = (like[type_term(each)] for each in types)
        form = FORMS[one.form]
        joint, _ = combine(form, [*one.parameters.values()], [*other.parameters.values()], None)
        yield _term(form, types, tuple(joint))


def _start(
    system: System, references: Mapping[str, Reference], forms: Mapping[Kind, Form]
) -> tuple[Term, ...]:
    missing = [name for name in system.names if name not in references]
    if missing:
        raise ValueError(f"references: none for {', '.join(missing)}")
    bonded = [
        term for name, _ in system for term in _start_bonded(system, name, references[name], forms)
    ]
    nonbonded = [
        term
        for name, species in system
        for term in _start_nonbonded(name, species, references[name], forms["nonbonded"])
    ]
    return (*bonded, *nonbonded)


def _start_bonded(
    system: System, name: str, reference: Reference, forms: Mapping[Kind, Form]
) -> Iterator[Term]:
    species = system.of_name(name)
    curvature = curvatures(species, reference.positions, reference.hessian)
    for own, term in zip(species.term_types, system.terms_of(name), strict=True):
        q = float(evaluate(reference.positions, np.array(term.members))[0].mean())
        form = forms[term.kind]
        if term.kind == "angle" and q > STRAIGHT:
            form = LINEAR_ANGLE
        elif species.turns_threefold(own):
            form = THREEFOLD
        yield _term(form, term.types, _values(form, max(curvature[own.name], 0.1) / 2, q))


def _values(form: Form, half: float, q: float) -> tuple[float, ...]:
    """Parameters of a bonded form with its minimum at q (Å, radians), half its curvature there."""
    if form.kind == "dihedral":
        return (0.0,) * len(form.parameters)
    alpha = np.sqrt(half / _MORSE_DEPTH)
    theta0 = np.rad2deg(q)
    return {
        "morse": (_MORSE_DEPTH, alpha, q),
        "harmonic_bond": (half, q),
        # Its series up to the fourth power is that of Morse.
        "quartic_bond": (half, -half * alpha, 7 / 12 * half * alpha**2, q),
        "harmonic_angle": (half, theta0),
        "cosine_angle": (half / np.sin(q) ** 2, theta0),
        "linear_angle": (2 * half,),  # 1 + cos θ is half the square of what is left to 180°
        "harmonic_improper": (half,),
        "cosine_improper": (half / 2,),
    }[form.name]


def _start_nonbonded(
    name: str, species: Species, reference: Reference, form: Form
) -> Iterator[Term]:
    n, c6 = len(species.symbols), np.asarray(reference.c6, dtype=float)
    if c6.shape != (n, n) or not (np.isfinite(c6).all() and (np.diag(c6) > 0).all()):
        shape = f"shape {c6.shape} with positive diagonal expected as ({n}, {n})"
        raise ValueError(f"c6 of {name}: {shape}")
    for index, label in enumerate(species.type_names):
        mine = species.type_indices == index
        C6 = float(np.sqrt(np.diag(c6)[mine]).mean() ** 2)
        symbol = species.symbols[int(np.argmax(mine))]
        types = (type_name(name, label),)
        yield _term(form, types, _nonbonded_values(form, C6, symbol))


def _nonbonded_values(form: Form, C6: float, symbol: str) -> tuple[float, ...]:
    """Parameters with a minimum where two atoms of an element touch."""
    r = van_der_waals_distance(symbol, symbol)
    if form is LENNARD_JONES:
        sigma = r / 2 ** (1 / 6)
        return C6 / (4 * sigma**6), sigma
    if form is OVERLAP:
        A, *rest = _nonbonded_values(TANG_TOENNIES, C6, symbol)
        A /= 1.0 - _PENETRATION - _TRANSFER
        return A, _PENETRATION * A, _TRANSFER * A, *rest
    known = {"rho": _RHO, "sigma": r, "C6": C6, "C8": C6 * c8_over_c6(symbol)}
    rest = [known[name] for name in form.parameter_names[1:]]
    attraction = form.evaluate(np.array(r), np.array([0.0, *rest]))
    A = float(attraction.slope) * _RHO
    if form is not BORN_MAYER_HUGGINS:  # whose A is the repulsion at sigma
        A *= np.exp(r / _RHO)
    return A, *rest


def _term(form: Form, types: tuple[str, ...], values: tuple[float, ...]) -> Term:
    parameters = dict(zip(form.parameter_names, map(float, values), strict=True))
    return Term(form.kind, types, form.name, parameters)
