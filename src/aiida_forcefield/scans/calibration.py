"""How much of the counterpoise correction leads to the limit of a complete basis.

In a finite basis the molecules of a dimer borrow each other's functions. The full correction (CP)
also takes away true attraction that the basis misses; so an interaction energy is best taken
between the plain and the corrected one, E = E(CP) + (1 - f) (E(plain) - E(CP)). The fraction f is
measured on a few dimers in a second basis: one for molecules that a hydrogen bond joins, one for
all others.
"""

import re

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aiida_forcefield.runner.hydrogen_bonds import hydrogen_bonding
from aiida_forcefield.scans.dimers import bonded_dimers, touching_dimers
from aiida_forcefield.topology import Topology

Array = NDArray[np.float64]

_TRIALS = 1000  # dimers of random orientation from which those for a calibration are taken
_CARDINALS = {"d": 2, "t": 3, "q": 4, "5": 5, "6": 6}


def calibration_dimers(topology: Topology, positions: Array, count: int, seed: int) -> Array:
    """Dimers in contact as in a liquid: first those without a hydrogen bond, then those with one.

    Args:
        topology: of the molecule.
        positions: geometry of both molecules, shape (n, 3), Å.
        count: largest number of dimers of each kind.
        seed: of the random choices.

    Returns:
        Positions, first molecule first, shape (s, 2n, 3), Å. Molecules that form no hydrogen bond
        have only dimers of the first kind; very crowded ones may have fewer than asked for.
    """
    apart = touching_dimers(topology, positions, _TRIALS, seed)
    joined = bonded_dimers(topology, positions, _TRIALS, seed)
    weak = apart[hydrogen_bonds(topology, apart) == 0.0]
    bonded = joined[hydrogen_bonds(topology, joined) == 1.0]
    return np.concatenate([weak[:count], bonded[:count]])


def hydrogen_bonds(topology: Topology, dimers: Array) -> Array:
    """How strongly hydrogen bonds join the molecules of dimers, 0 to 1, shape (s,)."""
    n = len(topology.symbols)
    parts, symbols = (slice(0, n), slice(n, 2 * n)), topology.symbols * 2
    return np.array([hydrogen_bonding(symbols, dimer, parts) for dimer in dimers])


def family_and_cardinal(basis: object) -> tuple[str, int]:
    """Family and X of a correlation-consistent basis set: ``augccpv`` and 2 of aug-cc-pVDZ.

    Raises:
        ValueError: another kind of basis set, whose limit is not known.
    """
    found = re.fullmatch(r"((?:aug)?ccpw?c?v)([dtq56])z", re.sub("[-_ ]", "", str(basis).lower()))
    if found is None:
        raise ValueError(f"{basis!r} is not one of aug-cc-pvdz, aug-cc-pvtz, aug-cc-pvqz, ...")
    return found[1], _CARDINALS[found[2]]


def complete_basis(energies: tuple[ArrayLike, ArrayLike], cardinals: tuple[int, int]) -> Array:
    """Interaction energies in the limit of a complete basis, from those in two basis sets.

    The error of correlation energies falls as X⁻³ (A. Halkier et al., Chem. Phys. Lett. 286, 243
    (1998)). That of the counterpoise-corrected Hartree-Fock part falls faster and is much smaller,
    so that it does no harm to extrapolate the sum.

    Args:
        energies: counterpoise-corrected, in the two basis sets, each of shape (s,), any unit.
        cardinals: X of the two basis sets.

    Raises:
        ValueError: the two are equal.
    """
    (one, two), (x, y) = (np.asarray(energy, dtype=float) for energy in energies), cardinals
    if x == y:
        raise ValueError(f"cardinals {x} and {y}: two different basis sets are needed")
    limit: Array = (x**3 * one - y**3 * two) / (x**3 - y**3)
    return limit


def counterpoise_fractions(
    corrected: Array, plain: Array, limit: Array, bonding: Array
) -> tuple[float, float]:
    """The fractions f of weak and of hydrogen-bonded contacts that come nearest to the limit.

    Least squares; f lies within 0 and 1. Where one kind of contact is not among the dimers, it has
    the fraction of the other.

    Args:
        corrected: counterpoise-corrected interaction energies, shape (s,), any unit.
        plain: the same without correction.
        limit: the same in a complete basis.
        bonding: from `hydrogen_bonds`, shape (s,).
    """
    gained = (plain - corrected)[:, None] * np.stack([1.0 - bonding, bonding], axis=-1)
    present = gained.any(axis=0)
    if not present.any():  # nothing to correct
        return 1.0, 1.0
    kept, *_ = np.linalg.lstsq(gained[:, present], limit - corrected)
    fractions = 1.0 - np.clip(kept, 0.0, 1.0)
    return float(fractions[0]), float(fractions[-1])
