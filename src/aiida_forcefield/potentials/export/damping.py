"""What damping takes off the attraction of Tang and Toennies, as a table for LAMMPS.

LAMMPS has the undamped form as `born`. Its style for formulas makes a step ten times as long as
exp-6 does, a spline through a table of our own 1.6 times.
"""

from collections.abc import Iterator, Mapping
from itertools import combinations_with_replacement
from math import factorial
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc

from aiida_forcefield.potentials.convert import convert
from aiida_forcefield.potentials.forcefield import ForceField
from aiida_forcefield.potentials.forms import OVERLAP, TANG_TOENNIES, Form
from aiida_forcefield.topology.system import System
from aiida_forcefield.units import KCAL_PER_MOL

Array = NDArray[np.float64]

DAMPING: Final = "damping.table"
"""Name of the file."""

DAMPED: Final[tuple[Form, ...]] = (TANG_TOENNIES, OVERLAP)
_POINTS: Final = 1000
_START: Final = 0.4  # Å: nearer than any two atoms come; there, LAMMPS stops and says so
_REACH: Final = 45.0  # in units of rho: beyond, less than 1e-10 of the attraction


def section(i: int, j: int) -> str:
    """What the part of the table for two types of LAMMPS is called."""
    return f"tang-toennies-{i}-{j}"


def write_damping(forcefield: ForceField, system: System, cutoff: float = 9.0) -> str:
    """The file `DAMPING`, which the include file of this force field reads.

    Args:
        forcefield: the force field.
        system: its species.
        cutoff: as of `write_force_field`, Å.

    Returns:
        The text; none for a form without damping.
    """
    if forcefield.nonbonded_form not in DAMPED:
        return ""
    numbered = enumerate(system.type_names, start=1)
    pairs = combinations_with_replacement(numbered, 2)
    return "\n\n".join(
        "\n".join([section(i, j), *_rows(forcefield, first, second, cutoff)])
        for (i, first), (j, second) in pairs
    )


def _rows(forcefield: ForceField, i: str, j: str, cutoff: float) -> Iterator[str]:
    p = convert(forcefield.nonbonded_form, forcefield.pair(i, j), KCAL_PER_MOL)
    end = min(cutoff, _REACH * p["rho"])
    r = np.linspace(_START, end, _POINTS)
    yield f"N {_POINTS} R {_START:g} {end:.14g}\n"
    for number, row in enumerate(np.stack([r, *_damping(r, p)], axis=-1), start=1):
        yield f"{number} " + " ".join(f"{value:.11g}" for value in row)


def _damping(r: Array, p: Mapping[str, float]) -> tuple[Array, Array]:
    """(1 − f6) C6/r⁶ + (1 − f8) C8/r⁸ and the force −d/dr of it."""
    x = r / p["rho"]
    energy, force = np.zeros_like(r), np.zeros_like(r)
    for n in (6, 8):
        attraction = p[f"C{n}"] / r**n
        undamped = gammaincc(n + 1, x) * attraction
        energy += undamped
        force += n * undamped / r + attraction * x**n * np.exp(-x) / (factorial(n) * p["rho"])
    return energy, force
