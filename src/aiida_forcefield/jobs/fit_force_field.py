"""Job of the joint fit."""

from dataclasses import dataclass

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
from aiida_forcefield.potentials.electrostatics import FixedCharges
from aiida_forcefield.potentials.forcefield import ForceField
from aiida_forcefield.scans import Points
from aiida_forcefield.surrogate import LearnedProfile
from aiida_forcefield.topology import Frames, System


@dataclass(frozen=True, eq=False)
class FitTask:
    """What is fitted, and how.

    Attributes:
        system: whose force field is fitted.
        electrostatics: of its atom types.
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
    electrostatics: FixedCharges
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
    choices = Choices(task.electrostatics, data, task.settings)
    if task.variation:
        choices = VARIATIONS[task.variation](choices)
    arguments = (task.system, choices.electrostatics, choices.data, choices.settings)
    if task.choose:
        choice, field = choose_forms(*arguments)
        return FitFound(field, choice)
    if task.choice is None:
        return FitFound(fit(*arguments))
    return FitFound(fit(*arguments, task.choice.form_of_kind, task.choice.pairs))
