"""The forms on which a profile can be projected, in the coordinate of the profile.

The equations of `potentials.forms` are used where they are there; energies in eV, distances in Å,
angles in degrees. Each is fitted together with a constant, as a profile has no zero of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.potentials.forms import (
    COSINE_ANGLE,
    EXP6,
    FOURIER,
    HARMONIC_ANGLE,
    HARMONIC_BOND,
    LENNARD_JONES,
    MORSE,
)
from aiida_forcefield.surrogate.forms import Kind
from aiida_forcefield.units import COULOMB

Array = NDArray[np.float64]

RHOS = np.geomspace(0.12, 0.6, 60)  # Å

# What is physical, with room around it: N₂ has 72 eV/Å², CO dissociates at 11 eV.
LENGTH = (0.3, 20.0)  # Å
BOND = (0.02, 200.0)  # eV/Å²
ANGLE, BENT = (0.005, 100.0), (20.0, 190.0)  # eV/rad², degrees
BUCKINGHAM = ((1e-3, 1e7), (0.05, 1.0), (-1e5, 1e5))  # eV, Å, eV Å⁶


@dataclass(frozen=True)
class Target:
    """A form of the potential.

    Attributes:
        name: as it is called.
        equation: in words.
        parameters: names in order.
        units: of the parameters; those that begin with eV are proportional to the energy.
        ranges: least and largest value of each parameter that is physical.
        energy: (x, parameters) -> energies, shape (n,), eV.
        guess: (x, energies) -> parameters with which a fit may start.
        derived: name and unit of one more parameter, and how it follows from the others.
    """

    name: str
    equation: str
    parameters: tuple[str, ...]
    units: tuple[str, ...]
    ranges: tuple[tuple[float, float], ...]
    energy: Callable[[Array, Array], Array]
    guess: Callable[[Array, Array], Array]
    derived: tuple[str, str, Callable[[Array], float]] | None = None


def _parabola(x: Array, energy: Array) -> Array:
    """k and centre of k (x − centre)²."""
    k, slope, _ = np.polyfit(x, energy, 2)
    least = x[energy.argmin()]
    return np.array([k, -slope / (2 * k)]) if k > 0 else np.array([1e-3, least])


def _guess_morse(x: Array, energy: Array) -> Array:
    """Quadratic in exp(−α r) for each α; the best of them as D, α, r0."""
    begin, best = x.min(), (np.inf, np.array([1.0, 2.0, x[energy.argmin()]]))
    for alpha in np.geomspace(0.5, 6, 60):
        columns = np.vander(np.exp(-alpha * (x - begin)), 3)
        square, linear, constant = np.linalg.lstsq(columns, energy, rcond=None)[0]
        residual = float(np.square(columns @ [square, linear, constant] - energy).sum())
        # D (1 − u e^{α (r0 − begin)})²: its square and linear coefficients
        if residual < best[0] and square > 0 > linear:
            stretch = -2 * square / linear
            best = (
                residual,
                np.array([square / stretch**2, alpha, begin + np.log(stretch) / alpha]),
            )
    return best[1]


def _guess_linear(basis: Callable[[Array], Array]) -> Callable[[Array, Array], Array]:
    def guess(x: Array, energy: Array) -> Array:
        columns = np.column_stack([basis(x), np.ones_like(x)])
        return np.asarray(np.linalg.lstsq(columns, energy, rcond=None)[0][:-1])

    return guess


def _guess_exp6(x: Array, energy: Array) -> Array:
    """A, ρ and C6: linear but for ρ."""
    best = (np.inf, np.empty(0))
    for rho in RHOS:
        wall = np.exp((x.min() - x) / rho)
        columns = np.column_stack([wall, -((x.min() / x) ** 6), np.ones_like(x)])
        coefficients = np.linalg.lstsq(columns, energy, rcond=None)[0]
        residual, (a, c, _) = float(np.square(columns @ coefficients - energy).sum()), coefficients
        if residual < best[0] and a > 0:
            best = (residual, np.array([a * np.exp(x.min() / rho), rho, c * x.min() ** 6]))
    return best[1] if len(best[1]) else np.array([1e3, 0.3, 1.0])


def _guess_cosine_angle(x: Array, energy: Array) -> Array:
    k, cosine = _parabola(np.cos(np.radians(x)), energy)
    return np.array([k, np.degrees(np.arccos(np.clip(cosine, -1, 1)))])


def _guess_lennard_jones(x: Array, energy: Array) -> Array:
    least = int(energy.argmin())
    return np.array([max(energy[-1] - energy[least], 1e-4), x[least] / 2 ** (1 / 6)])


def _guess_angle(x: Array, energy: Array) -> Array:
    k, centre = _parabola(np.radians(x), energy)
    return np.array([k, np.degrees(centre)])


def buckingham(charge_product: int) -> Target:
    """Buckingham and the Coulomb energy of two ions, whose product of charges is given, e²."""

    def energy(x: Array, p: Array) -> Array:
        return np.asarray(EXP6.evaluate(x, p).energy + COULOMB * charge_product / x)

    return Target(
        "buckingham",
        f"A exp(−r/rho) − C/r⁶, and Coulomb's law with q1 q2 = {charge_product:+d} e²",
        ("A", "rho", "C"),
        ("eV", "Å", "eV Å⁶"),
        BUCKINGHAM,
        energy,
        lambda x, e: _guess_exp6(x, e - COULOMB * charge_product / x),
    )


HARMONIC = Target(
    "harmonic",
    "k (r − r0)²",
    ("k", "r0"),
    ("eV/Å²", "Å"),
    (BOND, LENGTH),
    lambda x, p: HARMONIC_BOND.evaluate(x, p).energy,
    _parabola,
)
TARGETS: dict[Kind, tuple[Target, ...]] = {
    "bond": (
        Target(
            "morse",
            "D (1 − exp(−alpha (r − r0)))², k = D alpha²",
            ("D", "alpha", "r0"),
            ("eV", "1/Å", "Å"),
            ((0.001, 50.0), (0.1, 10.0), LENGTH),
            lambda x, p: MORSE.evaluate(x, p).energy,
            _guess_morse,
            ("k", "eV/Å²", lambda p: float(p[0] * p[1] ** 2)),
        ),
        HARMONIC,
    ),
    "angle": (
        Target(
            "harmonic",
            "k (θ − theta0)²",
            ("k", "theta0"),
            ("eV/rad²", "degrees"),
            (ANGLE, BENT),
            lambda x, p: HARMONIC_ANGLE.evaluate(np.radians(x), p).energy,
            _guess_angle,
        ),
        Target(
            "cosine",
            "k (cos θ − cos theta0)²",
            ("k", "theta0"),
            ("eV", "degrees"),
            (ANGLE, BENT),
            lambda x, p: COSINE_ANGLE.evaluate(np.radians(x), p).energy,
            _guess_cosine_angle,
        ),
    ),
    "dihedral": (
        Target(
            "fourier",
            "Σ kn (1 + cos nφ)",
            ("k1", "k2", "k3", "k4"),
            ("eV",) * 4,
            ((-5.0, 5.0),) * 4,
            lambda x, p: FOURIER.evaluate(np.radians(x), p).energy,
            _guess_linear(lambda x: np.cos(np.arange(1, 5) * np.radians(x)[:, None])),
        ),
    ),
    "ions": (buckingham(-1),),
    "dimer": (
        Target(
            "exp-6",
            "A exp(−r/rho) − C/r⁶",
            ("A", "rho", "C"),
            ("eV", "Å", "eV Å⁶"),
            BUCKINGHAM,
            lambda x, p: EXP6.evaluate(x, p).energy,
            _guess_exp6,
        ),
        Target(
            "lennard-jones",
            "4 epsilon ((sigma/r)¹² − (sigma/r)⁶)",
            ("epsilon", "sigma"),
            ("eV", "Å"),
            ((1e-6, 10.0), LENGTH),
            lambda x, p: LENNARD_JONES.evaluate(x, p).energy,
            _guess_lennard_jones,
        ),
    ),
}
"""By kind, the one that is taken where none is asked for first."""
