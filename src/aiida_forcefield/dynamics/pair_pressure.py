"""How well the pressure is known that the pairs of a liquid make.

By the virial, pairs at distances R make the pressure −Σ R dE/dR / 3V. What a force field misses of
it is estimated from some pairs of which QM tells how their energy changes as they move apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.dynamics.many_body import BAR

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class DrawnPairs:
    """Some pairs of a liquid.

    Attributes:
        errors: by which a force field misses the change of each one's energy with the relative
            change of its distance, shape (k,), eV.
        numbers: of pairs of the liquid that each stands for, shape (k,).
        volume: of the liquid, Å³.
    """

    errors: Array
    numbers: Array
    volume: float


@dataclass(frozen=True)
class PressureError:
    """What the drawn pairs tell of the pressure of all.

    Attributes:
        bias: by which the force field's pressure is too high, bar.
        error: standard error of `bias`, bar.
        pairs: how many tell of it.
    """

    bias: float
    error: float
    pairs: int


def pressure_error(liquids: Sequence[DrawnPairs]) -> PressureError:
    """The error of the pressure of pairs, each liquid counting by how well it is known there.

    Raises:
        ValueError: no pair was drawn.
    """
    drawn = [liquid for liquid in liquids if len(liquid.errors)]
    if not drawn:
        raise ValueError("no pair of a liquid is known that was moved apart")
    parts = [-each.errors * each.numbers / (3 * each.volume) * BAR for each in drawn]
    # About zero, where a fit to these pairs has their mean: few of a kind tell no spread.
    precisions = np.array([1.0 / max(float(part @ part), 1e-12) for part in parts])
    bias = np.average([part.sum() for part in parts], weights=precisions)
    error = precisions.sum() ** -0.5
    return PressureError(float(bias), float(error), sum(len(part) for part in parts))
