"""A profile given its points: a Gaussian process on the residual of a physical form.

The profile is Σ β φ(x) + g(x): a form, linear in its coefficients β, and the residual g that it
misses. Both have Gaussian priors, so energies and slopes are jointly Gaussian, with covariance

    K = b² Φ Φᵀ + a² k(t, t') + noise        (Rasmussen and Williams, 2006, eqs. 2.42 and 9.1)

and the coefficients need never be fitted. What remains, the form's shape, the residual's
length and amplitude a and the error of the slopes, is not maximised over but averaged over a grid,
each value weighted by the evidence of the data: a few points that a form happens to pass through
are no proof that it fits, and a maximum takes them as one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count as count_from
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aiida_forcefield.surrogate.forms import Form, Shape
from aiida_forcefield.surrogate.kernel import squared_exponential
from aiida_forcefield.surrogate.observations import Observations, Settings

Array = NDArray[np.float64]

# Priors, in units of the energy scale of the profile.
COEFFICIENT = 10.0  # height b: so wide that the data decide
AMPLITUDES = (0.003, 0.012, 0.05, 0.2, 0.8)  # of the residual, a
# Errors of energies and slopes, and how likely they are beforehand. Those of coarsely relaxed
# structures err most.
SMOOTH = ((0.0, 0.001, 1.0), (0.0, 0.02, 1.0), (0.0, 0.3, 1.0))
ERRORS = (*SMOOTH, (0.02, 0.3, 0.1))
ABOVE_CAP = 0.1  # error of a point, as a fraction of its energy above the cap
HUGE = 1e300
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

    def features(self, form: Form, shape: Shape) -> Array:
        """Φ, shape (n, p)."""
        value, slope = form.basis(self.x, shape)
        return np.where(self.derivative[:, None], slope, value)


def residual_covariance(form: Form, a: Rows, b: Rows, length: float) -> Array:
    """Covariance of the residual between two sets of rows for unit amplitude, shape (n, m)."""
    (ta, va, sa), (tb, vb, sb) = _parts(form, a), _parts(form, b)
    k, k1, k2 = squared_exponential(ta[:, None] - tb, length, form.periodic)
    va, sa = va[:, None], sa[:, None]
    return np.asarray(va * vb * k + (sa * vb - va * sb) * k1 - sa * sb * k2)


def _parts(form: Form, rows: Rows) -> tuple[Array, Array, Array]:
    """Learning coordinate t of rows, and how much of g(t) and of g'(t) is in each, shape (n,)."""
    (t, rate), (reach, change) = form.coordinate(rows.x), form.envelope(rows.x)
    value = np.where(rows.derivative, change, reach)
    return t, value, np.where(rows.derivative, reach * rate, 0.0)


