"""Forms of nonbonded interactions: functions of a distance r in Å, between atoms of one type."""

from collections.abc import Callable
from math import factorial
from typing import Final

import numpy as np
from scipy.special import gammainc

from aiida_forcefield.potentials.forms.form import Array, Form, FormValue, Parameter


def exp6(r: Array, parameters: Array) -> FormValue:
    """E = A exp(−r/ρ) − C6/r⁶: R. A. Buckingham, Proc. R. Soc. A 168, 264 (1938).

    Types combine as A = √(A_i A_j), C6 = √(C_i C_j), 1/ρ = (1/ρ_i + 1/ρ_j)/2:
    D. E. Williams, J. Chem. Phys. 45, 3770 (1966).
    """
    A, rho, C6 = parameters
    return _sum(_born_mayer(r, A, rho), _power(r, C6, 6))


def born_mayer_huggins(r: Array, parameters: Array) -> FormValue:
    """E = A exp((σ − r)/ρ) − C6/r⁶ − C8/r⁸: M. P. Tosi, F. G. Fumi, J. Phys. Chem. Solids 25, 45
    (1964).

    A and σ say the same twice, A exp(σ/ρ): a fit holds one of them.
    """
    A, rho, sigma, C6, C8 = parameters
    contact = np.exp(sigma / rho)
    repulsion = _born_mayer(r, A * contact, rho)

    def columns(value: Array, jacobian: Array) -> Array:
        """By A, ρ and σ, which all act through A exp(σ/ρ), and ρ also by itself."""
        by_rho = jacobian[..., 1] - value * sigma / rho**2
        return np.stack([jacobian[..., 0] * contact, by_rho, value / rho], axis=-1)

    energy, slope, by_energy, by_slope = repulsion
    jacobians = columns(energy, by_energy), columns(slope, by_slope)
    return _sum(FormValue(energy, slope, *jacobians), _power(r, C6, 6), _power(r, C8, 8))


def lennard_jones(r: Array, parameters: Array) -> FormValue:
    """E = 4 ε ((σ/r)¹² − (σ/r)⁶): J. E. Jones, Proc. R. Soc. A 106, 463 (1924).

    Types combine as ε = √(ε_i ε_j), σ = (σ_i + σ_j)/2 (Lorentz and Berthelot).
    """
    epsilon, sigma = parameters
    six = (sigma / r) ** 6
    shape, push = 4 * (six**2 - six), 24 * (2 * six**2 - six)  # E/ε and −r dE/dr/ε
    by_sigma = 24 * (2 * sigma**11 / r**12 - sigma**5 / r**6)
    bend = 144 * (4 * sigma**11 / r**13 - sigma**5 / r**7)
    return FormValue(
        epsilon * shape,
        -epsilon * push / r,
        np.stack([shape, epsilon * by_sigma], axis=-1),
        np.stack([-push / r, -epsilon * bend], axis=-1),
    )


def tang_toennies(r: Array, parameters: Array) -> FormValue:
    """E = A exp(−r/ρ) − f6 C6/r⁶ − f8 C8/r⁸ with f_n = 1 − exp(−x) Σ_{k≤n} x^k/k!, x = r/ρ.

    K. T. Tang, J. P. Toennies, J. Chem. Phys. 80, 3726 (1984). It stays finite towards r = 0.
    """
    A, rho, C6, C8 = parameters
    x, decay = r / rho, np.exp(-r / rho)
    # The regularised incomplete gamma function of n + 1 is f_n; f6 is f8 and two terms more.
    f8 = gammainc(9, x)
    f6 = f8 + decay * x**7 / factorial(7) * (1 + x / 8)
    by6, by8 = -f6 / r**6, -f8 / r**8
    rise6, rise8 = decay / (rho**6 * factorial(6)), decay / (rho**8 * factorial(8))  # f_n'/rⁿ
    fall6, fall8 = -6 * by6 / r - rise6 / rho, -8 * by8 / r - rise8 / rho
    push = (A * decay + C6 * rise6 + C8 * rise8) / rho
    energy_jacobian, slope_jacobian = np.empty((*x.shape, 4)), np.empty((*x.shape, 4))
    columns = decay, x * push, by6, by8
    slopes = -decay / rho, (1 - x) * push / rho, fall6, fall8
    for place, (column, slope) in enumerate(zip(columns, slopes, strict=True)):
        energy_jacobian[..., place], slope_jacobian[..., place] = column, slope
    return FormValue(
        A * decay + C6 * by6 + C8 * by8,
        -A * decay / rho + C6 * fall6 + C8 * fall8,
        energy_jacobian,
        slope_jacobian,
    )


