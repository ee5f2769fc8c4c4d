"""Forms of bonds: functions of a distance r in Å."""

from typing import Final

import numpy as np

from aiida_forcefield.potentials.forms.form import Array, Form, FormValue, Parameter


def harmonic(r: Array, parameters: Array) -> FormValue:
    """E = k (r − r0)²: W. D. Cornell et al., JACS 117, 5179 (1995); no factor ½."""
    k, r0 = parameters
    x = r - r0
    return FormValue(
        k * x**2,
        2 * k * x,
        np.stack([x**2, -2 * k * x], axis=-1),
        np.stack([2 * x, np.full_like(x, -2 * k)], axis=-1),
    )


def quartic(r: Array, parameters: Array) -> FormValue:
    """E = k2 x² + k3 x³ + k4 x⁴, x = r − r0: M. J. Hwang et al., JACS 116, 2515 (1994)."""
    k2, k3, k4, r0 = parameters
    x = r - r0
    slope = 2 * k2 * x + 3 * k3 * x**2 + 4 * k4 * x**3
    bend = 2 * k2 + 6 * k3 * x + 12 * k4 * x**2
    return FormValue(
        k2 * x**2 + k3 * x**3 + k4 * x**4,
        slope,
        np.stack([x**2, x**3, x**4, -slope], axis=-1),
        np.stack([2 * x, 3 * x**2, 4 * x**3, -bend], axis=-1),
    )


def morse(r: Array, parameters: Array) -> FormValue:
    """E = D (1 − exp(−α (r − r0)))²: P. M. Morse, Phys. Rev. 34, 57 (1929)."""
    D, alpha, r0 = parameters
    x = r - r0
    e = np.exp(-alpha * x)
    slope = 2 * D * alpha * e * (1 - e)
    bend = 2 * D * alpha * e * (1 - 2 * e)  # −dslope/dx / α
    return FormValue(
        D * (1 - e) ** 2,
        slope,
        np.stack([(1 - e) ** 2, 2 * D * x * e * (1 - e), -slope], axis=-1),
        np.stack([slope / D, slope / alpha - x * bend, alpha * bend], axis=-1),
    )


_R0: Final = Parameter("r0", "Å", False, (0.5, 4.0))

HARMONIC_BOND: Final = Form(
    "harmonic_bond",
    "bond",
    "harmonic",
    "k (r − r0)²",
    (Parameter("k", "eV/Å²", True, (1.0, 200.0)), _R0),
    harmonic,
)
QUARTIC_BOND: Final = Form(
    "quartic_bond",
    "bond",
    "quartic",
    "k2 (r − r0)² + k3 (r − r0)³ + k4 (r − r0)⁴",
    (
        Parameter("k2", "eV/Å²", True, (1.0, 200.0)),
        Parameter("k3", "eV/Å³", False, (-500.0, 100.0)),
        Parameter("k4", "eV/Å⁴", True, (1.0, 1000.0)),
        _R0,
    ),
    quartic,
)
MORSE: Final = Form(
    "morse",
    "bond",
    "Morse",
    "D (1 − exp(−alpha (r − r0)))²",
    (Parameter("D", "eV", True, (0.5, 15.0)), Parameter("alpha", "1/Å", True, (0.5, 6.0)), _R0),
    morse,
)
