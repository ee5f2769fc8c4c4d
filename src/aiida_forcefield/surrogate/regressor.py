"""The surrogate in the manner of scikit-learn."""

from inspect import signature
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aiida_forcefield.surrogate.forms import Form, Kind
from aiida_forcefield.surrogate.observations import Observations, Settings
from aiida_forcefield.surrogate.posterior import Posterior, infer

Array = NDArray[np.float64]


class ProfileRegressor:
    """A profile learned from energies and, where they are known, slopes.

    Args:
        kind: see `Form`.
        lower, upper: the window, Å or degrees.
        noise: standard error of an energy, eV.
    """

    posterior_: Posterior
    """After `fit`: the distribution of the profile."""

    def __init__(self, kind: Kind, lower: float, upper: float, noise: float = 1e-4) -> None:
        self.kind = kind
        self.lower = lower
        self.upper = upper
        self.noise = noise

    def fit(self, X: ArrayLike, y: ArrayLike, dy: ArrayLike | None = None) -> "ProfileRegressor":
        """Learn a profile.

        Args:
            X: coordinates, shape (n,) or (n, 1), Å or degrees.
            y: energies, shape (n,), eV.
            dy: dE/dx, shape (n,), eV/Å or eV/degree; NaN where unknown.

        Raises:
            ValueError: where shapes differ, a number is not finite, or the window is impossible.
        """
        x, energy = _column(X), np.asarray(y, dtype=float).reshape(-1)
        slope = np.full(len(x), np.nan) if dy is None else np.asarray(dy, dtype=float).reshape(-1)
        # No cap: all that is given is of interest.
        settings = Settings(noise=self.noise, energy_cap=1e6)
        form = Form(self.kind, self.lower, self.upper)
        self.posterior_ = infer(form, Observations(x, energy, slope), settings)
        return self

    @overload
    def predict(self, X: ArrayLike, return_std: Literal[False] = False) -> Array: ...
    @overload
    def predict(self, X: ArrayLike, return_std: Literal[True]) -> tuple[Array, Array]: ...
    def predict(self, X: ArrayLike, return_std: bool = False) -> Array | tuple[Array, Array]:
        """Energies and, if asked for, their standard deviations, each of shape (n,), eV."""
        mean, std = self.posterior_.predict(_column(X))
        return (mean, std) if return_std else mean

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The arguments with which this was made."""
        return {name: getattr(self, name) for name in signature(type(self)).parameters}

    def set_params(self, **parameters: Any) -> "ProfileRegressor":
        """Change the arguments with which this was made."""
        for name, value in parameters.items():
            setattr(self, name, value)
        return self


def _column(X: ArrayLike) -> Array:
    x = np.asarray(X, dtype=float)
    if x.ndim > 2 or (x.ndim == 2 and x.shape[1] != 1):
        raise ValueError(f"X: shape {x.shape}; must be (n,) or (n, 1)")
    return x.reshape(-1)
