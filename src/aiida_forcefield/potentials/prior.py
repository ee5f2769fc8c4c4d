"""What is known of a force field before the fit: values, widths and bounds of its parameters.

The fit works in u: ln p for positive parameters, p for the others. The prior is Gaussian in u,
a sum of squares |L (u − u0)|². No experimental property enters.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem

from aiida_forcefield.potentials.curvatures import curvatures
from aiida_forcefield.potentials.forcefield import Kind, Term, columns, vector
from aiida_forcefield.potentials.forms import FORM_OF_KIND, FORMS
from aiida_forcefield.scans.coordinates import evaluate
from aiida_forcefield.topology.topology import Topology

Array = NDArray[np.float64]

_MORSE_DEPTH: Final = 4.0  # eV, the middle of covalent single bonds
_RHO: Final = 0.265  # Å, how fast the overlap of valence shells decays

# Standard deviation of each parameter's u about its prior.
_WIDTHS: Final = {
    ("bond", "D"): 0.4,
    ("bond", "alpha"): 0.3,  # of ln k, k = 2 D α² being what a Hessian knows
    ("bond", "r0"): 0.02,  # what two QM levels differ by
    ("angle", "k"): 0.5,
    ("angle", "theta0"): 3.0,  # wider, the angles of a centre strain against each other
    **{("dihedral", f"k{n}"): 0.1 for n in range(1, 5)},
    ("improper", "k"): 1.0,
    ("nonbonded", "A"): 1.5,  # of the repulsion at contact, ln A − r/ρ
    ("nonbonded", "rho"): 0.12,
    ("nonbonded", "C6"): 0.07,
}

# Bounds of the parameter itself; those in _SPANS are about the prior's u.
_BOUNDS: Final = {
    ("bond", "D"): (0.5, 15.0),
    ("bond", "alpha"): (0.5, 6.0),
    ("angle", "k"): (0.02, 60.0),
    **{("dihedral", f"k{n}"): (-1.0, 1.0) for n in range(1, 5)},
    ("improper", "k"): (1e-3, 30.0),
    ("nonbonded", "rho"): (0.18, 0.36),
}
_SPANS: Final = {
    ("bond", "r0"): 0.3,
    ("angle", "theta0"): 30.0,
    ("nonbonded", "A"): 8.0,
    ("nonbonded", "C6"): 0.4,
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


def build_prior(topology: Topology, reference: Reference, c6_width: float) -> Prior:
    """The prior of all terms of a topology.

    Bonds and angles: geometry from the reference, curvature from its Hessian. Dihedrals: none.
    Repulsion: the minimum of exp-6 between two like atoms at the sum of van der Waals radii.

    Args:
        topology: the molecule.
        reference: its minimum with Hessian and C6.
        c6_width: relative standard deviation of C6.

    Raises:
        ValueError: if the reference does not fit the topology, or a C6 is not positive.
    """
    terms = _start(topology, reference)
    places = columns(terms)
    parameters = vector(terms)
    logarithmic = np.array(
        [parameter.positive for term in terms for parameter in FORMS[term.form].parameters]
    )
    centre = np.where(logarithmic, np.log(np.where(logarithmic, parameters, 1.0)), parameters)
    lower, upper = np.empty_like(centre), np.empty_like(centre)
    rows = np.eye(len(centre))
    for term in terms:
        for name, place in zip(term.parameters, places[term.name], strict=True):
            key = (term.kind, name)
            if key in _SPANS:
                lower[place], upper[place] = centre[place] + np.array([-1, 1]) * _SPANS[key]
            else:
                bounds = np.array(_BOUNDS[key])
                lower[place], upper[place] = np.log(bounds) if logarithmic[place] else bounds
        here = places[term.name]
        widths = [_WIDTHS[term.kind, name] for name in term.parameters]
        if term.kind == "angle":
            upper[here[1]] = min(upper[here[1]], 180.0)
        if term.kind == "bond":  # what is known is ln k = ln D + 2 ln α + const
            rows[here[1], here[:2]] = 1, 2
        if term.kind == "nonbonded":  # what is known is ln A − r/ρ at contact r
            symbol = topology.symbols[topology.atom_types.index(term.name.split()[1])]
            rows[here[0], here[1]] = contact_distance(symbol, symbol) / term.parameters["rho"]
            widths[2] = c6_width
        rows[here] /= np.array(widths)[:, None]
    return Prior(terms, logarithmic, np.clip(centre, lower, upper), rows, lower, upper)


def _start(topology: Topology, reference: Reference) -> tuple[Term, ...]:
    curvature = curvatures(topology, reference.positions, reference.hessian)
    terms = []
    for term in topology.term_types:
        q = float(evaluate(reference.positions, np.array(term.members))[0].mean())
        half = max(curvature[term.name], 0.1) / 2
        values = {
            "bond": (_MORSE_DEPTH, np.sqrt(half / _MORSE_DEPTH), q),
            "angle": (half, np.rad2deg(q)),
            "dihedral": (0.0, 0.0, 0.0, 0.0),
            "improper": (half,),
        }[term.kind]
        terms.append(_term(term.kind, term.name, values))
    return (*terms, *_start_nonbonded(topology, np.asarray(reference.c6, dtype=float)))


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
        A = 6 * C6 * _RHO / r**7 * np.exp(r / _RHO)
        terms.append(_term("nonbonded", f"nonbonded {name}", (float(A), _RHO, C6)))
    return terms


def _term(kind: Kind, name: str, values: tuple[float, ...]) -> Term:
    form = FORM_OF_KIND[kind]
    return Term(
        kind, name, form.name, dict(zip(form.parameter_names, map(float, values), strict=True))
    )
