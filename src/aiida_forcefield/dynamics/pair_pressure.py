"""How well the pressure is known that the pairs of a liquid make.

By the virial, pairs at distances R make the pressure −Σ R dE/dR / 3V. What a force field misses of
it is estimated from some pairs of which QM tells how their energy changes as they move apart.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.units import BAR

Array = NDArray[np.float64]


@dataclass(frozen=True)
class PressureError:
    """What some pairs tell of the pressure of all.

    Attributes:
        bias: by which the force field's pressure is too high, bar.
        error: standard error of `bias`, bar.
        pairs: how many tell of it.
    """

    bias: float
    error: float
    pairs: int


def pressure_shares(numbers: Array, volume: float) -> Array:
    """What pressure R dE/dR of some pairs makes in a liquid, shape (k,), bar/eV.

    Args:
        numbers: of pairs of the liquid that each stands for, shape (k,).
        volume: of the liquid, Å³.
    """
    return np.asarray(-numbers / (3 * volume) * BAR)


def pressure_error(errors: Array, shares: Array) -> PressureError:
    """The error of the pressure that pairs make.

    Args:
        errors: by which a force field misses R dE/dR of some pairs, shape (k,), eV.
        shares: as of `pressure_shares`, shape (k,).

    Raises:
        ValueError: there is no pair.
    """
    if not len(errors):
        raise ValueError("no pair of a liquid is known that was moved apart")
    parts = errors * shares
    # About zero, where a fit to these pairs has their mean.
    return PressureError(float(parts.sum()), float(np.sqrt(parts @ parts)), len(parts))
