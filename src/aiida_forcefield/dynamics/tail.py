"""The energy beyond the cutoff, from the force field alone, to check what LAMMPS adds.

In hybrid pair styles a misplaced keyword switches the tail correction off in silence, which costs
about 2 % of a liquid's density.
"""

import numpy as np

from aiida_forcefield.dynamics.log import Thermo
from aiida_forcefield.potentials.forcefield import ForceField
from aiida_forcefield.topology.topology import Topology


def tail_coefficient(
    forcefield: ForceField, topology: Topology, molecules: int, cutoff: float
) -> float:
    """Tail energy times volume of a box of molecules, eV Å³.

    E_tail = (2π/V) Σ_ij N_i N_j ∫_rc^∞ (A_ij exp(−r/ρ_ij) − C_ij/r⁶) r² dr, the sum over all
    ordered pairs of types, beyond a ``cutoff`` (Å) where the liquid is taken as uniform
    [M. P. Allen and D. J. Tildesley, Computer Simulation of Liquids, 2nd ed., section 2.8].
    """
    terms = [forcefield.term(f"nonbonded {name}").parameters for name in topology.type_names]
    A, rho, C6 = (np.array([term[key] for term in terms]) for key in ("A", "rho", "C6"))
    counts = molecules * np.bincount(topology.type_indices)
    b = (1 / rho[:, None] + 1 / rho) / 2
    repulsion = np.exp(-b * cutoff) * (cutoff**2 / b + 2 * cutoff / b**2 + 2 / b**3)
    integrals = np.sqrt(np.outer(A, A)) * repulsion - np.sqrt(np.outer(C6, C6)) / (3 * cutoff**3)
    return float(2 * np.pi * counts @ integrals @ counts)


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
