"""Mean and honest standard error of correlated time series."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from types import ModuleType

import numpy as np
from numpy.typing import ArrayLike, NDArray

AGREEMENT = 2.0
"""Parts of a simulation agree if their means differ by no more than so many standard errors.

Three would be too lenient: a steady drift counts as correlation, and enlarges the error with it.
"""

MINIMUM_SAMPLES = 16
"""A shorter time series has no statistics."""

STARTS = 100
"""Places in a series at which equilibration may have ended."""

LONG = 4096
"""Samples of a longer series are averaged over blocks, so that its statistics take no time."""


@dataclass(frozen=True)
class Estimate:
    """A mean over the equilibrated part of one or more time series.

    Attributes:
        mean: in the unit of the series.
        standard_error: the larger of the correlation-time and the block error, and of the spread
            between the series where there are at least three or where two contradict each other.
        correlation_time: integrated autocorrelation time, in the unit of ``dt``.
        n_effective: number of uncorrelated samples in all series together.
        equilibrated_from: for each series, the time from its start that was left out.
        halves_agree: whether the first and the second halves of the series have the same mean.
        seeds_agree: whether the series have the same mean; True for a single one.
    """

    mean: float
    standard_error: float
    correlation_time: float
    n_effective: float
    equilibrated_from: tuple[float, ...]
    halves_agree: bool
    seeds_agree: bool

    def times(self, factor: float) -> "Estimate":
        """In another unit, or of a quantity that is so many times as large."""
        return replace(
            self, mean=factor * self.mean, standard_error=abs(factor) * self.standard_error
        )


def statistical_inefficiency(series: ArrayLike) -> float:
    """How many samples in a row tell the mean as precisely as one uncorrelated sample, 1 or more.

    By pymbar; it sums the autocorrelation up to where that first becomes negative, for beyond there
    is only noise [J. D. Chodera et al., J. Chem. Theory Comput. 3, 26 (2007)]. A constant series
    counts as fully correlated. Means of blocks have the same error of their mean, and so tell that
    of a long series.
    """
    values = _checked(series)
    blocks, length = _blocks(values)
    if _is_constant(values) or _is_constant(blocks):
        return float(len(values))
    found = float(_timeseries().statistical_inefficiency(blocks))
    return max(1.0, found * length * float(blocks.var() / values.var()))


def effective_samples(series: ArrayLike) -> float:
    """Number of uncorrelated samples that would give the mean as precisely."""
    return len(np.asarray(series)) / statistical_inefficiency(series)


def detect_equilibration(series: ArrayLike) -> int:
    """Index from which the series is equilibrated: the one that leaves most effective samples.

    J. D. Chodera, J. Chem. Theory Comput. 12, 1799 (2016), by pymbar. At most half is left out,
    since the end of a series that drifts throughout always looks equilibrated by itself.
    """
    values = _checked(series)
    if _is_constant(values):
        return 0
    blocks, length = _blocks(values)
    skip = max(1, len(blocks) // STARTS)
    start, _, _ = _timeseries().detect_equilibration(blocks, fast=True, nskip=skip)
    return min(int(start) * length, len(values) // 2)


def block_error(series: ArrayLike) -> float:
    """Standard error of the mean from blocks, doubled until they are uncorrelated.

    H. Flyvbjerg and H. G. Petersen, J. Chem. Phys. 91, 461 (1989). The block length taken is the
    shortest b with b³ > 2 N s², s being the statistical inefficiency seen at that length
    [R. M. Lee et al., Phys. Rev. E 83, 066706 (2011)]; where the series is too short for that, the
    largest error of all block lengths.
    """
    blocks = _checked(series)
    n = len(blocks)
    errors: list[float] = []
    while len(blocks) >= 2:
        errors.append(float(blocks.std(ddof=1) / np.sqrt(len(blocks))))
        inefficiency = (errors[-1] / errors[0]) ** 2 if errors[0] > 0 else 1.0
        if (2.0 ** (len(errors) - 1)) ** 3 > 2 * n * inefficiency**2:
            return errors[-1]
        even = len(blocks) // 2 * 2
        blocks = blocks[:even].reshape(-1, 2).mean(axis=1)
    return max(errors)


def standard_error(series: ArrayLike) -> float:
    """The larger of the correlation-time and the block error of the mean."""
    values = _checked(series)
    by_time = float(values.std(ddof=1) / np.sqrt(effective_samples(values)))
    return max(by_time, block_error(values))


def summarise(series: Sequence[ArrayLike], dt: float) -> Estimate:
    """Estimate from independent runs of the same system.

    Args:
        series: one per seed, sampled every ``dt``; the legs of one seed are to be joined first.
        dt: sampling interval, in any unit of time.

    Raises:
        ValueError: if there is no series, one is shorter than 16, or a value is not finite.
    """
    if not series:
        raise ValueError("series: none given, at least one is needed")
    whole = [_checked(values, MINIMUM_SAMPLES) for values in series]
    starts = [detect_equilibration(values) for values in whole]
    parts = [values[start:] for values, start in zip(whole, starts, strict=True)]
    found = estimate(parts, dt)
    return replace(found, equilibrated_from=tuple(start * dt for start in starts))


def estimate(series: Sequence[ArrayLike], dt: float) -> Estimate:
    """As `summarise`, of series that are in equilibrium from their start."""
    parts = [_checked(values) for values in series]
    weights = np.array([float(len(part)) for part in parts])
    weights /= weights.sum()
    means = np.array([part.mean() for part in parts])
    errors = np.array([standard_error(part) for part in parts])
    mean = float(weights @ means)
    within = float(np.sqrt(np.sum((weights * errors) ** 2)))
    k = len(parts)
    between = float(np.sqrt(weights @ (means - mean) ** 2 / (k - 1))) if k > 1 else 0.0
    seeds_agree = between <= AGREEMENT * within
    return Estimate(
        mean=mean,
        standard_error=max(within, between) if k > 2 or not seeds_agree else within,
        correlation_time=float(weights @ [_correlation_time(part) for part in parts]) * dt,
        n_effective=float(sum(effective_samples(part) for part in parts)),
        equilibrated_from=(0.0,) * k,
        halves_agree=_halves_agree(parts, weights),
        seeds_agree=seeds_agree,
    )


def covariance(series: Sequence[ArrayLike], others: Sequence[ArrayLike], dt: float) -> Estimate:
    """Covariance of two quantities in independent runs of the same system, in equilibrium.

    It is the mean of the product of both deviations, a series of its own, whose error is that of
    any mean. Deviations are from the mean of each run, which follows the run: what the covariance
    lacks by that is added, as of so many effective samples.

    Args:
        series: one quantity, one row for each seed, sampled every ``dt``.
        others: the other one, at the same times.
        dt: sampling interval.

    Raises:
        ValueError: as `summarise`.
    """
    products, lacking = [], []
    for first, second in zip(series, others, strict=True):
        a, b = _checked(first), _checked(second)
        products.append((a - a.mean()) * (b - b.mean()))
        lacking.append(1 / max(min(effective_samples(a), effective_samples(b)), 2.0))
    found = estimate(products, dt)
    scale = 1 / (1 - float(np.average(lacking, weights=[len(each) for each in products])))
    return found.times(scale)


def _halves_agree(parts: Sequence[NDArray[np.float64]], weights: NDArray[np.float64]) -> bool:
    """Whether the halves' means, averaged over the series, differ by no more than noise."""
    halves = [(part[: len(part) // 2], part[len(part) // 2 :]) for part in parts]
    difference = weights @ [first.mean() - second.mean() for first, second in halves]
    variances = [
        standard_error(first) ** 2 + standard_error(second) ** 2 for first, second in halves
    ]
    return bool(abs(difference) <= AGREEMENT * np.sqrt(weights**2 @ variances))


def _correlation_time(series: NDArray[np.float64]) -> float:
    """Integrated autocorrelation time in sampling intervals, 0 for uncorrelated samples."""
    return (statistical_inefficiency(series) - 1) / 2


def _blocks(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], int]:
    """Means of as few samples in a row as make no more than `LONG`, and of how many."""
    length = -(-len(values) // LONG)
    whole = len(values) // length * length
    return values[:whole].reshape(-1, length).mean(axis=1), length


def _is_constant(values: NDArray[np.float64]) -> bool:
    """Whether nothing but rounding makes the values differ."""
    return not values.var() > 1e-24 * np.square(values).mean()


@cache
def _timeseries() -> ModuleType:
    """pymbar's statistics of time series; it takes a second to load, and then speaks of itself."""
    logging.getLogger("pymbar").setLevel(logging.ERROR)
    return import_module("pymbar.timeseries")


def _checked(series: ArrayLike, shortest: int = 4) -> NDArray[np.float64]:
    values = np.asarray(series, dtype=float)
    if values.ndim != 1 or len(values) < shortest:
        raise ValueError(
            f"series: shape {values.shape}, a row of at least {shortest} values is needed"
        )
    if not np.isfinite(values).all():
        raise ValueError("series: holds a value that is not finite")
    return values
