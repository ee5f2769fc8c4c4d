"""What a fit says of itself: certainty of its parameters, errors of its data."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.fitting.case import Group
from aiida_forcefield.fitting.priors.prior import Prior
from aiida_forcefield.fitting.problem import Problem
from aiida_forcefield.fitting.residuals import NONE, Relaxing, Rows
from aiida_forcefield.fitting.residuals.collapse_guard import type_pairs
from aiida_forcefield.fitting.solve import Solution
from aiida_forcefield.fitting.validation import (
    informing_points,
    root_mean_square,
    unseen_residuals,
)
from aiida_forcefield.potentials.collapse import inner_maximum
from aiida_forcefield.potentials.diagnostics import (
    Barrier,
    DataError,
    Diagnostics,
    Foresight,
    LooseMotion,
    Outliers,
)
from aiida_forcefield.potentials.forcefield import Flag, ForceField, Term, columns

Array = NDArray[np.float64]

_FAR: Final = 3.0  # standard deviations off a prior
_UNDETERMINED: Final = 0.9  # of the width of its prior, that data leave a parameter
_STIFF: Final = 300.0  # 1/cm: softer motions are those of rotors, whose profiles tell more
_LOOSE: Final = 0.5  # of a frequency of QM
_MOVED: Final = 0.5  # of the displacement of the atom that moves most
_LOW: Final = 0.9  # of the barrier that is asked for: the guard is soft
ErrorKey = tuple[int, Group | None]
"""Place of a residual and a group of points; None for all."""


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


def described(solution: Solution, start: Array) -> ForceField:
    """The force field of a solution, with all that is known of its certainty.

    Args:
        solution: of the fit.
        start: from which it began, shape (p,).
    """
    problem, u = solution.problem, solution.u
    prior, layout, rows = problem.prior, problem.case.layout, problem.rows()
    values, jacobian = problem.evaluate(u)
    covariance_u = np.asarray(np.linalg.inv(jacobian.T @ jacobian), dtype=float)
    chi2 = _misfit(problem, values, covariance_u)
    unseen = unseen_residuals(values, jacobian, rows, rows.points)
    slope = prior.jacobian(prior.to_parameters(u))
    covariance = _covariance(problem, jacobian, covariance_u, max(chi2, 1.0), unseen)
    covariance *= np.outer(slope, slope)
    determined = np.where(prior.held, 0.0, np.sqrt(np.diag(covariance_u)) / prior.widths)
    informing = informing_points(jacobian, rows, prior.widths)
    found = Found(u, np.sqrt(np.diag(covariance)), determined, informing)
    left_out = unseen_residuals(values, jacobian, rows, rows.blocks)
    diagnostics = Diagnostics(
        errors=_errors(problem, problem.evaluate(start)[0], values, left_out),
        foresight=_foresight(problem, rows, unseen),
        outliers=tuple(
            Outliers(group.species, group.origin, count)
            for group, count in solution.outliers.items()
        ),
        barriers=_barriers(problem, u),
        reduced_chi2=chi2,
        condition=float(np.linalg.cond(jacobian * prior.widths)),
        undetermined=int(np.count_nonzero(determined > _UNDETERMINED)),
        converged=solution.converged,
        unsettled=solution.unsettled,
        loose=_loose_motions(problem, u) or None,
    )
    return ForceField(
        layout.system.atom_types,
        _terms(prior, found),
        layout.electrostatics,
        covariance,
        diagnostics,
        scale_14=layout.scale_14,
    )


def _covariance(
    problem: Problem, jacobian: Array, covariance: Array, noise: float, unseen: Array
) -> Array:
    """The covariance of u. What forms miss of data that are followed closely is noise of these."""
    rows, total = problem.rows(), noise * covariance
    for kind, residual in enumerate(problem.residuals):
        if residual.closely:
            mine = rows.kinds == kind
            more = root_mean_square(unseen, rows, mine) ** 2 - noise
            along = covariance @ jacobian[mine].T
            total = total + max(more, 0.0) * along @ along.T
    return total


def _misfit(problem: Problem, values: Array, covariance: Array) -> float:
    """χ² over the number of data beyond those that parameters take up; 1 where there are no points.

    What a parameter owes to its prior it does not take from the data.
    """
    rows, prior = problem.rows(), problem.prior.rows
    chosen = [k for k, residual in enumerate(problem.residuals) if residual.counted]
    counted = (rows.weights > 0) & np.isin(rows.kinds, chosen)
    redundant = sum(problem.residuals[k].redundant for k in chosen)
    taken = len(prior) - np.trace(prior.T @ prior @ covariance)
    surplus = np.count_nonzero(counted) - redundant - taken
    return float(values[counted] @ values[counted] / surplus) if surplus > 0 else 1.0


def _errors(
    problem: Problem, start: Array, fitted: Array, left_out: Array
) -> tuple[DataError, ...]:
    """The errors of each kind, all in all and by group."""
    rows = problem.rows()
    groups = np.array([problem.case.groups.index(g) for g in problem.case.point_groups], dtype=int)
    errors = []
    for kind, residual in enumerate(problem.residuals):
        here = rows.kinds == kind
        points, blocks, weights = rows.points[here], rows.blocks[here], rows.weights[here]
        own = np.where(points == NONE, NONE, groups[points] if len(groups) else NONE)
        for group in (None, *dict.fromkeys(own[own != NONE].tolist())):
            mine = np.ones(len(own), dtype=bool) if group is None else own == group
            error = residual.error(fitted[here], mine)
            if error is None:
                continue
            counted = points[mine & (weights > 0)]
            name = problem.case.groups[group] if group is not None else None
            # Before the fit nothing had been relaxed.
            before = not isinstance(residual, Relaxing)
            errors.append(
                DataError(
                    residual.kind,
                    residual.unit,
                    len(np.unique(counted)) if (counted != NONE).any() else len(counted),
                    error,
                    residual.error(start[here], mine) if before else None,
                    residual.error(left_out[here], mine) if (blocks != NONE).any() else None,
                    name.species if name else (),
                    name.origin if name else None,
                )
            )
    return tuple(errors)


def _foresight(problem: Problem, rows: Rows, unseen: Array) -> tuple[Foresight, ...]:
    """How well points are foreseen, each left out by itself."""
    found = []
    for data in dict.fromkeys(residual.data for residual in problem.residuals if residual.data):
        kinds = [k for k, residual in enumerate(problem.residuals) if residual.data == data]
        found.append(Foresight(data, root_mean_square(unseen, rows, np.isin(rows.kinds, kinds))))
    return tuple(found)


def _barriers(problem: Problem, u: Array) -> tuple[Barrier, ...]:
    parameters = problem.prior.to_parameters(u)
    least = _LOW * problem.case.settings.barrier
    barriers = []
    for pair in type_pairs(problem.case.layout):
        top = inner_maximum(parameters[pair.columns], pair.charge_product, pair.form)
        barriers.append(Barrier(pair.types, top.barrier, top.barrier < least))
    return tuple(barriers)


def _loose_motions(problem: Problem, u: Array) -> tuple[LooseMotion, ...]:
    """Motions along which the field is softer than QM by far.

    They have no term, or one that the points do not determine.
    """
    parameters, system = problem.prior.to_parameters(u), problem.case.layout.system
    found = []
    for name, model in problem.case.models.hessians.items():
        labels = np.array(system.of_name(name).atom_types)
        for frequency, fitted, displacements in model.softest(parameters, _STIFF):
            if fitted > _LOOSE * frequency:
                break
            moved = np.linalg.norm(displacements, axis=1)
            types = dict.fromkeys(labels[moved > _MOVED * moved.max()].tolist())
            found.append(LooseMotion(name, frequency, fitted, tuple(types)))
    return tuple(found)


def _terms(prior: Prior, found: Found) -> tuple[Term, ...]:
    """The fitted terms with what is to be said of each parameter."""
    parameters, expected = prior.to_parameters(found.u), prior.to_parameters(prior.centre)
    places = columns(prior.terms)
    terms = []
    for term in prior.terms:
        here = dict(zip(term.parameters, places[term.name].tolist(), strict=True))
        terms.append(
            replace(
                term,
                parameters={name: float(parameters[i]) for name, i in here.items()},
                standard_errors={
                    name: float(found.errors[i]) for name, i in here.items() if not prior.held[i]
                },
                prior={name: float(expected[i]) for name, i in here.items()},
                informing_points={name: int(found.informing[i]) for name, i in here.items()},
                flags=_flags(prior, found, here),
            )
        )
    return tuple(terms)


def _flags(prior: Prior, found: Found, here: Mapping[str, int]) -> tuple[Flag, ...]:
    margin = 1e-3 * (prior.upper - prior.lower)
    flags = []
    for name, i in here.items():
        if found.u[i] - prior.lower[i] < margin[i]:
            flags.append(Flag(name, "lower_bound"))
        if prior.upper[i] - found.u[i] < margin[i]:
            flags.append(Flag(name, "upper_bound"))
        if found.determined[i] > _UNDETERMINED:
            flags.append(Flag(name, "prior_only"))
        off = float((found.u[i] - prior.centre[i]) / prior.widths[i])
        if abs(off) > _FAR:
            flags.append(Flag(name, "drawn", off))
    return tuple(flags)
