"""The energy beyond the cutoff, from the force field alone, to check what LAMMPS adds.

In hybrid pair styles a misplaced keyword switches the tail correction off in silence, which costs
about 2 % of a liquid's density.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import combinations_with_replacement

import numpy as np
from scipy.integrate import quad

from aiida_forcefield.dynamics.log import Thermo
from aiida_forcefield.potentials.forcefield import ForceField
from aiida_forcefield.topology.system import System


def tail_coefficient(
    forcefield: ForceField, system: System, molecules: Sequence[int], cutoff: float
) -> float:
    """Tail energy times volume of a box with so many molecules of each species, eV Å³.

    E_tail = (2π/V) Σ_ij N_i N_j ∫_rc^∞ E_ij(r) r² dr, the sum over all ordered pairs of types,
    beyond a ``cutoff`` (Å) where the liquid is taken as uniform
    [M. P. Allen and D. J. Tildesley, Computer Simulation of Liquids, 2nd ed., section 2.8].
    """
    form, counts = forcefield.nonbonded_form, Counter[str]()
    for (name, _), number in zip(system, molecules, strict=True):
        counts.update({each: number * n for each, n in Counter(system.types_of(name)).items()})

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


def check_tail(thermo: Thermo, coefficient: float, tolerance: float = 1e-3) -> None:
    """Assert that LAMMPS added the tail correction, and the right one.

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
            f"tail correction: LAMMPS added {found.mean():.6g} eV Å³ / V, "
            f"the force field gives {coefficient:.6g} eV Å³ / V"
        )
        raise ValueError(message)
