"""Thole's damping: charges of atoms that are smeared out where others feel what they induce.

With the charge distribution of P. Ren, J. W. Ponder, J. Phys. Chem. B 107, 5933 (2003), the field
of a charge at the distance r is damped by λ3 = 1 − exp(−a u³), u = r/L, where L is the geometric
mean of two lengths, each the cubic root of a polarizability; so its potential is f/r with

    f = 1 − exp(−a u³) + a^(1/3) u Γ(2/3, a u³).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import gamma, gammaincc

Array = NDArray[np.float64]


def damped_potential(r: Array, lengths: Array, damping: float) -> Array:
    """f/r, 1/Å.

    Args:
        r: distances, Å, shape (..., m).
        lengths: L of each pair, Å, shape (m,).
        damping: a.
    """
    u = r / lengths
    x = damping * u**3
    smeared = np.cbrt(damping) * u * gamma(2 / 3) * gammaincc(2 / 3, x)
    return np.asarray((-np.expm1(-x) + smeared) / r)


def damped_field(r: Array, lengths: Array, damping: float) -> tuple[Array, Array]:
    """−d/dr of f/r, 1/Å², and its derivative by r, 1/Å³; arguments as of `damped_potential`."""
    x = damping * (r / lengths) ** 3
    decay = np.exp(-x)
    field = -np.expm1(-x) / r**2
    return field, np.asarray(3 * x * decay / r**3 - 2 * field / r)


def screening(r: Array, lengths: Array, damping: float) -> tuple[Array, Array]:
    """(f − 1)/r, 1/Å, and −d/dr of it, 1/Å²: what damping takes off Coulomb's law at short range.

    Arguments as of `damped_potential`.
    """
    u = r / lengths
    x = damping * u**3
    lost = np.exp(-x)
    smeared = np.cbrt(damping) * u * gamma(2 / 3) * gammaincc(2 / 3, x)
    return np.asarray((smeared - lost) / r), np.asarray(-lost / r**2)
