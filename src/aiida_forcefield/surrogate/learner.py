"""Ask and tell: which points to compute next, and when to stop."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aiida_forcefield.surrogate.acquisition import propose
from aiida_forcefield.surrogate.flaws import find_flaw
from aiida_forcefield.surrogate.forms import Form, Kind
from aiida_forcefield.surrogate.learn import first_values, learn
from aiida_forcefield.surrogate.observations import Observations, Settings
from aiida_forcefield.surrogate.surrogate import Surrogate

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Outcome:
    """How learning ended: its name, and the reason in words."""

    name: Literal["converged", "budget", "not-learnable"]
    reason: str


class Learner:
    """Asks for points of a profile and is told what came of them.

    ```
    learner = Learner("bond", 1.2, 1.7, Settings(tolerance=0.01))
    while learner.outcome is None:
        x = learner.propose(1)
        learner.tell(x, energy(x), slope(x))
    ```

    Args:
        kind: see `Form`.
        lower, upper: the window, Å or degrees.
        settings: tolerance and limits.
        seed: of the random part of the first values; None for values without one.

    Raises:
        ValueError: where the kind or window is impossible.
    """

    def __init__(
        self,
        kind: Kind,
        lower: float,
        upper: float,
        settings: Settings,
        seed: int | None = None,
    ) -> None:
        self._form = Form(kind, lower, upper)
        self._settings = settings
        self._first = first_values(kind, lower, upper, settings, seed)
        self._told = Observations(np.empty(0), np.empty(0), np.empty(0))

    @property
    def observations(self) -> Observations:
        """What was told so far."""
        return self._told

    def propose(self, count: int = 1) -> Array:
        """The coordinates to compute next, shape (k,), k ≤ count, Å or degrees; none at the end.

        The first values come first, in their order, however much was told.
        """
        told = len(self._told) + len(self._told.failed)
        left = self._settings.max_points - told
        if told < len(self._first):
            return self._first[told : told + min(count, left)]
        if self.outcome is not None:
            return np.empty(0)
        learned = self.surrogate
        if count <= len(learned.proposals):
            return learned.proposals[:count]
        return propose(learned.posterior, learned.grid, learned.bars, min(count, left))

    def tell(self, x: ArrayLike, energy: ArrayLike, slope: ArrayLike | None = None) -> None:
        """Take points: those asked for, or others.

        Args:
            x: where they really are, shape (k,), Å or degrees.
            energy: shape (k,), eV; NaN where there is none: the point failed.
            slope: dE/dx, shape (k,), eV/Å or eV/degree; NaN where unknown.

        Raises:
            ValueError: where the lengths differ or a coordinate is not finite.
        """
        x, energy = (np.asarray(array, dtype=float).reshape(-1) for array in (x, energy))
        slope = np.full(len(x), np.nan) if slope is None else np.asarray(slope, float).reshape(-1)
        if not len(x) == len(energy) == len(slope):
            raise ValueError(f"tell: lengths {len(x)}, {len(energy)}, {len(slope)} differ")
        told, ok = self._told, np.isfinite(energy)
        self._told = Observations(
            np.append(told.x, x[ok]),
            np.append(told.energy, energy[ok]),
            np.append(told.slope, slope[ok]),
            np.append(told.failed, x[~ok]),
        )
        for name in ("surrogate", "outcome"):
            self.__dict__.pop(name, None)

    @cached_property
    def surrogate(self) -> Surrogate:
        """What is known of the profile."""
        form = self._form
        return learn(form.kind, form.lower, form.upper, self._told, self._settings)

    @cached_property
    def outcome(self) -> Outcome | None:
        """How it ended; None while there is something to ask."""
        told, failed = len(self._told), len(self._told.failed)
        if told + failed < len(self._first):
            return None
        if not told:
            return Outcome("not-learnable", "every point failed")
        learned = self.surrogate
        expected = learned.error_estimate * learned.window
        flaw = find_flaw(learned.posterior, learned.goal)
        if flaw is not None:
            return Outcome("not-learnable", flaw)
        if learned.status == "converged":
            return Outcome("converged", "the error bars and a held-out point are within tolerance")
        if learned.status == "learning":
            return None
        if told + failed < self._settings.max_points:
            return Outcome("not-learnable", "points lie as near as they may, and do not agree")
        share = expected / learned.goal
        return Outcome("budget", f"the points are spent; the error is up to {share:.2g} tolerances")
