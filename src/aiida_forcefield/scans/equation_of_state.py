"""Lattice constant and bulk modulus from the energy of a crystal as its cell breathes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import curve_fit

from aiida_forcefield.units import GPA

Array = NDArray[np.float64]


@dataclass(frozen=True)
class EquationOfState:
    """A Birch-Murnaghan equation of state, with the standard errors of the fit.

    Attributes:
        strain, strain_error: isotropic strain of the cell of least energy, a fraction.
        volume, volume_error: of the cell there, Å³.
        bulk_modulus, bulk_modulus_error: GPa.
        derivative, derivative_error: of the bulk modulus with respect to pressure.
        energy, energy_error: of the cell at its minimum, eV.
        residual: largest deviation of a point from the fit, eV.
    """

    strain: float
    strain_error: float
    volume: float
    volume_error: float
    bulk_modulus: float
    bulk_modulus_error: float
    derivative: float
    derivative_error: float
    energy: float
    energy_error: float
    residual: float


def birch_murnaghan(
    volumes: Array, energy: float, volume: float, modulus: float, derivative: float
) -> Array:
    """Energy, eV, at volumes (m,), Å³; the modulus in eV/Å³.

    F. Birch, Phys. Rev. 71, 809 (1947).
    """
    x = (volume / volumes) ** (2.0 / 3.0) - 1.0
    cubic: Array = derivative * x**3 + x**2 * (2.0 - 4.0 * x)
    return energy + 9.0 * volume * modulus / 16.0 * cubic


def pressure(volumes: Array, volume: float, modulus: float, derivative: float) -> Array:
    """−dE/dV, eV/Å³, of `birch_murnaghan` at volumes (m,), Å³."""
    x = (volume / volumes) ** (1.0 / 3.0)
    cubic: Array = 1.0 + 0.75 * (derivative - 4.0) * (x**2 - 1.0)
    return 1.5 * modulus * (x**7 - x**5) * cubic


def equation_of_state(
    strains: Array, energies: Array, slopes: Array, volume: float
) -> EquationOfState:
    """Fit energies, and slopes where there are any, of isotropically strained cells.

    An error of a slope counts as the error of energy that it makes over the spread of the strains.

    Args:
        strains: shape (m,), fractions.
        energies: shape (m,), eV.
        slopes: dE/dq, shape (m,), eV; NaN where unknown.
        volume: of the cell without strain, Å³.

    Raises:
        ValueError: fewer energies and slopes than five, one more than the equation has parameters,
            lest no error of theirs be known; or no minimum between the least and largest strain.
    """
    known = np.isfinite(slopes)
    if (count := len(strains) + int(known.sum())) < 5:
        raise ValueError(f"strains: {count} energies and slopes; at least 5 are needed")
    volumes, reach = volume * (1.0 + strains) ** 3, float(np.std(strains))
    rate = 3.0 * volumes[known] / (1.0 + strains[known])  # dV/dq

    def model(_: Array, energy: float, *parameters: float) -> Array:
        along = -rate * pressure(volumes[known], *parameters)
        return np.concatenate([birch_murnaghan(volumes, energy, *parameters), reach * along])

    lowest = energies.argmin()
    observed = np.concatenate([energies - energies[lowest], reach * slopes[known]])
    curvature = 2.0 * np.polyfit(strains, energies - energies[lowest], 2)[0]
    guess = 0.0, volumes[lowest], curvature / (9.0 * volumes[lowest]), 4.0
    nowhere = "strains: the energy has no minimum between the least and the largest"
    try:
        best, covariance = curve_fit(model, observed, observed, guess)
    except RuntimeError:
        raise ValueError(nowhere) from None
    depth, v0, modulus, derivative = (float(value) for value in best)
    if not volumes.min() < v0 < volumes.max() or modulus <= 0:
        raise ValueError(nowhere)
    errors = [float(error) for error in np.sqrt(np.diag(covariance))]
    strain = (v0 / volume) ** (1.0 / 3.0) - 1.0
    return EquationOfState(
        strain=strain,
        strain_error=(1.0 + strain) * errors[1] / (3.0 * v0),
        volume=v0,
        volume_error=errors[1],
        bulk_modulus=modulus * GPA,
        bulk_modulus_error=errors[2] * GPA,
        derivative=derivative,
        derivative_error=errors[3],
        energy=float(energies[lowest]) + depth,
        energy_error=errors[0],
        residual=float(np.abs(model(observed, *best) - observed)[: len(energies)].max()),
    )
