"""A profile given its points: a Gaussian process on the residual of a physical form.

The profile is Σ β φ(x) + g(x): a form, linear in its coefficients β, and the residual g that it
misses. Both have Gaussian priors, so energies and slopes are jointly Gaussian, with covariance

    K = b² Φ Φᵀ + a² k(t, t') + noise        (Rasmussen and Williams, 2006, eqs. 2.42 and 9.1)

and the coefficients need never be fitted. What remains, the form's shape, the residual's
length and amplitude a and the error of the slopes, is not maximised over but averaged over a grid,
each value weighted by the evidence of the data: a few points that a form happens to pass through
are no proof that it fits, and a maximum takes them as one.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aiida_forcefield.surrogate.forms import Form
from aiida_forcefield.surrogate.kernel import squared_exponential
from aiida_forcefield.surrogate.observations import Observations, Settings

Array = NDArray[np.float64]

# Priors, in units of the energy scale of the profile.
COEFFICIENT = 10.0  # height b: so wide that the data decide
AMPLITUDES = (0.003, 0.012, 0.05, 0.2, 0.8)  # of the residual, a
SLOPE_ERRORS = (0.001, 0.02, 0.3)  # those of coarsely relaxed structures err most
ABOVE_CAP = 0.1  # error of a point, as a fraction of its energy above the cap
NEGLIGIBLE = 1e-3  # relative weight below which a component is dropped


@dataclass(frozen=True, eq=False)
class Rows:
    """Values and slopes of the profile that are observed or asked for.

    Attributes:
        x: coordinates, shape (n,).
        derivative: whether a row is dE/dx, not E, shape (n,).
    """

    x: Array
    derivative: NDArray[np.bool_]

    @classmethod
    def values(cls, x: ArrayLike) -> "Rows":
        x = np.asarray(x, dtype=float).reshape(-1)
        return cls(x, np.zeros(len(x), dtype=bool))

    def features(self, form: Form, shape: float) -> Array:
        """Φ, shape (n, p)."""
        value, slope = form.basis(self.x, shape)
        return np.where(self.derivative[:, None], slope, value)


def residual_covariance(form: Form, a: Rows, b: Rows, length: float) -> Array:
    """Covariance of the residual between two sets of rows for unit amplitude, shape (n, m)."""
    (ta, ra), (tb, rb) = form.coordinate(a.x), form.coordinate(b.x)
    k, k1, k2 = squared_exponential(ta[:, None] - tb, length, form.periodic)
    da, db = a.derivative[:, None], b.derivative
    rate = np.where(a.derivative, ra, 1)[:, None] * np.where(b.derivative, rb, 1)
    return np.asarray(np.where(da, np.where(db, -k2, k1), np.where(db, -k1, k)) * rate)


@dataclass(frozen=True, eq=False)
class Posterior:
    """A profile given its points: a mixture of Gaussians, one for each set of hyperparameters.

    Attributes:
        form: the physical form.
        observations: the points.
        settings: noise and energy cap are used.
        scale: how high the profile is, eV: the unit of the priors.
        hyperparameters: shape (h, 4): shape of the form, length, amplitude (eV) and error of the
            slopes (eV per unit of the learning coordinate).
        weights: of the components, shape (h,), sum 1.
    """

    form: Form
    observations: Observations
    settings: Settings
    scale: float
    hyperparameters: Array
    weights: Array

    def predict(self, x: ArrayLike, reference: float | None = None) -> tuple[Array, Array]:
        """Mean and standard deviation of the profile, each of shape (n,), eV.

        Args:
            x: coordinates, shape (n,), Å or degrees.
            reference: coordinate whose energy is subtracted, with its uncertainty.
        """
        asked = Rows.values(x)
        zero = None if reference is None else Rows.values(reference)
        cross, prior = self._prior(asked, self._rows), self._prior_variance(asked, zero)
        offset = self.form.known(asked.x)[0]
        if zero is None:
            offset = offset + self._offset
        else:
            cross = cross - self._prior(zero, self._rows)
            offset = offset - self.form.known(zero.x)[0]
        factor, solution = self._condition
        means = np.einsum("hij,hj->hi", cross, solution)
        explained = np.linalg.solve(factor, cross.mT) ** 2
        variances = np.maximum(prior - explained.sum(axis=1), 0)
        mean = self.weights @ means
        variance = self.weights @ (variances + (means - mean) ** 2)
        return mean + offset, np.sqrt(variance)

    def covariance(self, x: ArrayLike) -> Array:
        """Covariance of the profile's energies at x, shape (n, n), eV²."""
        asked = Rows.values(x)
        cross = self._prior(asked, self._rows)
        factor, solution = self._condition
        means = np.einsum("hij,hj->hi", cross, solution)
        spread = means - self.weights @ means
        explained = np.linalg.solve(factor, cross.mT)
        within = self._prior(asked, asked) - explained.mT @ explained
        return np.asarray(
            np.einsum("h,hij->ij", self.weights, within) + spread.T * self.weights @ spread
        )

    def gain(self, feature: Array) -> Array:
        """How much better the data are explained with more functions, each taken by itself.

        Args:
            feature: values of the functions at the rows, shape (n, f), eV; their coefficients
                have a normal prior of width 1.

        Returns:
            Logarithm of the ratio of evidences for each component, shape (h, f).
        """
        factor, solution = self._condition
        # K + u uᵀ: Woodbury, and the determinant lemma.
        inflated = 1 + np.square(np.linalg.solve(factor, feature[None])).sum(axis=1)
        return np.asarray((solution @ feature) ** 2 / inflated / 2 - np.log(inflated) / 2)

    @property
    def rows(self) -> Rows:
        """What was observed: values, the zero at infinity of a pair, and slopes."""
        return self._rows

    @cached_property
    def log_evidence(self) -> Array:
        """Logarithm of the probability of the data under each component, up to a constant, (h,)."""
        factor, solution = self._condition
        determinant = np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(axis=1)
        return np.asarray(-solution @ self._target / 2 - determinant)

    @cached_property
    def _slopes(self) -> NDArray[np.bool_]:
        return np.isfinite(self.observations.slope)

    @cached_property
    def _rows(self) -> Rows:
        x = self.observations.x
        values = np.append(x, np.inf) if self.form.vanishes else x
        slopes = x[self._slopes]
        return Rows(np.append(values, slopes), np.repeat([False, True], [len(values), len(slopes)]))

    @cached_property
    def _offset(self) -> float:
        free = len(self.observations) and not self.form.vanishes
        return float(self.observations.energy.mean()) if free else 0.0

    @cached_property
    def _target(self) -> Array:
        known, known_slope = self.form.known(self.observations.x)
        energy = self.observations.energy - known - self._offset
        slope = (self.observations.slope - known_slope)[self._slopes]
        return np.concatenate([energy, [0.0] * self.form.vanishes, slope])

    @cached_property
    def _variance(self) -> Array:
        """Variance of the error of each row, shape (h, n).

        A point above the cap leads the form, but need not be met: its error is taken as larger.
        """
        energy, cap = self.observations.energy, self.settings.energy_cap
        loose = ABOVE_CAP * np.maximum(energy - energy.min(initial=np.inf) - cap, 0)
        floor = max(self.settings.noise, 3e-5 * self.scale)  # keeps K positive definite
        values = np.append(loose, [0.0] * self.form.vanishes) + floor
        rate = np.abs(self.form.coordinate(self.observations.x)[1])
        slopes = ((self.hyperparameters[:, 3, None] + loose) * rate)[:, self._slopes]
        values = np.broadcast_to(values, (len(slopes), len(values)))
        return np.asarray(np.hstack([values, slopes]) ** 2)

    @cached_property
    def _condition(self) -> tuple[Array, Array]:
        """Cholesky factors of K, shape (h, n, n), and K⁻¹ y, shape (h, n)."""
        covariance = self._prior(self._rows, self._rows)
        covariance += self._variance[:, :, None] * np.eye(len(self._target))
        solution = np.linalg.solve(covariance, self._target[:, None])[..., 0]
        return np.asarray(np.linalg.cholesky(covariance)), np.asarray(solution)

    @cached_property
    def _distinct(self) -> tuple[Array, NDArray[np.int_], Array, NDArray[np.int_]]:
        shapes, shape = np.unique(self.hyperparameters[:, 0], return_inverse=True)
        lengths, length = np.unique(self.hyperparameters[:, 1], return_inverse=True)
        return shapes, shape, lengths, length

    def _prior(self, a: Rows, b: Rows) -> Array:
        """Covariance of two sets of rows before any data, shape (h, n, m)."""
        shapes, shape, lengths, length = self._distinct
        form = np.array([a.features(self.form, s) @ b.features(self.form, s).T for s in shapes])
        residual = np.array([residual_covariance(self.form, a, b, ell) for ell in lengths])
        amplitude = self.hyperparameters[:, 2, None, None]
        height = COEFFICIENT * self.scale
        return np.asarray(height**2 * form[shape] + amplitude**2 * residual[length])

    def _prior_variance(self, a: Rows, zero: Rows | None) -> Array:
        """Variance of rows before any data, relative to one other row or not, shape (h, n)."""
        shapes, shape, lengths, length = self._distinct
        features = np.array([a.features(self.form, s) for s in shapes])
        residual = np.ones((len(lengths), len(a.x)))
        if zero is not None:
            features = features - np.array([zero.features(self.form, s) for s in shapes])
            same = [residual_covariance(self.form, a, zero, ell)[:, 0] for ell in lengths]
            residual = 2 * (1 - np.array(same))
        form = np.square(features).sum(axis=2)
        height = COEFFICIENT * self.scale
        return np.asarray(
            height**2 * form[shape] + self.hyperparameters[:, 2, None] ** 2 * residual[length]
        )


