"""Other choices in a fit, as good as those that were made; what they change is uncertain."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from aiida_forcefield.fitting.data import FitData
from aiida_forcefield.fitting.settings import Settings
from aiida_forcefield.potentials.electrostatics import FixedCharges


@dataclass(frozen=True, eq=False)
class Choices:
    """What a fit of nonbonded terms rests on beside the molecules themselves.

    Attributes:
        electrostatics: of the force field.
        data: of the fit.
        settings: weights.
    """

    electrostatics: FixedCharges
    data: FitData
    settings: Settings


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


def _other_charges(choices: Choices) -> Choices:
    """Charges of the liquid polarised by a quarter more.

    They stand for how induction arranges molecules, to which they are in proportion by 1.1 to 1.6
    in three liquids (docs/topics/liquid.md): half of that range is their standard error.
    """
    gas, liquid = choices.electrostatics.gas, choices.electrostatics.liquid
    more = {name: gas[name] + 1.25 * (q - gas[name]) for name, q in liquid.items()}
    return replace(choices, electrostatics=replace(choices.electrostatics, liquid=more))


VARIATIONS: Final[Mapping[str, Callable[[Choices], Choices]]] = {
    "dimers": _other_half,
    "weights": _other_weights,
    "charges": _other_charges,
}
