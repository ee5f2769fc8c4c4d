"""The joint fit: one regularised least squares over all points of a material."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from aiida_forcefield.potentials.collapse import inner_maximum
from aiida_forcefield.potentials.crystal_energy import crystal_model
from aiida_forcefield.potentials.energy import dimer_model, molecule_model
from aiida_forcefield.potentials.forcefield import (
    DRAWN,
    PRIOR_ONLY,
    ForceField,
    Kind,
    Term,
    check_charges,
    columns,
    with_vector,
)
from aiida_forcefield.potentials.forms import FORM_OF_KIND, Form
from aiida_forcefield.potentials.hessian import hessian_model
from aiida_forcefield.potentials.outliers import agreeing, agreeing_along
from aiida_forcefield.potentials.points import DimerPoints, MoleculePoints
from aiida_forcefield.potentials.prior import Prior, Reference, build_prior
from aiida_forcefield.potentials.residuals import ALONG, Problem, Rows, type_pairs
from aiida_forcefield.potentials.settings import Settings
from aiida_forcefield.potentials.torsions import along_dihedrals, relaxed_torsions
from aiida_forcefield.potentials.validation import foresight, informing_points, left_out_errors
from aiida_forcefield.topology.species import Species
from aiida_forcefield.units import KCAL_PER_MOL

Array = NDArray[np.float64]

SCALE_14: Final = (1.0, 1.0)
"""Atoms three bonds apart feel each other in full. Without that, angles lean where a methyl group
meets a lone pair, and the minima of torsions are off: docs/topics/fit.md has the figures."""
_RELAXATIONS = 8  # at most; two or three will do where other angles do not lean
_FAR = 3.0  # standard deviations off a prior
_MOST_FITS = 5  # after which it is clear which points are outliers


@dataclass(frozen=True, eq=False)
class Solution:
    """The optimum of a problem.

    Attributes:
        problem: with the weights of the points that agree, and torsions relaxed.
        u: in which the fit works, shape (p,).
        converged: whether it was found.
        outliers: how many points of each label were left out.
        torsion_change: by how much, in eV, the last relaxation of torsions changed their profiles.
    """

    problem: Problem
    u: Array
    converged: bool
    outliers: Counter[str]
    torsion_change: float = 0.0


@dataclass(frozen=True, eq=False)
class Found:
    """What a fit found of each parameter.

    Attributes:
        u: in which the fit works, shape (p,).
        errors: standard errors of the parameters, in their units, shape (p,).
        determined: width that the data left u, in units of that of its prior, shape (p,).
        informing: how many points tell of it, shape (p,).
    """

    u: Array
    errors: Array
    determined: Array
    informing: NDArray[np.int_]


def fit_force_field(
    species: Species,
    reference: Reference,
    charges: Mapping[str, float],
    gas_charges: Mapping[str, float],
    molecule_points: MoleculePoints,
    dimer_points: Sequence[DimerPoints],
    settings: Settings | None = None,
    forms: Mapping[Kind, Form] = FORM_OF_KIND,
    pairs: Sequence[str] = (),
) -> ForceField:
    """Fit all parameters of a force field at once.

    Args:
        species: the molecule, or the ions of a crystal's cell.
        reference: its minimum, Hessian and C6, which give the prior. The Hessian is data, too, but
            not of a crystal's cell.
        charges: of each atom type in the liquid, e. Within a molecule they act in the fit too, for
            so it is simulated: with other charges its conformers have other energies.
        gas_charges: of each atom type in vacuum, e; those of two molecules, as their QM is. Of a
            crystal both sets are those of its ions.
        molecule_points: energies and gradients of single molecules; or of cells, with stresses.
        dimer_points: sets of interaction energies.
        settings: weights; `Settings()` by default.
        forms: of each kind of interaction.
        pairs: names of the terms of pairs of atom types that have their own, as of `build_prior`.

    Returns:
        The force field. A parameter at a bound is flagged, one that the data drew far off its
        prior, and one that they left as wide as that (more than 0.9 of its width). Points that
        disagree with all others are left out; the diagnostics count them by label.

    Raises:
        ValueError: if shapes disagree, a value is not finite, or charges are missing, do not add up
            to that of the molecule, or let atoms collapse.
    """
    settings = settings or Settings()
    for each in (charges, gas_charges):
        check_charges(each, species)
    prior = build_prior(species, reference, settings.dispersion_width, forms, pairs)
    stretched = [d.stretched for d in dimer_points if d.stretched is not None]
    dimers = np.concatenate(
        [
            np.zeros((0, 2 * len(species.symbols), 3)),
            *(d.positions for d in dimer_points),
            *stretched,
        ]
    )
    positions, cells = molecule_points.positions, molecule_points.cells
    if cells is None:
        hessian = hessian_model(species, prior.terms, reference, charges, SCALE_14)
        model = molecule_model(species, prior.terms, positions, charges, scale_14=SCALE_14)
    else:
        hessian, model = None, crystal_model(species, prior.terms, positions, cells, charges)
    problem = Problem(
        prior,
        settings,
        hessian,
        model,
        molecule_points,
        dimer_model(species, prior.terms, dimers, gas_charges),
        dimer_points,
        list(type_pairs(species, prior.terms, charges)),
    )

    start = _start(problem)
    solution = _without_outliers(problem, start)
    errors_at_start = solution.problem.errors(prior.to_parameters(start))
    if len(along_dihedrals(species, solution.problem.molecule_points)):
        solution = _with_torsions(species, solution, charges, gas_charges)
    return _described(solution, errors_at_start, charges, gas_charges)


def _described(
    solution: Solution,
    errors_at_start: Mapping[str, float],
    charges: Mapping[str, float],
    gas_charges: Mapping[str, float],
) -> ForceField:
    """The force field of a solution, with all that is known of its certainty."""
    problem, u = solution.problem, solution.u
    prior, settings = problem.prior, problem.settings
    residuals, jacobian = problem.residuals(u)
    covariance_u = np.asarray(np.linalg.inv(jacobian.T @ jacobian), dtype=float)
    rows = problem.rows()
    chi2 = _misfit(problem, residuals, covariance_u)

    parameters = prior.to_parameters(u)
    slope = prior.jacobian(parameters)
    # Profiles along dihedrals are followed closer than forms can: what they miss of them is noise.
    noise, noise_along = max(chi2, 1.0), foresight(residuals, jacobian, rows, ALONG) ** 2
    along = covariance_u @ jacobian[np.isin(rows.kinds, ALONG)].T
    covariance = noise * covariance_u + max(noise_along - noise, 0.0) * along @ along.T
    covariance *= np.outer(slope, slope)
    errors = problem.errors(parameters)
    barriers = {
        pair.name: inner_maximum(
            parameters[pair.columns], pair.charge_product, problem.pair_form
        ).barrier
        for pair in problem.pairs
    }
    determined = np.where(prior.held, 0.0, np.sqrt(np.diag(covariance_u)) / prior.widths)
    left_out = left_out_errors(residuals, jacobian, rows, settings)
    found = Found(
        u,
        np.sqrt(np.diag(covariance)),
        determined,
        informing_points(jacobian, rows, prior.widths),
    )
    return ForceField(
        _terms(prior, found, barriers, settings.barrier),
        dict(charges),
        dict(gas_charges),
        covariance,
        {
            **errors,
            **{f"{name}_start": value for name, value in errors_at_start.items()},
            **{f"left_out_{name}": value for name, value in left_out.items()},
            "foresight": foresight(residuals, jacobian, rows, ("energy", "gradient", "stress")),
            "foresight_torsion": sqrt(noise_along),
            "foresight_interaction": foresight(residuals, jacobian, rows, ("interaction",)),
            "foresight_virial": foresight(residuals, jacobian, rows, ("virial",)),
            "molecule_points": float(np.count_nonzero(problem.molecule_points.weights)),
            "gradients": float(np.count_nonzero(problem.has_gradient)),
            "stresses": float(np.count_nonzero(problem.has_stress)),
            "dimer_points": float(sum(np.count_nonzero(d.weights) for d in problem.dimer_points)),
            "reduced_chi2": chi2,
            "condition": float(np.linalg.cond(jacobian * prior.widths)),
            "undetermined_parameters": float(np.count_nonzero(determined > 0.9)),
            "converged": float(solution.converged),
            "torsion_change": solution.torsion_change,
            **{f"outliers {label}": float(n) for label, n in solution.outliers.items()},
            **{f"barrier {name}": value for name, value in barriers.items()},
        },
        scale_14=SCALE_14,
    )


def _misfit(problem: Problem, residuals: Array, covariance: Array) -> float:
    """χ² over the number of data beyond those that parameters take up; 1 where there are no points.

    What a parameter owes to its prior it does not take from the data. A gradient has no net force
    and, of molecules, no torque, so six of its components follow from the others, and so does one
    of the energies, which have an offset in common. What is along dihedrals and the pressure of
    pairs are there already, and count once.
    """
    rows, prior = problem.rows(), problem.prior.rows
    counted = (rows.weights > 0) & ~np.isin(rows.kinds, (*ALONG, "pressure"))
    n = problem.molecule_points.positions.shape[1]
    turned = {1: 0, 2: 2}.get(n, 3) if problem.molecule_points.cells is None else 0
    rigid = (3 + turned) * np.count_nonzero(problem.has_gradient)
    offset = (counted & (rows.kinds == "energy")).any()
    taken = len(prior) - np.trace(prior.T @ prior @ covariance)
    surplus = np.count_nonzero(counted) - rigid - offset - taken
    return float(residuals[counted] @ residuals[counted] / surplus) if surplus > 0 else 1.0


def _without_outliers(problem: Problem, start: Array) -> Solution:
    """The optimum of the points that agree.

    At first it is the start that they have to agree with: a fit may follow what is far off.
    """
    rows, u = problem.rows(), start
    agree = agreeing(problem.residuals(u)[0], rows)
    for _ in range(_MOST_FITS):
        kept, chosen = agree, problem.weighted(agree.astype(float))
        u, converged = _minimised(chosen, u)
        agree = agreeing(problem.residuals(u)[0], rows)
        if (agree == kept).all():
            break
    return Solution(chosen, u, converged, _labels(rows, kept))


def _with_torsions(
    species: Species,
    without: Solution,
    charges: Mapping[str, float],
    gas_charges: Mapping[str, float],
) -> Solution:
    """The same with the relaxed profiles along dihedrals, from an optimum without them."""
    problem, u, change = without.problem, without.u, inf
    prior, labels = problem.prior, problem.molecule_points.labels
    for _ in range(_RELAXATIONS):
        terms = with_vector(prior.terms, prior.to_parameters(u))
        field = ForceField(
            terms, dict(charges), dict(gas_charges), np.zeros((0, 0)), scale_14=SCALE_14
        )
        before = problem.torsions
        torsions = relaxed_torsions(species, field, problem.molecule_points, before)
        problem = replace(problem, torsions=torsions)
        u, converged = _minimised(problem, u)
        last, change = change, torsions.change(before, labels) if before else inf
        # Where its forms cannot follow the profile, a fit may go back and forth ever farther.
        if not problem.settings.torsion_error < change <= last:
            break
    rows = problem.rows()
    agree = agreeing_along(*problem.residuals(u), rows)
    if agree.all():
        settled = converged and torsions.settled
        return Solution(problem, u, settled, without.outliers, torsion_change=change)
    fewer = replace(problem.weighted(agree.astype(float)), torsions=None)
    outliers = without.outliers + _labels(rows, agree)
    again = replace(without, problem=fewer, outliers=outliers)
    return _with_torsions(species, again, charges, gas_charges)


def _labels(rows: Rows, kept: NDArray[np.bool_]) -> Counter[str]:
    """How many points of each label were not kept."""
    once = np.isin(rows.kinds, ("energy", "interaction"))
    return Counter(rows.labels[np.isin(rows.points, np.flatnonzero(~kept)) & once].tolist())


def _minimised(problem: Problem, start: Array) -> tuple[Array, bool]:
    """The optimum from a start, and whether it was found."""
    latest: dict[bytes, tuple[Array, Array]] = {}

    def evaluated(u: Array) -> tuple[Array, Array]:
        """Residuals and Jacobian, which are asked for one after the other."""
        if u.tobytes() not in latest:
            latest.clear()
            latest[u.tobytes()] = problem.residuals(u)
        return latest[u.tobytes()]

    def residuals_at(u: Array) -> Array:
        return evaluated(u)[0]

    def jacobian_at(u: Array) -> Array:
        return evaluated(u)[1]

    solution = least_squares(
        residuals_at,
        start,
        jac=jacobian_at,
        bounds=(problem.prior.lower, problem.prior.upper),
        x_scale=problem.prior.widths,
        max_nfev=300,
    )
    return np.asarray(solution.x, dtype=float), solution.status > 0


def _start(problem: Problem) -> Array:
    """The prior's centre; with more repulsion where two atom types would collapse there."""
    prior = problem.prior
    repulsion = [
        columns(prior.terms)[term.name][0] for term in prior.terms if term.kind == "nonbonded"
    ]
    u = prior.centre.clip(prior.lower + 1e-9, prior.upper - 1e-9)
    residuals, rows = problem.residuals(u)[0], problem.rows()
    if wrong := set(rows.labels[~np.isfinite(residuals) & (rows.points >= 0)].tolist()):
        raise ValueError(f"{', '.join(sorted(wrong))}: two atoms of a point are at one place")
    while not np.isfinite(problem.residuals(u)[0]).all():
        u[repulsion] += 0.5
        if (u >= prior.upper).any():
            message = "charges: so large that no repulsion within its bounds keeps the atoms apart"
            raise ValueError(message)
    return u