@dataclass(frozen=True, eq=False)
class Posterior:
    """A profile given its points: a mixture of Gaussians, one for each set of hyperparameters.

    Attributes:
        form: the physical form.
        observations: the points.
        settings: noise and energy cap are used.
        scale: how high the profile is, eV: the unit of the priors.
        hyperparameters: shape (h, 6): shape of the form (two numbers), length, amplitude (eV),
            error of the energies (eV) and of the slopes (eV per unit of the learning coordinate).
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
        known = self._known(asked)
        if zero is None:
            known = known + self._offset
        else:
            cross = cross - self._prior(zero, self._rows)
            known = known - self._known(zero)
        factor, solution = self._condition
        means = np.einsum("hij,hj->hi", cross, solution) + known
        explained = np.linalg.solve(factor, cross.mT) ** 2
        variances = np.maximum(prior - explained.sum(axis=1), 0)
        mean = self.weights @ means
        variance = self.weights @ (variances + (means - mean) ** 2)
        return mean, np.sqrt(variance)

    def covariance(self, x: ArrayLike) -> Array:
        """Covariance of the profile's energies at x, shape (n, n), eV²."""
        asked = Rows.values(x)
        cross = self._prior(asked, self._rows)
        factor, solution = self._condition
        means = np.einsum("hij,hj->hi", cross, solution) + self._known(asked) + self._offset
        spread = means - self.weights @ means
        explained = np.linalg.solve(factor, cross.mT)
        within = self._prior(asked, asked) - explained.mT @ explained
        return np.asarray(
            np.einsum("h,hij->ij", self.weights, within) + spread.T * self.weights @ spread
        )

    def log_evidence_with(self, feature: Array, heights: Array) -> Array:
        """`log_evidence` with one more function in the model, for each of several by itself.

        Args:
            feature: values of the functions at the rows, shape (n, f).
            heights: widths of the normal prior of their coefficients, shape (k,), eV.

        Returns:
            Shape (k, h, f).
        """
        # K + s² u uᵀ by the matrix determinant lemma and the formula of Sherman and Morrison, for
        # w = L⁻¹ y and v = L⁻¹ u. Where the form misses the data by far, wᵀw is 10⁷ and the break
        # takes all of it away: the part of w along v is removed before anything is squared.
        factor, _ = self._condition
        solved = np.linalg.solve(factor, self._target[:, :, None])
        along = np.linalg.solve(factor, feature[None])
        norm = np.square(along).sum(axis=1)
        share = (along * solved).sum(axis=1) / norm
        across = np.square(solved - share[:, None] * along).sum(axis=1)
        inflated = 1 + heights[:, None, None] ** 2 * norm
        determinant = np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(axis=1)
        return np.asarray(
            -(across + norm * share**2 / inflated + np.log(inflated)) / 2 - determinant[:, None]
        )

    def left_out(self) -> tuple[Array, Array]:
        """Each point as the others predict it.

        The hyperparameters are those that all points tell, which is kinder than to learn anew.
        Rasmussen and Williams, eqs. 5.10 to 5.12, with the slope of a point left out together with
        its energy.

        Returns:
            Predicted minus observed energy and its standard deviation, each of shape (n,), eV.
        """
        factor, solution = self._condition
        inverse = np.linalg.inv(factor @ factor.mT)
        count = len(self.observations)
        first_slope = count + self.form.vanishes
        row = dict(zip(np.flatnonzero(self._slopes).tolist(), count_from(first_slope)))
        error, deviation = np.empty(count), np.empty(count)
        for point in range(count):
            own = [point, row[point]] if point in row else [point]
            block = np.linalg.inv(inverse[:, own][:, :, own])
            off = -np.einsum("hj,hj->h", block[:, 0], solution[:, own])
            error[point] = self.weights @ off
            deviation[point] = np.sqrt(self.weights @ (block[:, 0, 0] + (off - error[point]) ** 2))
        return error, deviation

    @property
    def noise(self) -> float:
        """Error of the energies that is believed in, eV, beside that of the settings."""
        return float(self.weights @ self.hyperparameters[:, 4])

    @property
    def likeliest_shape(self) -> Shape:
        """The shape of the form of greatest weight."""
        shapes, shape, _, _ = self._distinct
        return shapes[np.bincount(shape, weights=self.weights).argmax()]

    @property
    def rows(self) -> Rows:
        """What was observed: values, the zero at infinity of a pair, and slopes."""
        return self._rows

    @cached_property
    def log_evidence(self) -> Array:
        """Logarithm of the probability of the data under each component, up to a constant, (h,)."""
        count, target = self._target.shape
        # The last row of the Cholesky factor of K bordered by y is L⁻¹ y: one call gives all.
        bordered = np.full((count, target + 1, target + 1), HUGE)
        bordered[:, :-1, :-1] = self._covariance
        bordered[:, -1, :-1] = self._target
        factor = np.linalg.cholesky(bordered)
        determinant = np.log(np.diagonal(factor, axis1=1, axis2=2))[:, :-1].sum(axis=1)
        return np.asarray(-np.square(factor[:, -1, :-1]).sum(axis=1) / 2 - determinant)

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
    def _observed(self) -> Array:
        """Energies, the zero at infinity of a pair, and slopes less what is known, shape (h, n)."""
        energy, slope = self.observations.energy, self.observations.slope[self._slopes]
        observed = np.concatenate([energy, [0.0] * self.form.vanishes, slope])
        return np.asarray(observed - self._known(self._rows))

    @cached_property
    def _offset(self) -> Array:
        """What stands for the zero of energy, shape (h, 1)."""
        count = 0 if self.form.vanishes else len(self.observations)
        total = self._observed[:, :count].sum(axis=1, keepdims=True)
        return np.asarray(total / max(count, 1))

    @cached_property
    def _target(self) -> Array:
        return np.asarray(self._observed - np.where(self._rows.derivative, 0.0, self._offset))

    def _known(self, rows: Rows) -> Array:
        """What need not be learned of rows, shape (h, n)."""
        shapes, shape, _, _ = self._distinct
        known = np.array([self.form.known(rows.x, s) for s in shapes])[shape]
        return np.where(rows.derivative, known[:, 1], known[:, 0])

    @cached_property
    def _variance(self) -> Array:
        """Variance of the error of each row, shape (h, n).

        A point above the cap leads the form, but need not be met: its error is taken as larger.
        """
        energy, cap = self.observations.energy, self.settings.energy_cap
        loose = ABOVE_CAP * np.maximum(energy - energy.min(initial=np.inf) - cap, 0)
        floor = max(self.settings.noise, 3e-5 * self.scale)  # keeps K positive definite
        error, slope_error = self.hyperparameters[:, 4:].T[:, :, None]
        values = np.hypot(loose + floor, error)
        zero = np.full((len(error), int(self.form.vanishes)), floor)
        rate = np.abs(self.form.coordinate(self.observations.x)[1])
        slopes = ((slope_error + loose) * rate)[:, self._slopes]
        return np.asarray(np.hstack([values, zero, slopes]) ** 2)

    @property
    def _covariance(self) -> Array:
        """K, shape (h, n, n)."""
        covariance = self._prior(self._rows, self._rows)
        diagonal = np.arange(len(self._rows.x))
        covariance[:, diagonal, diagonal] += self._variance
        return covariance

    @cached_property
    def _condition(self) -> tuple[Array, Array]:
        """Cholesky factors of K, shape (h, n, n), and K⁻¹ y, shape (h, n)."""
        covariance = self._covariance
        solution = np.linalg.solve(covariance, self._target[:, :, None])[..., 0]
        return np.asarray(np.linalg.cholesky(covariance)), np.asarray(solution)

    @cached_property
    def _distinct(self) -> tuple[list[Shape], NDArray[np.int_], Array, NDArray[np.int_]]:
        shapes, shape = np.unique(self.hyperparameters[:, :2], axis=0, return_inverse=True)
        lengths, length = np.unique(self.hyperparameters[:, 2], return_inverse=True)
        return [(float(a), float(b)) for a, b in shapes], shape, lengths, length

    def _prior(self, a: Rows, b: Rows) -> Array:
        """Covariance of two sets of rows before any data, shape (h, n, m)."""
        shapes, shape, lengths, length = self._distinct
        form = np.array([a.features(self.form, s) @ b.features(self.form, s).T for s in shapes])
        residual = np.array([residual_covariance(self.form, a, b, ell) for ell in lengths])
        prior = residual[length]
        prior *= self.hyperparameters[:, 3, None, None] ** 2
        prior += ((COEFFICIENT * self.scale) ** 2 * form)[shape]
        return np.asarray(prior)

    def _prior_variance(self, a: Rows, zero: Rows | None) -> Array:
        """Variance of rows before any data, relative to one other row or not, shape (h, n)."""
        shapes, shape, lengths, length = self._distinct
        features = np.array([a.features(self.form, s) for s in shapes])
        residual = np.tile(self.form.envelope(a.x)[0] ** 2, (len(lengths), 1))
        if zero is not None:
            features = features - np.array([zero.features(self.form, s) for s in shapes])
            same = [residual_covariance(self.form, a, zero, ell)[:, 0] for ell in lengths]
            residual = residual + self.form.envelope(zero.x)[0] ** 2 - 2 * np.array(same)
        form = np.square(features).sum(axis=2)
        height = COEFFICIENT * self.scale
        return np.asarray(
            height**2 * form[shape] + self.hyperparameters[:, 3, None] ** 2 * residual[length]
        )


