"""Means and errors against first-order autoregressive processes, whose answers are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import lfilter

from aiida_forcefield.dynamics.statistics import (
    block_error,
    covariance,
    detect_equilibration,
    effective_samples,
    estimate,
    standard_error,
    statistical_inefficiency,
    summarise,
)

SEEDS = st.integers(0, 2**32 - 1)


def autoregressive(phi, n, seed, shape=()):
    """x_t = φ x_{t−1} + noise, stationary with unit variance; time is the last axis."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(*shape, n)) * np.sqrt(1 - phi**2)
    noise[..., 0] /= np.sqrt(1 - phi**2)
    return lfilter([1], [1, -phi], noise)


@pytest.mark.parametrize("phi", [0.5, 0.9, 0.98])
def test_correlation_time(phi):
    x = autoregressive(phi, 200_000, 2)
    assert statistical_inefficiency(x) == pytest.approx((1 + phi) / (1 - phi), rel=0.1)


def test_white_noise_is_uncorrelated():
    assert statistical_inefficiency(autoregressive(0.0, 100_000, 3)) < 1.1


@pytest.mark.parametrize("error_of", [block_error, standard_error])
@pytest.mark.parametrize("phi", [0.0, 0.8, 0.95])
def test_error_is_the_spread_of_repeated_simulations(error_of, phi):
    runs = autoregressive(phi, 4000, 4, (200,))
    spread = runs.mean(axis=1).std(ddof=1)
    assert np.mean([error_of(run) for run in runs]) == pytest.approx(spread, rel=0.2)


@settings(max_examples=15)
@given(seed=SEEDS, shift=st.floats(-1e3, 1e3), scale=st.floats(0.01, 100))
def test_shift_and_scale(seed, shift, scale):
    x = autoregressive(0.6, 300, seed)
    before = summarise([x, x[:200]], 0.5)
    after = summarise([shift + scale * x, shift + scale * x[:200]], 0.5)
    assert after.mean == pytest.approx(shift + scale * before.mean, abs=1e-8)
    assert after.standard_error == pytest.approx(scale * before.standard_error, rel=1e-6)
    assert after.correlation_time == pytest.approx(before.correlation_time, rel=1e-6)
    assert after.equilibrated_from == before.equilibrated_from


@given(seed=SEEDS)
def test_time_reversal(seed):
    x = autoregressive(0.6, 256, seed)
    assert statistical_inefficiency(x) == pytest.approx(statistical_inefficiency(x[::-1]))
    assert block_error(x) == pytest.approx(block_error(x[::-1]))


def test_equilibration_ends_where_the_transient_has_died():
    x = autoregressive(0.5, 4000, 5) + 20 * np.exp(-np.arange(4000) / 100)
    assert 200 < detect_equilibration(x) < 1000
    assert detect_equilibration(autoregressive(0.5, 4000, 5)) < 400


def test_transient_does_not_bias_the_mean():
    x = 7 + autoregressive(0.5, 4000, 6) + 20 * np.exp(-np.arange(4000) / 100)
    result = summarise([x], 0.1)
    assert abs(result.mean - 7) < 4 * result.standard_error
    assert result.halves_agree
    assert result.equilibrated_from[0] == pytest.approx(detect_equilibration(x) * 0.1)


def test_error_bars_cover_the_truth():
    inside = []
    for seed in range(60):
        result = summarise(list(autoregressive(0.9, 1000, seed, (2,))), 1.0)
        inside.append(abs(result.mean) < 2 * result.standard_error)
    assert np.mean(inside) > 0.85


def test_drift_shows_in_the_halves():
    assert not summarise([autoregressive(0.5, 2000, 7) + np.arange(2000) / 100], 1.0).halves_agree


def test_contradicting_seeds_widen_the_error():
    low, high = autoregressive(0.5, 2000, 8, (2,))
    agreeing = summarise([low, high], 1.0)
    contradicting = summarise([low, high + 2], 1.0)
    assert agreeing.seeds_agree
    assert not contradicting.seeds_agree
    assert contradicting.standard_error == pytest.approx(1.0, abs=0.1)


def test_spread_of_three_seeds_counts():
    runs = autoregressive(0.5, 2000, 9, (3,)) + 0.1 * np.array([[-1], [0], [1]])
    result = summarise(list(runs), 1.0)
    spread = np.std([run.mean() for run in runs], ddof=1) / np.sqrt(3)
    assert result.standard_error == pytest.approx(spread, rel=0.25)
    assert result.n_effective == pytest.approx(6000 / 3, rel=0.3)


def test_constant_series_has_no_error():
    result = summarise([np.full(100, 0.1)], 1.0)
    assert result.mean == pytest.approx(0.1)
    assert result.standard_error < 1e-12
    assert result.halves_agree


@pytest.mark.parametrize(
    ("series", "message"),
    [
        ([], "none given"),
        ([np.zeros(15)], "at least 16"),
        ([np.zeros((20, 2))], "row of"),
        ([np.append(np.zeros(20), np.nan)], "not finite"),
    ],
)
def test_bad_series(series, message):
    with pytest.raises(ValueError, match=message):
        summarise(series, 1.0)


def test_a_drift_is_never_left_out_as_a_whole():
    assert detect_equilibration(np.arange(1000.0)) <= 500
    assert detect_equilibration(np.full(100, 0.1)) == 0


@pytest.mark.parametrize("phi", [0.0, 0.9])
def test_a_long_series_by_its_blocks(phi, monkeypatch):
    x = autoregressive(phi, 20_000, 13) + 10 * np.exp(-np.arange(20_000) / 100)
    found = []
    for long in (20_000, 2_000):
        monkeypatch.setattr("aiida_forcefield.dynamics.statistics.LONG", long)
        start = detect_equilibration(x)
        assert 100 < start < 2000
        found.append(statistical_inefficiency(x[2000:]))
    assert found[1] == pytest.approx(found[0], rel=0.25)


def test_covariance_of_two_series():
    a, noise = autoregressive(0.8, 4000, 10, (2, 200))
    found = [covariance([x], [0.5 * x + y], 1.0) for x, y in zip(a, noise, strict=True)]
    means = np.array([each.mean for each in found])
    assert means.mean() == pytest.approx(0.5, abs=4 * means.std() / np.sqrt(200))
    errors = np.array([each.standard_error for each in found])
    assert errors.mean() == pytest.approx(means.std(), rel=0.2)


def test_covariance_of_short_series_has_no_bias():
    """Deviations from a mean that follows the series are too small; what is added makes up."""
    runs = autoregressive(0.9, 300, 11, (400,))
    plain = np.mean([run.var() for run in runs])
    found = np.array([covariance([run], [run], 1.0).mean for run in runs])
    assert plain < 0.95
    assert found.mean() == pytest.approx(1.0, abs=0.04)


def test_in_equilibrium_nothing_is_left_out():
    x = autoregressive(0.5, 500, 12)
    found = estimate([x], 0.1)
    assert found.mean == pytest.approx(x.mean())
    assert found.n_effective == pytest.approx(effective_samples(x))
    assert found.times(-2.0).mean == pytest.approx(-2 * x.mean())
    assert found.times(-2.0).standard_error == pytest.approx(2 * found.standard_error)
