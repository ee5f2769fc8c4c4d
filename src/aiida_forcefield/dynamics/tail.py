"""The energy at and beyond the cutoff, from the force field alone, to check what LAMMPS adds.

In hybrid pair styles a misplaced keyword switches the tail correction off in silence, which costs
about 2 % of a liquid's density.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import quad

from aiida_forcefield.dynamics.log import Thermo
from aiida_forcefield.potentials.forcefield import ForceField
from aiida_forcefield.topology.system import System

Array = NDArray[np.float64]


def tail_coefficient(
    forcefield: ForceField, system: System, molecules: Sequence[int], cutoff: float
) -> float:
    """Tail energy times volume of a box with so many molecules of each species, eV Å³.

    E_tail = (2π/V) Σ_ij N_i N_j ∫_rc^∞ E_ij(r) r² dr, the sum over all ordered pairs of types,
    beyond a ``cutoff`` (Å) where the liquid is taken as uniform
    [M. P. Allen and D. J. Tildesley, Computer Simulation of Liquids, 2nd ed., section 2.8].
    """
    form, counts = forcefield.nonbonded_form, count_types(system, molecules)

    def integral(i: str, j: str) -> float:
        p = np.array(list(forcefield.pair(i, j).values()))
        # u = rc/r turns the tail r⁻⁴ into u², over a finite range
        value, _ = quad(
            lambda u: float(form.evaluate(np.array(cutoff / u), p).energy) * cutoff**3 / u**4,
            0,
            1,
        )
        return float(value)

    pairs = combinations_with_replacement(system.type_names, 2)
    return (
        2
        * np.pi
        * sum((1 if i == j else 2) * counts[i] * counts[j] * integral(i, j) for i, j in pairs)
    )


def count_types(system: System, molecules: Sequence[int]) -> Counter[str]:
    """Number of atoms of each type in a box with so many molecules of each species."""
    counts = Counter[str]()
    for (name, _), number in zip(system, molecules, strict=True):
        counts.update({each: number * n for each, n in Counter(system.types_of(name)).items()})
    return counts


def energies_at_cutoff(forcefield: ForceField, system: System, cutoff: float) -> Array:
    """Nonbonded energy of all pairs of types at the cutoff (Å), eV, shape (t, t)."""
    form, names = forcefield.nonbonded_form, system.type_names
    parameters = np.array([[list(forcefield.pair(i, j).values()) for j in names] for i in names])
    distance = np.full(parameters.shape[:2], cutoff)
    return np.array(form.evaluate(distance, np.moveaxis(parameters, -1, 0)).energy)


def check_tail(thermo: Thermo, coefficient: float, tolerance: float = 1e-3) -> None:
    """Assert that the engine added the tail correction, and the right one.

    Args:
        thermo: of a run.
        coefficient: from `tail_coefficient`, eV Å³.
        tolerance: largest relative error.

    Raises:
        ValueError: if a tail energy in the log is zero or wrong.
    """
    found = thermo.tail * thermo.volume
    if not np.allclose(found, coefficient, rtol=tolerance, atol=0):
        message = (
            f"tail correction: the engine added {found.mean():.6g} eV Å³ / V, "
            f"the force field gives {coefficient:.6g} eV Å³ / V"
        )
        raise ValueError(message)
