"""The physical forms that a surrogate starts from, and the coordinate in which it learns the rest.

A form is linear in its coefficients once its nonlinear parameters, the *shape*, are given:
a Morse curve is a quadratic in 1 − exp(−α (r − c)), a Buckingham curve is linear once ρ is known.
So the coefficients can be integrated out exactly and the shape summed over a few values.
"""

from dataclasses import dataclass
from itertools import product
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aiida_forcefield.units import COULOMB

Array = NDArray[np.float64]
Kind = Literal[
    "bond", "angle", "dihedral", "improper", "pair", "ions", "dimer", "strain", "displacement"
]

Shape = tuple[float, float]

MAX_FOURIER = 6
_MORSE = (0.9, 1.0, 1.13, 1.27, 1.43, 1.6, 1.8, 2.0, 2.3, 2.5, 2.9, 3.2, 3.6)  # 1/Å
_BORN_MAYER = (0.16, 0.185, 0.21, 0.24, 0.275, 0.315, 0.36, 0.42)  # Å
_REACH = 2  # power of 1/r
_PRODUCTS = (0.0, -1.0, -2.0)  # e²
_DECAYS = (0.1, 0.4)
NONBONDED = ("pair", "ions", "dimer")
_DECIMALS = {"bond": 3, "pair": 3, "ions": 3, "dimer": 3, "displacement": 3, "strain": 4}


@dataclass(frozen=True)
class Form:
    """The physical form of a profile on a window.

    Attributes:
        kind: bond, angle, dihedral, improper; one of two molecules: pair, whose energy is 0 at
            infinity, dimer and ions, whose energy is counted from an unknown zero; strain or
            displacement of a crystal.
        lower, upper: the window, Å or degrees; of a strain a fraction.
        charge_product: of a pair, the product of the net charges of the two molecules, e². Their
            Coulomb energy is then known; None where it is to be learned.

    Raises:
        ValueError: where the kind is unknown or the window is empty or impossible.
    """

    kind: Kind
    lower: float
    upper: float
    charge_product: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ValueError(
                f"kind: {self.kind!r} is unknown; allowed: {', '.join(get_args(Kind))}"
            )
        if not self.lower < self.upper or not np.isfinite([self.lower, self.upper]).all():
            raise ValueError(
                f"window: [{self.lower}, {self.upper}] is empty; lower must be below upper"
            )
        if (self.kind == "bond" or self.nonbonded) and self.lower <= 0:
            raise ValueError(f"lower: {self.lower} Å; a distance must be above 0")
        if self.kind == "strain" and self.lower <= -1:
            raise ValueError(f"lower: {self.lower}; a strain must be above -1")
        if self.kind == "dihedral" and self.upper - self.lower > 360 + 1e-6:
            raise ValueError(f"window: [{self.lower}, {self.upper}] is wider than 360 degrees")
        if self.charge_product is not None and self.kind != "pair":
            raise ValueError(f"charge_product: a {self.kind} has none; only a pair may have one")

    @property
    def periodic(self) -> bool:
        """Whether the profile is learned on a circle: a dihedral over half of it or more.

        A narrower window, as in a ring, is learned as a polynomial.
        """
        return self.kind == "dihedral" and self.upper - self.lower >= 180

    @property
    def nonbonded(self) -> bool:
        """Whether the coordinate is a distance between two molecules."""
        return self.kind in NONBONDED

    @property
    def vanishes(self) -> bool:
        """Whether the profile has a zero of its own: an interaction energy, 0 at infinity."""
        return self.kind == "pair"

    @property
    def decimals(self) -> int:
        """Decimals to which a coordinate is set: 0.001 Å, 0.1 degrees or a strain of 0.0001."""
        return _DECIMALS.get(self.kind, 1)

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """Values of the two nonlinear parameters; 0 where there is none.

        - Bond: Morse α in 1/Å.
        - Nonbonded: Born–Mayer ρ in Å; of ions also the product of their charges in e², a whole
          number, or 0 where Coulomb's law is to have any coefficient.
        - Circle: the height of the sine terms, which are absent where left and right rotation cost
          the same; how much less each order above the third matters than that before.
        """
        if self.kind == "bond":
            return tuple((alpha, 0.0) for alpha in _MORSE)
        if self.nonbonded:
            products = _PRODUCTS if self.kind == "ions" else (0.0,)
            return tuple(product(_BORN_MAYER, products))
        if self.periodic:
            return tuple(product((0.0, 1.0), _DECAYS))
        return ((0.0, 0.0),)

    @property
    def lengths(self) -> tuple[float, ...]:
        """Correlation lengths of the residual in the learning coordinate."""
        return (0.25, 0.45, 0.8, 1.4) if self.periodic else (0.4, 0.7, 1.2, 2.0)

    def coordinate(self, x: ArrayLike) -> tuple[Array, Array]:
        """The learning coordinate and its derivative with respect to x, each of the shape of x.

        Radians on a circle; else scaled such that the window is [−1, 1]: x itself, or 1/x of a
        pair, in which the wall and the tail vary at an equal pace.
        """
        x = np.asarray(x, dtype=float)
        if self.periodic:
            return np.radians(x), np.full_like(x, np.pi / 180)
        if self.nonbonded:
            low, high = 1 / self.upper, 1 / self.lower
            inverse, slope = 1 / x, -1 / x**2
        else:
            low, high = self.lower, self.upper
            inverse, slope = x, np.ones_like(x)
        scale = 2 / (high - low)
        return (inverse - (low + high) / 2) * scale, slope * scale

    def grid(self, count: int) -> Array:
        """Coordinates from lower to upper, evenly spaced in the learning coordinate, (count,)."""
        if self.nonbonded:
            return np.asarray(1 / np.linspace(1 / self.lower, 1 / self.upper, count))
        return np.linspace(self.lower, self.upper, count)

    def envelope(self, x: ArrayLike) -> tuple[Array, Array]:
        """How far the residual may reach at x, and the derivative, each of the shape of x.

        1, but between two molecules, where what a form misses dies away faster than dispersion.
        """
        x = np.asarray(x, dtype=float)
        if not self.nonbonded:
            return np.ones_like(x), np.zeros_like(x)
        reach = (self.lower / x) ** _REACH
        return reach, -_REACH / x * reach

    def known(self, x: ArrayLike, shape: Shape) -> tuple[Array, Array]:
        """What need not be learned, the Coulomb energy of two ions, eV, and its derivative."""
        x = np.asarray(x, dtype=float)
        charges = self.charge_product or (shape[1] if self.nonbonded else 0.0)
        if not charges:
            return np.zeros_like(x), np.zeros_like(x)
        energy = COULOMB * charges / x
        return energy, -energy / x

    def basis(self, x: ArrayLike, shape: Shape) -> tuple[Array, Array]:
        """Functions of which the form is a linear combination, and their derivatives.

        Each is about 1 at its largest within the window.

        Args:
            x: coordinates, shape (n,), Å or degrees.
            shape: one of `shapes`.

        Returns:
            Values and derivatives with respect to x, each of shape (n, p).
        """
        x = np.asarray(x, dtype=float)
        if self.periodic:
            return _fourier(x, *shape)
        if self.kind == "bond":
            return _morse(x, shape[0], self.lower, self.upper)
        if self.kind == "strain":
            return _birch_murnaghan(x, self.lower, self.upper)
        if self.nonbonded:
            coulomb = self.charge_product is None and not shape[1]
            value, slope = _exp6(x, shape[0], self.lower, coulomb)
            if self.vanishes:
                return value, slope
            one = np.ones((len(x), 1))
            return np.hstack([one, value]), np.hstack([0 * one, slope])
        t, slope = self.coordinate(x)
        return _polynomial(t, slope, 4)


