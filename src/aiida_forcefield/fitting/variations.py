"""Other choices in a fit, as good as those that were made; what they change is uncertain."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from aiida_forcefield.fitting.data import FitData
from aiida_forcefield.fitting.settings import Settings
from aiida_forcefield.potentials.electrostatics import FieldElectrostatics, Polarizable


@dataclass(frozen=True, eq=False)
class Choices:
    """What a fit of nonbonded terms rests on beside the molecules themselves.

    Attributes:
        electrostatics: of the force field.
        data: of the fit.
        settings: weights.
        damping_error: standard error of the damping of polarizable electrostatics.
    """

    electrostatics: FieldElectrostatics
    data: FitData
    settings: Settings
    damping_error: float = 0.0


def _other_half(choices: Choices) -> Choices:
    """Every second dimer counts twice, the others not: the change is one standard error."""
    sets = tuple(
        points.weighted(np.where(np.arange(len(points.energies)) % 2, 2.0, 0.0))
        for points in choices.data.dimers
    )
    return replace(choices, data=replace(choices.data, dimers=sets))


def _other_weights(choices: Choices) -> Choices:
    """Repulsive dimers weigh as if the scale of their energies were half as large."""
    scale = 0.5 * choices.settings.repulsive_scale
    return replace(choices, settings=replace(choices.settings, repulsive_scale=scale))


def _other_electrostatics(choices: Choices) -> Choices:
    """The damping a standard error larger; fixed charges of the liquid polarised by a quarter more.

    These stand for how induction arranges molecules, to which they are in proportion by 1.1 to 1.6
    in three liquids (docs/topics/liquid.md): half of that range is their standard error.
    """
    usual = choices.electrostatics
    if isinstance(usual, Polarizable):
        damped = replace(usual, damping=usual.damping + choices.damping_error)
        return replace(choices, electrostatics=damped)
    more = {
        name: usual.gas[name] + 1.25 * (q - usual.gas[name]) for name, q in usual.liquid.items()
    }
    return replace(choices, electrostatics=replace(usual, liquid=more))


VARIATIONS: Final[Mapping[str, Callable[[Choices], Choices]]] = {
    "dimers": _other_half,
    "weights": _other_weights,
    "electrostatics": _other_electrostatics,
}