def overlap(r: Array, parameters: Array) -> FormValue:
    """E = (A − P − T) exp(−r/ρ) − f6 C6/r⁶ − f8 C8/r⁸, damped as by `tang_toennies`.

    A is exchange, P what overlapping charge clouds gain beyond their point charges, T what charge
    transfer gains beyond induced dipoles. All three are in proportion to the overlap of the two
    densities: A. J. Stone, The Theory of Intermolecular Forces, 2nd ed. (2013), chapters 8 and 12.
    """
    A, P, T, rho, C6, C8 = parameters
    value = tang_toennies(r, np.stack(np.broadcast_arrays(A - P - T, rho, C6, C8)))

    def columns(jacobian: Array) -> Array:
        by_amplitude = jacobian[..., :1]
        signed = [by_amplitude, -by_amplitude, -by_amplitude]
        return np.concatenate([*signed, jacobian[..., 1:]], axis=-1)

    return FormValue(
        value.energy, value.slope, columns(value.energy_jacobian), columns(value.slope_jacobian)
    )


def _overlap_part(place: int, sign: float) -> Callable[[Array, Array], FormValue]:
    """The exponential of `overlap` whose amplitude has this place among its parameters."""

    def evaluate(r: Array, parameters: Array) -> FormValue:
        value = _born_mayer(r, sign * parameters[place], parameters[3])

        def columns(jacobian: Array) -> Array:
            filled = np.zeros((*r.shape, len(parameters)))
            filled[..., place], filled[..., 3] = sign * jacobian[..., 0], jacobian[..., 1]
            return filled

        return FormValue(
            value.energy, value.slope, columns(value.energy_jacobian), columns(value.slope_jacobian)
        )

    return evaluate


def _born_mayer(r: Array, A: float, rho: float) -> FormValue:
    """A exp(−r/ρ), by A and ρ."""
    decay = np.exp(-r / rho)
    energy, slope = A * decay, -A * decay / rho
    return FormValue(
        energy,
        slope,
        np.stack([decay, r * energy / rho**2], axis=-1),
        np.stack([-decay / rho, (1 - r / rho) * energy / rho**2], axis=-1),
    )


def _power(r: Array, C: float, n: int) -> FormValue:
    """−C/rⁿ, by C."""
    fall = -(r ** (-float(n)))
    slope = -n * fall / r
    return FormValue(C * fall, C * slope, fall[..., None], slope[..., None])


def _sum(*parts: FormValue) -> FormValue:
    """Energies add up; parameters follow one another."""
    energies, slopes, by_energy, by_slope = zip(*parts, strict=True)
    return FormValue(
        np.sum(energies, axis=0),
        np.sum(slopes, axis=0),
        np.concatenate(by_energy, axis=-1),
        np.concatenate(by_slope, axis=-1),
    )


_A: Final = Parameter("A", "eV", True, (1e-2, 1e7), "geometric")
_RHO: Final = Parameter("rho", "Å", True, (0.18, 0.36), "harmonic")
_SIGMA: Final = Parameter("sigma", "Å", False, (0.5, 6.0), "arithmetic")
_C6: Final = Parameter("C6", "eV Å⁶", True, (1e-3, 1e4), "geometric")
_C8: Final = Parameter("C8", "eV Å⁸", True, (1e-3, 1e5), "geometric")

EXP6: Final = Form("exp6", "nonbonded", "exp-6", "A exp(−r/rho) − C6/r⁶", (_A, _RHO, _C6), exp6)
BORN_MAYER_HUGGINS: Final = Form(
    "born_mayer_huggins",
    "nonbonded",
    "Born-Mayer-Huggins",
    "A exp((sigma − r)/rho) − C6/r⁶ − C8/r⁸",
    (_A, _RHO, _SIGMA, _C6, _C8),
    born_mayer_huggins,
)
LENNARD_JONES: Final = Form(
    "lennard_jones",
    "nonbonded",
    "Lennard-Jones",
    "4 epsilon ((sigma/r)¹² − (sigma/r)⁶)",
    (Parameter("epsilon", "eV", True, (1e-6, 0.1), "geometric"), _SIGMA),
    lennard_jones,
)
TANG_TOENNIES: Final = Form(
    "tang_toennies",
    "nonbonded",
    "Tang-Toennies",
    "A exp(−r/rho) − f6 C6/r⁶ − f8 C8/r⁸",
    (_A, _RHO, _C6, _C8),
    tang_toennies,
)
OVERLAP: Final = Form(
    "overlap",
    "nonbonded",
    "overlap and Tang-Toennies",
    "(A − P − T) exp(−r/rho) − f6 C6/r⁶ − f8 C8/r⁸",
    (_A, _A._replace(name="P"), _A._replace(name="T"), _RHO, _C6, _C8),
    overlap,
    {
        "exchange": _overlap_part(0, 1.0),
        "electrostatics": _overlap_part(1, -1.0),
        "induction": _overlap_part(2, -1.0),
    },
)
