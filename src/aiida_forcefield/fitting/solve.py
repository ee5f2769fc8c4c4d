"""The optimum of a problem, without the points that disagree and with all relaxed that relaxes."""

from collections import Counter
from dataclasses import dataclass, replace
from math import inf
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from aiida_forcefield.fitting.case import Block, Group, Latest
from aiida_forcefield.fitting.outliers import agreeing, agreeing_along
from aiida_forcefield.fitting.problem import Problem
from aiida_forcefield.potentials.forcefield import ForceField, columns, with_vector

Array = NDArray[np.float64]

_RELAXATIONS: Final = 8  # at most; two or three will do where other angles do not lean
_MOST_FITS: Final = 5  # after which it is clear which points are outliers


@dataclass(frozen=True, eq=False)
class Solution:
    """The optimum of a problem.

    Attributes:
        problem: with the weights of the points that agree, and structures relaxed.
        u: in which the fit works, shape (p,).
        converged: whether it was found.
        outliers: how many points of each group were left out.
        unsettled: by how much, in eV, the last relaxation changed the data.
    """

    problem: Problem
    u: Array
    converged: bool
    outliers: Counter[Group]
    unsettled: float = 0.0


def solve(problem: Problem, start: Array) -> Solution:
    """The optimum from a start."""
    solution = _without_outliers(problem, start)
    return _relaxed(solution) or solution


def first_guess(problem: Problem) -> Array:
    """The prior's centre; with more repulsion where two atom types would collapse there.

    Raises:
        ValueError: two atoms of a point are at one place, or no repulsion keeps types apart.
    """
    prior = problem.prior
    repulsion = [
        columns(prior.terms)[term.name][0] for term in prior.terms if term.kind == "nonbonded"
    ]
    u = prior.centre.clip(prior.lower + 1e-9, prior.upper - 1e-9)
    values, rows, groups = problem.evaluate(u)[0], problem.rows(), problem.case.point_groups
    if wrong := {groups[k] for k in rows.points[~np.isfinite(values) & (rows.points >= 0)]}:
        names = sorted(f"{'-'.join(each.species)} {each.origin.name}".strip() for each in wrong)
        raise ValueError(f"{', '.join(names)}: two atoms of a point are at one place")
    while not np.isfinite(problem.evaluate(u)[0]).all():
        u[repulsion] += 0.5
        if (u >= prior.upper).any():
            message = "charges: so large that no repulsion within its bounds keeps the atoms apart"
            raise ValueError(message)
    return u


def _without_outliers(problem: Problem, start: Array) -> Solution:
    """The optimum of the points that agree.

    At first it is the start that they have to agree with: a fit may follow what is far off.
    """
    rows, u = problem.rows(), start
    agree = agreeing(problem.evaluate(u)[0], rows, problem.residuals)
    for _ in range(_MOST_FITS):
        kept, chosen = agree, problem.weighted(_factors(problem, agree))
        u, converged = _minimised(chosen, u)
        agree = agreeing(problem.evaluate(u)[0], rows, problem.residuals)
        if (agree == kept).all():
            break
    return Solution(chosen, u, converged, _left_out(problem, kept))


def _relaxed(without: Solution) -> Solution | None:
    """The same with what relaxes in the force field, from an optimum without; None without such."""
    problem, u, change = without.problem, without.u, inf
    for _ in range(_RELAXATIONS):
        before = problem.relaxing
        problem = problem.relaxed(_field(problem, u))
        if not problem.relaxing:
            return None
        u, converged = _minimised(problem, u)
        pairs = list(zip(problem.relaxing, before, strict=False))
        last, change = change, max((new.change(old) for new, old in pairs), default=inf)
        # Where its forms cannot follow the data, a fit may go back and forth ever farther.
        if not min(each.standard_error for each in problem.relaxing) < change <= last:
            break
    rows = problem.rows()
    along = np.isin(rows.kinds, [k for k, each in enumerate(problem.residuals) if each.closely])
    agree = agreeing_along(*problem.evaluate(u), rows, along)
    if agree.all():
        settled = converged and all(each.settled for each in problem.relaxing)
        return Solution(problem, u, settled, without.outliers, change)
    fewer = problem.weighted(_factors(problem, agree))
    outliers = without.outliers + _left_out(problem, agree)
    again = replace(without, problem=fewer, outliers=outliers)
    return _relaxed(again) or again


def _field(problem: Problem, u: Array) -> ForceField:
    """The force field of some parameters, without what is known of it."""
    prior, layout = problem.prior, problem.case.layout
    terms = with_vector(prior.terms, prior.to_parameters(u))
    return ForceField(
        layout.system.atom_types,
        terms,
        layout.electrostatics,
        np.zeros((0, 0)),
        scale_14=layout.scale_14,
    )


def _factors(problem: Problem, agree: NDArray[np.bool_]) -> Array:
    """1 of the points that agree, and of those that no residual is of; shape (s,)."""
    factors = np.ones(len(problem.case.point_groups))
    factors[: len(agree)] = agree
    return factors


def _left_out(problem: Problem, kept: NDArray[np.bool_]) -> Counter[Group]:
    """How many points of each group were not kept."""
    groups = problem.case.point_groups
    return Counter(groups[place] for place in np.flatnonzero(~kept))


def _minimised(problem: Problem, start: Array) -> tuple[Array, bool]:
    """The optimum from a start, and whether it was found."""
    evaluated: Latest[Block] = Latest(problem.evaluate)

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