def infer(form: Form, observations: Observations, settings: Settings) -> Posterior:
    """Learn a profile from its points, averaging over the hyperparameters."""
    everywhere = components(form, observations, settings)
    weights = np.exp(everywhere.log_evidence - everywhere.log_evidence.max())
    kept = weights > NEGLIGIBLE
    weights = weights[kept] / weights[kept].sum()
    return replace(everywhere, hyperparameters=everywhere.hyperparameters[kept], weights=weights)


def components(form: Form, observations: Observations, settings: Settings) -> Posterior:
    """One component for each set of hyperparameters, all of equal weight."""
    scale = energy_scale(form, observations, settings)
    known = np.isfinite(observations.slope).any()
    errors = sorted(
        {max(scale * error, settings.noise) for error in SLOPE_ERRORS if known} or {0.0}
    )
    amplitudes = scale * np.array(AMPLITUDES)
    grid = np.array(list(product(form.shapes, form.lengths, amplitudes, errors)))
    uniform = np.full(len(grid), 1 / len(grid))
    return Posterior(form, observations, settings, scale, grid, uniform)


def energy_scale(form: Form, observations: Observations, settings: Settings) -> float:
    """How high the profile is as far as its points tell, eV: between noise and energy cap."""
    if not len(observations):
        return settings.energy_cap
    energy, slope = observations.energy, observations.slope
    rise = np.nan_to_num(np.abs(slope / form.coordinate(observations.x)[1])) / 2
    height = np.abs(energy) if form.vanishes else energy - energy.min()
    return float(np.clip(max(*height, *rise), settings.noise, settings.energy_cap))
