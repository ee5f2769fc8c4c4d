"""What a surrogate learns from, and how far it shall go."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Settings:
    """When a profile is known well enough, and what may be spent on it.

    Attributes:
        tolerance: largest error of the profile, as a fraction of its energy window (highest minus
            lowest energy below the cap).
        floor: error, eV, below which none is sought, however low the profile.
        batch: values proposed at a time; no fewer than form and ends need to begin with.
        max_points: points to spend, failed ones included.
        energy_cap: energy above the minimum, eV, from which the profile is of no interest.
        noise: standard error of an energy, eV. Errors below three times this are not sought.

    Raises:
        ValueError: where a number is out of its range.
    """

    tolerance: float = 0.01
    floor: float = 0.0
    batch: int = 1
    max_points: int = 16
    energy_cap: float = 0.65
    noise: float = 1e-4

    def __post_init__(self) -> None:
        for name in ("tolerance", "energy_cap", "noise"):
            if not 0 < getattr(self, name) < np.inf:
                raise ValueError(f"{name}: {getattr(self, name)}; must be a number above 0")
        if self.tolerance >= 1:
            raise ValueError(f"tolerance: {self.tolerance}; must be a fraction below 1")
        if not 0 <= self.floor < np.inf:
            raise ValueError(f"floor: {self.floor}; must be an energy of 0 or above")
        for name in ("batch", "max_points"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}: {getattr(self, name)}; must be at least 1")

    def goal(self, window: float) -> float:
        """Largest error, eV, that is borne of a profile with an energy window, eV."""
        return max(self.tolerance * window, self.floor, 3 * self.noise)

    def bars(self, window: float) -> float:
        """Standard deviations that count as certain: small errors need the greater caution."""
        return 3.0 if self.goal(window) < 0.005 * window else 2.0


def _none() -> Array:
    return np.empty(0)


@dataclass(frozen=True, eq=False)
class Observations:
    """Points of a profile, in the order in which they were proposed.

    Attributes:
        x: coordinates, shape (n,), Å or degrees.
        energy: energies, shape (n,), eV.
        slope: dE/dx, shape (n,), eV/Å or eV/degree; NaN where unknown.
        failed: coordinates at which no energy could be had, shape (k,).

    Raises:
        ValueError: where shapes differ or a coordinate or energy is not a finite number.
    """

    x: Array
    energy: Array
    slope: Array
    failed: Array = field(default_factory=_none)

    def __post_init__(self) -> None:
        for name in ("x", "energy", "slope", "failed"):
            object.__setattr__(self, name, np.array(getattr(self, name), dtype=float).reshape(-1))
        if not len(self.x) == len(self.energy) == len(self.slope):
            sizes = f"{len(self.x)}, {len(self.energy)}, {len(self.slope)}"
            raise ValueError(f"x, energy, slope: lengths {sizes} differ")
        for name in ("x", "energy", "failed"):
            if not np.isfinite(getattr(self, name)).all():
                raise ValueError(f"{name}: must be finite; leave failed points out")

    def __len__(self) -> int:
        return len(self.x)

    def where(self, kept: NDArray[np.bool_]) -> "Observations":
        """The points of a mask, shape (n,)."""
        return Observations(self.x[kept], self.energy[kept], self.slope[kept], self.failed)

    def with_point(self, x: float, energy: float, slope: float) -> "Observations":
        """These points and one more."""
        return Observations(
            np.append(self.x, x),
            np.append(self.energy, energy),
            np.append(self.slope, slope),
            self.failed,
        )
