"""Forms: the algebraic equations of the interactions, with all their first derivatives.

Every form is a function of one coordinate q (Å or radians) and of its parameters. Derivatives with
respect to q and to the parameters are analytic, so that energies and Cartesian gradients both have
analytic Jacobians in the fit.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_DEGREE = np.pi / 180


class FormValue(NamedTuple):
    """A form at coordinates q of any shape (...), with k parameters.

    Attributes:
        energy: E, shape (...), eV.
        slope: dE/dq, shape (...), eV/Å or eV/rad.
        energy_jacobian: ∂E/∂p, shape (..., k).
        slope_jacobian: ∂²E/∂q∂p, shape (..., k).
    """

    energy: Array
    slope: Array
    energy_jacobian: Array
    slope_jacobian: Array


class Parameter(NamedTuple):
    """A parameter of a form; a positive one is fitted through its logarithm."""

    name: str
    unit: str
    positive: bool


@dataclass(frozen=True)
class Form:
    """A form: name, parameters in order, and evaluation (q, parameters) -> FormValue."""

    name: str
    parameters: tuple[Parameter, ...]
    evaluate: Callable[[Array, Array], FormValue]

    @property
    def parameter_names(self) -> tuple[str, ...]:
        return tuple(parameter.name for parameter in self.parameters)


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


def harmonic_angle(theta: Array, parameters: Array) -> FormValue:
    """E = k (θ − θ0)² with θ in radians and θ0 in degrees; no factor ½, as in LAMMPS."""
    k, theta0 = parameters
    x = theta - theta0 * _DEGREE
    return FormValue(
        k * x**2,
        2 * k * x,
        np.stack([x**2, -2 * k * x * _DEGREE], axis=-1),
        np.stack([2 * x, np.full_like(x, -2 * k * _DEGREE)], axis=-1),
    )


def fourier(phi: Array, parameters: Array) -> FormValue:
    """E = Σ k_n (1 + cos nφ), n = 1..4; φ = 180° is trans (IUPAC)."""
    n = np.arange(1.0, 5.0)
    cosine, sine = 1 + np.cos(n * phi[..., None]), -n * np.sin(n * phi[..., None])
    return FormValue(cosine @ parameters, sine @ parameters, cosine, sine)


def harmonic_improper(chi: Array, parameters: Array) -> FormValue:
    """E = k χ², χ the dihedral angle centre-j-k-l in radians, 0 when planar."""
    (k,) = parameters
    return FormValue(k * chi**2, 2 * k * chi, (chi**2)[..., None], (2 * chi)[..., None])


def exp6_pair(r: Array, parameters: Array) -> FormValue:
    """E = A exp(−r/ρ) − C6/r⁶ between two atom types.

    Args:
        r: distances, Å.
        parameters: A, rho, C6 of the one type, then of the other, shape (6,). They combine as
            A = √(A_i A_j), C6 = √(C_i C_j), 1/ρ = (1/ρ_i + 1/ρ_j)/2: R. A. Buckingham, Proc. R.
            Soc. A 168, 264 (1938); D. E. Williams, J. Chem. Phys. 45, 3770 (1966).
    """
    A, rho, C6 = parameters.reshape(2, 3).T
    b = np.mean(1 / rho)
    repulsion = np.sqrt(A[0] * A[1]) * np.exp(-b * r)
    dispersion = np.sqrt(C6[0] * C6[1]) / r**6
    energy_columns, slope_columns = [], []
    for i in (0, 1):
        energy_columns += [
            repulsion / (2 * A[i]),
            r * repulsion / (2 * rho[i] ** 2),
            -dispersion / (2 * C6[i]),
        ]
        slope_columns += [
            -b * repulsion / (2 * A[i]),
            (1 - b * r) * repulsion / (2 * rho[i] ** 2),
            3 * dispersion / r / C6[i],
        ]
    return FormValue(
        repulsion - dispersion,
        -b * repulsion + 6 * dispersion / r,
        np.stack(energy_columns, axis=-1),
        np.stack(slope_columns, axis=-1),
    )


def exp6(r: Array, parameters: Array) -> FormValue:
    """E = A exp(−r/ρ) − C6/r⁶ between two atoms of the same type."""
    value = exp6_pair(r, np.tile(parameters, 2))
    energy, slope = (
        jacobian.reshape(*jacobian.shape[:-1], 2, 3).sum(axis=-2)
        for jacobian in (value.energy_jacobian, value.slope_jacobian)
    )
    return FormValue(value.energy, value.slope, energy, slope)


MORSE: Final = Form(
    "morse",
    (Parameter("D", "eV", True), Parameter("alpha", "1/Å", True), Parameter("r0", "Å", False)),
    morse,
)
HARMONIC_ANGLE: Final = Form(
    "harmonic_angle",
    (Parameter("k", "eV/rad²", True), Parameter("theta0", "degree", False)),
    harmonic_angle,
)
FOURIER: Final = Form(
    "fourier", tuple(Parameter(f"k{n}", "eV", False) for n in range(1, 5)), fourier
)
HARMONIC_IMPROPER: Final = Form(
    "harmonic_improper", (Parameter("k", "eV/rad²", True),), harmonic_improper
)
EXP6: Final = Form(
    "exp6",
    (Parameter("A", "eV", True), Parameter("rho", "Å", True), Parameter("C6", "eV Å⁶", True)),
    exp6,
)

FORMS: Final = {
    form.name: form for form in (MORSE, HARMONIC_ANGLE, FOURIER, HARMONIC_IMPROPER, EXP6)
}
FORM_OF_KIND: Final = {
    "bond": MORSE,
    "angle": HARMONIC_ANGLE,
    "dihedral": FOURIER,
    "improper": HARMONIC_IMPROPER,
    "nonbonded": EXP6,
}
