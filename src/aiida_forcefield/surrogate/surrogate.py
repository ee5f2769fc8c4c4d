"""The learned profile, as it is kept and used."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aiida_forcefield.surrogate.forms import Form, Kind
from aiida_forcefield.surrogate.observations import Observations, Settings
from aiida_forcefield.surrogate.posterior import Posterior

Array = NDArray[np.float64]
Status = Literal["learning", "converged", "unmet"]


@dataclass(frozen=True, eq=False)
class Surrogate:
    """A learned profile with its uncertainty, and what to do next.

    All fields are numbers, words and arrays of numbers, from which `predict` starts afresh.

    Attributes:
        kind: see `Form`.
        lower, upper: the window, Å or degrees.
        charge_product: of a pair, e², where it was given.
        observations: the points learned from.
        settings: the settings learned with.
        grid: coordinates, shape (201,), Å or degrees, from lower to upper: of a pair even in 1/r.
        mean: profile on the grid, shape (201,), eV, above its minimum; of a pair, above infinity.
        std: its standard deviation, shape (201,), eV.
        proposals: coordinates to compute next, shape (k,); empty unless learning.
        status: learning; converged; unmet where the points are spent or none can be proposed.
        error_estimate: largest error to be expected, as a fraction of the energy window.
        weights: share of each point in the window below the cap, shape (n,), sum 1: the part of
            the coordinate that is nearest to it. With these a sum over points approximates a mean
            over the window, wherever the points happen to lie.
        scale, hyperparameters, hyperparameter_weights: see `Posterior`.
        flaw: of an unmet profile, why no smooth one passes through the points; None where the
            points do not tell.
    """

    kind: Kind
    lower: float
    upper: float
    charge_product: float | None
    observations: Observations
    settings: Settings
    grid: Array
    mean: Array
    std: Array
    proposals: Array
    status: Status
    error_estimate: float
    weights: Array
    scale: float
    hyperparameters: Array
    hyperparameter_weights: Array
    flaw: str | None = None

    def predict(self, x: ArrayLike) -> tuple[Array, Array]:
        """Mean and standard deviation of the profile, eV, on the same zero as `mean`.

        Args:
            x: coordinates, shape (n,), Å or degrees.

        Returns:
            Two arrays of shape (n,).
        """
        return self.posterior.predict(x, None if self.kind == "pair" else self.zero)

    @property
    def zero(self) -> float:
        """Coordinate of the lowest energy, from which energies are counted but those of a pair."""
        return float(self.grid[self.mean.argmin()])

    @property
    def window(self) -> float:
        """Height of the profile below the energy cap, eV: the unit of the tolerance."""
        height = float(np.ptp(self.mean))
        return max(min(height, self.settings.energy_cap), self.settings.noise)

    @property
    def goal(self) -> float:
        """Largest error that is borne, eV."""
        return self.settings.goal(self.window)

    @property
    def bars(self) -> float:
        """Standard deviations that count as certain."""
        return self.settings.bars(self.window)

    @cached_property
    def posterior(self) -> Posterior:
        """The distribution from which the profile is predicted."""
        return Posterior(
            Form(self.kind, self.lower, self.upper, self.charge_product),
            self.observations,
            self.settings,
            self.scale,
            self.hyperparameters,
            self.hyperparameter_weights,
        )