def infer(form: Form, observations: Observations, settings: Settings) -> Posterior:
    """Learn a profile from its points, averaging over the hyperparameters."""
    everywhere = components(form, observations, settings)
    parts = np.array_split(everywhere.hyperparameters, len(form.shapes))  # that fit into the cache
    evidence = [replace(everywhere, hyperparameters=part).log_evidence for part in parts]
    log_weights = np.concatenate(evidence) + np.log(everywhere.weights)
    weights = np.exp(log_weights - log_weights.max())
    kept = weights > NEGLIGIBLE
    weights = weights[kept] / weights[kept].sum()
    return replace(everywhere, hyperparameters=everywhere.hyperparameters[kept], weights=weights)


def components(
    form: Form,
    observations: Observations,
    settings: Settings,
    shapes: tuple[Shape, ...] | None = None,
    errors: Sequence[tuple[float, float, float]] = ERRORS,
) -> Posterior:
    """One component for each set of hyperparameters, of some shapes or all, weighted beforehand."""
    scale = energy_scale(form, observations, settings)
    if not np.isfinite(observations.slope).any():
        errors = [error for error in errors if error[1] == errors[-1][1]]
    amplitudes = scale * np.array(AMPLITUDES)
    sets = [*product(shapes or form.shapes, form.lengths, amplitudes, errors)]
    grid = [
        (*shape, length, amplitude, scale * error, max(scale * slope_error, settings.noise))
        for shape, length, amplitude, (error, slope_error, _) in sets
    ]
    weights = np.array([weight for *_, (_, _, weight) in sets])
    return Posterior(form, observations, settings, scale, np.array(grid), weights / weights.sum())


def energy_scale(form: Form, observations: Observations, settings: Settings) -> float:
    """How high the profile is as far as its points tell, eV: between noise and energy cap."""
    if not len(observations):
        return settings.energy_cap
    energy, slope = observations.energy, observations.slope
    rise = np.nan_to_num(np.abs(slope / form.coordinate(observations.x)[1])) / 2
    height = np.abs(energy) if form.vanishes else energy - energy.min()
    return float(np.clip(max(*height, *rise), settings.noise, settings.energy_cap))
