"""Job of the joint fit."""

from dataclasses import dataclass, replace

from aiida_forcefield.fitting import (
    VARIATIONS,
    Choice,
    Choices,
    Minimum,
    Settings,
    assemble,
    choose_forms,
)
from aiida_forcefield.fitting import fit_force_field as fit
from aiida_forcefield.fitting.damping import fit_damping, trimers_of
from aiida_forcefield.potentials.diagnostics import ThreeBody
from aiida_forcefield.potentials.electrostatics import FieldElectrostatics, Polarizable
from aiida_forcefield.potentials.forcefield import ForceField
from aiida_forcefield.scans import Points
from aiida_forcefield.surrogate import LearnedProfile
from aiida_forcefield.topology import Frames, System


@dataclass(frozen=True, eq=False)
class FitTask:
    """What is fitted, and how.

    Attributes:
        system: whose force field is fitted.
        electrostatics: of its atom types; if polarizable, with the damping that is usual before
            trimers tell.
        minima: each species at rest, in the order of the system.
        points: in the order in which they were computed, see `fitting.assemble`.
        profiles: of the scans.
        frames: of the liquids of the rounds, in order.
        settings: of the fit.
        choice: forms that were chosen before; None for the usual ones.
        choose: whether to choose forms by evidence.
        variation: a choice that is made otherwise, to tell how much depends on it: one of
            `fitting.VARIATIONS`; empty for none.
    """

    system: System
    electrostatics: FieldElectrostatics
    minima: tuple[Minimum, ...]
    points: tuple[Points, ...]
    profiles: tuple[LearnedProfile, ...]
    frames: tuple[Frames, ...]
    settings: Settings
    choice: Choice | None = None
    choose: bool = False
    variation: str = ""


@dataclass(frozen=True, eq=False)
class FitFound:
    """What a fit found.

    Attributes:
        field: the force field.
        choice: the forms that were chosen, where they were to be.
    """

    field: ForceField
    choice: Choice | None = None


def fit_force_field(task: FitTask) -> FitFound:
    """Fit all parameters of a system to all its points at once."""
    data = assemble(
        task.system,
        dict(zip(task.system.names, task.minima, strict=True)),
        task.points,
        task.profiles,
        dict(enumerate(task.frames)),
    )
    electrostatics, three_body = _damped(task)
    error = three_body.error if three_body else 0.0
    choices = Choices(electrostatics, data, task.settings, error)
    if task.variation:
        choices = VARIATIONS[task.variation](choices)
    arguments = (task.system, choices.electrostatics, choices.data, choices.settings)
    choice = None
    if task.choose:
        choice, field = choose_forms(*arguments)
    elif task.choice is None:
        field = fit(*arguments)
    else:
        field = fit(*arguments, task.choice.form_of_kind, task.choice.pairs)
    if three_body and field.diagnostics:
        diagnostics = replace(field.diagnostics, three_body=three_body)
        field = replace(field, diagnostics=diagnostics)
    return FitFound(field, choice)


def _damped(task: FitTask) -> tuple[FieldElectrostatics, ThreeBody | None]:
    """The electrostatics with the damping that trimers tell, and how well it does."""
    trimers = trimers_of(task.system, task.points)
    if not isinstance(task.electrostatics, Polarizable) or not trimers:
        return task.electrostatics, None
    found = fit_damping(task.system, task.electrostatics, trimers)
    return replace(task.electrostatics, damping=found.damping), found
