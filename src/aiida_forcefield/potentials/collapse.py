"""The Buckingham collapse: where attraction wins over the finite repulsion, and the wall before it.

Below its inner maximum an exp-6 curve falls to −∞, by −C6/r⁶; a damped one may, by Coulomb's law.
Ordinary MD does not get there if the maximum is high, but the overlaps of a packed box do.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.potentials.forcefield import ForceField
from aiida_forcefield.potentials.forms import LENNARD_JONES, FormValue
from aiida_forcefield.units import COULOMB

Array = NDArray[np.float64]
Curve = Callable[[Array, Array], FormValue]

_GRID = np.geomspace(0.05, 12.0, 3000)  # Å
_COARSE = _GRID[::40]


class InnerMaximum(NamedTuple):
    """The maximum that keeps two atoms apart.

    Attributes:
        distance: Å; 0 where the curve is repulsive down to 0.05 Å.
        barrier: height above the lowest energy further out, eV; 0 where nothing keeps them apart.
        span: distances of the maximum and of that lowest energy, shape (2,), Å.
    """

    distance: float
    barrier: float
    span: Array


def inner_maximum(parameters: Array, charge_product: float, form: Curve) -> InnerMaximum:
    """The inner maximum of a nonbonded form plus Coulomb between two atom types.

    Args:
        parameters: of the form.
        charge_product: product of their charges, e².
        form: (r, parameters) -> FormValue.
    """
    energy, slope = _curve(parameters, charge_product, form)
    # Coming from outside, the last falling stretch is the repulsive flank.
    falling = (slope < 0) & (_GRID < 4.0)
    tops = np.flatnonzero(falling & np.append(True, slope[:-1] >= 0))
    if not len(tops):
        return InnerMaximum(0.0, 0.0, _GRID[[0, 0]])
    top = int(max(tops, key=lambda i: energy[i] - energy[i:].min()))
    bottom = top + int(np.argmin(energy[top:]))
    barrier = float(energy[top] - energy[bottom])
    return InnerMaximum(float(_GRID[top]) if top else 0.0, barrier, _GRID[[top, bottom]])


def keeps_apart(parameters: Array, charge_product: float, form: Curve, least: float) -> bool:
    """Whether the inner maximum is certainly at least so high, eV; args as of `inner_maximum`.

    Few distances tell, where they do: between a place on a falling flank and a lower one farther
    out there is no less than their difference to climb. False means that they do not tell.
    """
    energy, slope = _curve(parameters, charge_product, form, _COARSE)
    lowest = np.minimum.accumulate(energy[::-1])[::-1]
    flank = (slope < 0) & (_COARSE < 4.0)
    return bool((energy - lowest)[flank].max(initial=0.0) >= least)


def wall(parameters: Array, charge_product: float, form: Curve) -> tuple[float, float]:
    """A repulsive wall that keeps the curve falling with r everywhere below the inner maximum.

    The wall is the purely repulsive part of a Lennard-Jones curve, 4ε((σ/r)¹² − (σ/r)⁶) + ε below
    2^(1/6) σ. It begins at 1.25 times the distance of the inner maximum, so that the field is
    unchanged where it was fitted, and it is twice as strong as the steepest fall inwards needs.

    Args:
        parameters: as `inner_maximum`'s, like the others.

    Returns:
        Where the wall begins, Å, and ε, eV; both 0 where the curve needs no wall.

    Raises:
        ValueError: if the two types have no inner maximum, so that no wall could help.
    """
    top = inner_maximum(parameters, charge_product, form)
    if top.barrier <= 0:
        raise ValueError("nonbonded: nothing keeps these atom types apart, A is too small")
    if top.distance == 0:
        return 0.0, 0.0
    start = 1.25 * top.distance
    inside = top.distance >= _GRID
    slope = _curve(parameters, charge_product, form)[1][inside]
    x6 = (start / _GRID[inside]) ** 6
    epsilon = float(np.max(slope * _GRID[inside] / (12 * (x6**2 - x6))))
    return start, max(2 * epsilon, 0.01)


def pair_wall(forcefield: ForceField, i: str, j: str) -> tuple[float, float]:
    """The wall between two atom types of a force field, as `wall`; Lennard-Jones needs none."""
    form = forcefield.nonbonded_form
    if form is LENNARD_JONES:
        return 0.0, 0.0
    parameters = np.array(list(forcefield.pair(i, j).values()))
    charges = forcefield.electrostatics.charges("liquid")
    try:
        return wall(parameters, charges[i] * charges[j], form.evaluate)
    except ValueError as error:
        raise ValueError(f"{i} and {j}: {error}") from None


def _curve(
    parameters: Array, charge_product: float, form: Curve, r: Array = _GRID
) -> tuple[Array, Array]:
    value = form(r, parameters)
    coulomb = COULOMB * charge_product / r
    return value.energy + coulomb, value.slope - coulomb / r