def _terms(
    prior: Prior, found: Found, barriers: Mapping[str, float], least: float
) -> tuple[Term, ...]:
    """The fitted terms with what is to be said of each parameter."""
    parameters, expected = prior.to_parameters(found.u), prior.to_parameters(prior.centre)
    margin = 1e-3 * (prior.upper - prior.lower)
    places = columns(prior.terms)
    terms = []
    for term in prior.terms:
        here = dict(zip(term.parameters, places[term.name].tolist(), strict=True))
        flags = []
        for name, i in here.items():
            if found.u[i] - prior.lower[i] < margin[i]:
                flags.append(f"{name}: at lower bound")
            if prior.upper[i] - found.u[i] < margin[i]:
                flags.append(f"{name}: at upper bound")
            if found.determined[i] > 0.9:
                flags.append(f"{name}: {PRIOR_ONLY}")
            off = (found.u[i] - prior.centre[i]) / prior.widths[i]
            if abs(off) > _FAR:
                flags.append(f"{name}: {off:+.1f} {DRAWN}")
        if term.kind == "nonbonded":
            mine = set(term.name.removeprefix("nonbonded ").split("-"))
            flags += [
                f"barrier before collapse {pair}: {barrier / KCAL_PER_MOL:.1f} kcal/mol"
                for pair, barrier in barriers.items()
                if mine <= set(pair.split("-")) and barrier < 0.9 * least  # the guard is soft
            ]
        terms.append(
            replace(
                term,
                parameters={name: float(parameters[i]) for name, i in here.items()},
                standard_errors={
                    name: float(found.errors[i]) for name, i in here.items() if not prior.held[i]
                },
                prior={name: float(expected[i]) for name, i in here.items()},
                informing_points={name: int(found.informing[i]) for name, i in here.items()},
                flags=tuple(flags),
            )
        )
    return tuple(terms)