def _polynomial(u: Array, slope: Array, degree: int) -> tuple[Array, Array]:
    power = np.arange(degree + 1)
    derivative = power * u[:, None] ** np.maximum(power - 1, 0)
    return u[:, None] ** power, derivative * slope[:, None]


def _morse(r: Array, alpha: float, lower: float, upper: float) -> tuple[Array, Array]:
    # A quadratic in exp(−α r) is a Morse curve with any depth and minimum: P. M. Morse, Phys. Rev.
    # 34, 57 (1929).
    low, high = np.exp(-alpha * (upper - lower)), 1.0
    scale, decay = 2 / (high - low), np.exp(-alpha * (r - lower))
    return _polynomial((decay - (low + high) / 2) * scale, -alpha * decay * scale, 2)


def _birch_murnaghan(strain: Array, lower: float, upper: float) -> tuple[Array, Array]:
    # A cubic in V^(-2/3), which is (1 + strain)⁻² of a cell that breathes: F. Birch, Phys. Rev. 71,
    # 809 (1947).
    low, high = (1 + upper) ** -2, (1 + lower) ** -2
    scale = 2 / (high - low)
    u = ((1 + strain) ** -2 - (low + high) / 2) * scale
    return _polynomial(u, -2 * (1 + strain) ** -3 * scale, 3)


def _exp6(r: Array, rho: float, lower: float, coulomb: bool) -> tuple[Array, Array]:
    # Charge–charge, charge–induced dipole, dispersion; Born–Mayer repulsion.
    power = np.array([1, 4, 6])
    tail = (lower / r[:, None]) ** power * [coulomb, 1, 1]
    wall = np.exp((lower - r[:, None]) / rho)
    return np.hstack([tail, wall]), np.hstack([-power / r[:, None] * tail, -wall / rho])


def _fourier(phi: Array, handedness: float, decay: float) -> tuple[Array, Array]:
    # Rotation about a bond is mostly of order 1 to 3.
    n = np.arange(1, MAX_FOURIER + 1)
    height = decay ** np.maximum(n - 3, 0)
    angle = n * np.radians(phi)[:, None]
    cosine, sine = height * np.cos(angle), height * np.sin(angle)
    rate = n * np.pi / 180
    one = np.ones((len(phi), 1))
    value = np.hstack([one, cosine, handedness * sine])
    return value, np.hstack([0 * one, -rate * sine, handedness * rate * cosine])
