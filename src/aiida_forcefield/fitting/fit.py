"""The joint fit: one regularised least squares over all points of a system."""

from collections.abc import Mapping, Sequence
from contextlib import ContextDecorator
from typing import Final

from threadpoolctl import threadpool_limits

from aiida_forcefield.fitting.case import Case, Models
from aiida_forcefield.fitting.data import FitData
from aiida_forcefield.fitting.priors.physical import PhysicalPriors
from aiida_forcefield.fitting.priors.prior import PriorSource, TypePair
from aiida_forcefield.fitting.problem import Problem
from aiida_forcefield.fitting.report import described
from aiida_forcefield.fitting.residuals import RESIDUALS, Residual
from aiida_forcefield.fitting.settings import Settings
from aiida_forcefield.fitting.solve import first_guess, solve
from aiida_forcefield.potentials.electrostatics import FieldElectrostatics
from aiida_forcefield.potentials.energy import Layout
from aiida_forcefield.potentials.forcefield import ForceField, Kind, check_charges
from aiida_forcefield.potentials.forms import Form
from aiida_forcefield.topology.system import System

SCALE_14: Final = (1.0, 1.0)
"""Atoms three bonds apart feel each other in full. Without that, angles lean where a methyl group
meets a lone pair, and the minima of torsions are off: docs/topics/fit.md has the figures."""

PHYSICAL: Final[PriorSource] = PhysicalPriors()

ONE_THREAD: Final[ContextDecorator] = threadpool_limits.wrap(limits=1, user_api="blas")
"""Where jobs keep all cores at work, as on a laptop, threads wait for one another: a fit of ten
seconds takes five minutes."""


@ONE_THREAD
def fit_force_field(
    system: System,
    electrostatics: FieldElectrostatics,
    data: FitData,
    settings: Settings | None = None,
    forms: Mapping[Kind, Form] | None = None,
    pairs: Sequence[TypePair] = (),
    priors: PriorSource = PHYSICAL,
    residuals: Sequence[type[Residual]] = RESIDUALS,
) -> ForceField:
    """Fit all parameters of a force field at once.

    Args:
        system: the species, or the ions of a crystal.
        electrostatics: of the atom types. Within a molecule that of the liquid acts in the fit,
            too, for so it is simulated: with other charges its conformers have other energies.
            Between two molecules that of vacuum acts, as their QM is. Of a crystal both are those
            of its ions.
        data: minimum of each species, which gives the prior and whose Hessian is data, too, but not
            of a crystal's ions; energies and gradients of molecules, interaction energies of
            dimers, or energies, gradients and stresses of cells.
        settings: weights; `Settings()` by default.
        forms: of each kind of interaction; by default those of the settings.
        pairs: of atom types that have parameters of their own.
        priors: where the prior comes from.
        residuals: kinds of data.

    Returns:
        The force field. A parameter at a bound is flagged, one that the data drew far off its
        prior, and one that they left as wide as that (more than 0.9 of its width). Points that
        disagree with all others are left out; the diagnostics count them by origin.

    Raises:
        ValueError: if shapes disagree, a value is not finite, or charges are missing, do not add up
            to that of their species, or let atoms collapse.
    """
    settings = settings or Settings()
    for state in ("gas", "liquid"):
        check_charges(electrostatics.charges(state), system)
    known = priors.prior(system, data.references, settings, forms or settings.form_of_kind, pairs)
    layout = Layout(system, known.terms, electrostatics, scale_14=SCALE_14)
    if layout.nonbonded_form.parts and not any(points.components for points in data.dimers):
        raise ValueError(
            f"forms: nonbonded {layout.nonbonded_form.name} needs the components of interaction "
            "energies, which no point has; take tang_toennies, or an engine that tells them"
        )
    case = Case(layout, data, settings, Models.of(layout, data))
    problem = Problem.of(known, case, residuals)
    start = first_guess(problem)
    return described(solve(problem, start), start)
