"""Response of a liquid to pressure and temperature, from how its volume fluctuates."""

from collections.abc import Sequence

import numpy as np

from aiida_forcefield.dynamics.log import Thermo
from aiida_forcefield.dynamics.statistics import Estimate, covariance
from aiida_forcefield.units import BAR, BOLTZMANN


def mean_volume(runs: Sequence[Thermo]) -> float:
    """Of all runs together, Å³."""
    return float(np.concatenate([run.volume for run in runs]).mean())


def compressibility_of_pairs(
    runs: Sequence[Thermo], temperature: float, interval: float
) -> Estimate:
    """Isothermal compressibility of the simulated liquid, 1/bar: ⟨ΔV²⟩ / (k T ⟨V⟩).

    M. P. Allen and D. J. Tildesley, Computer Simulation of Liquids, 2nd ed., eq. 2.87. Two runs of
    30 ps tell it within a fifth or so.

    Args:
        runs: in equilibrium at constant pressure.
        temperature: K.
        interval: between two samples, ps.
    """
    volumes = [run.volume for run in runs]
    unit = BOLTZMANN * temperature * mean_volume(runs) * BAR
    return covariance(volumes, volumes, interval).times(1 / unit)


def stiffened(compressibility: Estimate, stiffness: float) -> Estimate:
    """The compressibility of a liquid that is stiffer by so many bar."""
    factor = 1 / (1 + compressibility.mean * stiffness)
    found = compressibility.times(factor)
    # d/dκ of κ / (1 + κ s) is the square of the factor.
    return Estimate(**{**vars(found), "standard_error": found.standard_error * abs(factor)})


def thermal_expansion(
    runs: Sequence[Thermo],
    temperature: float,
    pressure: float,
    stiffness: float,
    interval: float,
) -> Estimate:
    """Isobaric expansion coefficient (1/K) from how enthalpy and volume fluctuate together.

    ⟨ΔV ΔH⟩ / (k T² ⟨V⟩), H = U + p V [Allen and Tildesley, eq. 2.88]; kinetic energies do not
    depend on the volume, and would add noise alone. At a given volume, three-body dispersion
    pushes alike at all temperatures. So it leaves (∂p/∂T)_V as it is, the expansion divided by the
    compressibility, and makes both smaller by one factor. The error has both fluctuations.

    Args:
        runs: in equilibrium.
        temperature: K.
        pressure: that the barostat aimed at, bar.
        stiffness: by which three-body dispersion makes the liquid stiffer, bar.
        interval: between two samples, ps.
    """
    volumes = [run.volume for run in runs]
    enthalpies = [run.potential_energy + pressure / BAR * run.volume for run in runs]
    unit = BOLTZMANN * temperature**2 * mean_volume(runs)
    pairs = covariance(volumes, enthalpies, interval).times(1 / unit)
    kappa = compressibility_of_pairs(runs, temperature, interval).mean
    factor = 1 / (1 + kappa * stiffness)
    # The factor depends on ⟨ΔV²⟩, too: to first order, as if the enthalpy had this much of V.
    share = -pairs.mean * stiffness * factor * temperature / BAR
    both = [h + share * v for h, v in zip(enthalpies, volumes, strict=True)]
    spread = covariance(volumes, both, interval).times(factor / unit)
    return Estimate(**{**vars(spread), "mean": factor * pairs.mean})
