"""Other choices in a fit, as good as those that were made; what they change is uncertain."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from aiida_forcefield.potentials.points import DimerPoints
from aiida_forcefield.potentials.settings import Settings


@dataclass(frozen=True, eq=False)
class Choices:
    """What a fit of nonbonded terms rests on beside the molecule itself.

    Attributes:
        charges: of each atom type in the liquid, e.
        gas_charges: of each atom type in vacuum, e.
        dimer_points: sets of interaction energies.
        settings: weights.
    """

    charges: Mapping[str, float]
    gas_charges: Mapping[str, float]
    dimer_points: Sequence[DimerPoints]
    settings: Settings


def _other_half(choices: Choices) -> Choices:
    """Every second dimer counts twice, the others not: the change is one standard error."""
    sets = []
    for points in choices.dimer_points:
        doubled = 2.0 * (np.arange(len(points.energies)) % 2)
        sets.append(replace(points, weights=points.weights * doubled))
    return replace(choices, dimer_points=sets)


def _other_weights(choices: Choices) -> Choices:
    """Repulsive dimers weigh as if the scale of their energies were half as large."""
    scale = 0.5 * choices.settings.repulsive_scale
    return replace(choices, settings=replace(choices.settings, repulsive_scale=scale))


def _other_charges(choices: Choices) -> Choices:
    """Charges of the liquid polarised by a quarter more.

    They stand for how induction arranges molecules, to which they are in proportion by 1.1 to 1.6
    in three liquids (docs/topics/liquid.md): half of that range is their standard error.
    """
    gas = choices.gas_charges
    more = {name: gas[name] + 1.25 * (q - gas[name]) for name, q in choices.charges.items()}
    return replace(choices, charges=more)


VARIATIONS: Final[Mapping[str, Callable[[Choices], Choices]]] = {
    "dimers": _other_half,
    "weights": _other_weights,
    "charges": _other_charges,
}
