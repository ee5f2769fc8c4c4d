import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiida_forcefield.surrogate.forms import Form
from aiida_forcefield.surrogate.observations import Observations, Settings
from aiida_forcefield.surrogate.posterior import SMOOTH, components, infer

SETTINGS = Settings(noise=1e-5)
BOND = Form("bond", 1.27, 1.62)


def morse(r):
    return 4.5 * (1 - np.exp(-2.1 * (r - 1.42))) ** 2


def morse_slope(r):
    decay = np.exp(-2.1 * (r - 1.42))
    return 2 * 4.5 * 2.1 * (1 - decay) * decay


def unknown(x):
    return np.full(len(x), np.nan)


def test_it_passes_through_its_points():
    x = np.linspace(1.28, 1.6, 7)
    mean, std = infer(BOND, Observations(x, morse(x), unknown(x)), SETTINGS).predict(x)
    np.testing.assert_allclose(mean, morse(x), atol=1e-4)
    assert std.max() < 1e-4


def test_it_follows_its_slopes():
    x, step = np.array([1.28, 1.43, 1.6]), 1e-4
    posterior = infer(BOND, Observations(x, morse(x), morse_slope(x)), SETTINGS)
    above, below = (posterior.predict(x + s)[0] for s in (step, -step))
    np.testing.assert_allclose((above - below) / (2 * step), morse_slope(x), atol=0.05)


def test_slopes_narrow_the_bars_and_the_error():
    x, grid = np.array([1.28, 1.43, 1.6]), np.linspace(1.27, 1.62, 50)
    (plain, wide), (mean, std) = (
        infer(BOND, Observations(x, morse(x), slope), SETTINGS).predict(grid)
        for slope in (unknown(x), morse_slope(x))
    )
    assert std.max() < wide.max() / 3
    assert np.abs(mean - morse(grid)).max() < np.abs(plain - morse(grid)).max() / 5


def test_wrong_slopes_are_not_believed():
    x, grid = np.linspace(1.28, 1.6, 7), np.linspace(1.27, 1.62, 50)
    posterior = infer(BOND, Observations(x, morse(x), 0.8 * morse_slope(x)), SETTINGS)
    mean, std = posterior.predict(grid)
    assert np.abs(mean - morse(grid)).max() < max(0.005, 3 * std.max())
    assert posterior.weights @ posterior.hyperparameters[:, 5] > 10 * SETTINGS.noise


def test_a_circle_closes():
    form, x = Form("dihedral", -180, 180), np.array([-160, -22.5, 115, -107.5])
    energy = 0.1 * np.cos(np.radians(x)) + 0.02 * np.sin(2 * np.radians(x))
    posterior = infer(form, Observations(x, energy, unknown(x)), SETTINGS)
    (left, right), bars = posterior.predict([-180, 180])
    assert abs(left - right) < 1e-9
    assert abs(bars[0] - bars[1]) < 1e-9


def test_the_reference_has_no_uncertainty():
    x = np.array([1.35, 1.5])
    posterior = infer(BOND, Observations(x, morse(x), unknown(x)), SETTINGS)
    mean, std = posterior.predict([1.3, 1.6], reference=1.3)
    assert abs(mean[0]) < 1e-9
    assert std[0] < 1e-5 < std[1]


def test_a_pair_dies_away_and_ions_attract_as_charges():
    x = np.array([2.0, 2.4, 3.0, 4.0])
    energy = 400 * np.exp(-x / 0.3) - 14.399645 / x
    for form in (Form("pair", 1.8, 8), Form("pair", 1.8, 8, charge_product=-1.0)):
        posterior = infer(form, Observations(x, energy, unknown(x)), SETTINGS)
        assert abs(posterior.predict([1e6])[0][0]) < 1e-3
    assert abs(posterior.predict([20.0])[0][0] + 14.399645 / 20) < 5e-3


@settings(max_examples=10, deadline=None)
@given(shift=st.floats(-1e4, 1e4), move=st.floats(-0.3, 0.3))
def test_only_differences_of_energy_and_length_matter(shift, move):
    x, grid = np.array([1.28, 1.43, 1.6]), np.linspace(1.27, 1.62, 11)
    here = infer(BOND, Observations(x, morse(x), morse_slope(x)), SETTINGS)
    moved = infer(
        Form("bond", 1.27 + move, 1.62 + move),
        Observations(x + move, morse(x) + shift, morse_slope(x)),
        SETTINGS,
    )
    mean, std = here.predict(grid, 1.4)
    there, bars = moved.predict(grid + move, 1.4 + move)
    np.testing.assert_allclose(there, mean, atol=1e-5)
    np.testing.assert_allclose(bars, std, atol=1e-5)


@settings(max_examples=10, deadline=None)
@given(unit=st.floats(0.2, 3))
def test_the_unit_of_an_angle_does_not_matter(unit):
    x, grid = np.array([-18.0, 2, 19]), np.linspace(-20, 20, 11)
    energy, slope = 5e-4 * x**2 + 2e-6 * x**3, 1e-3 * x + 6e-6 * x**2
    here = infer(Form("improper", -20, 20), Observations(x, energy, slope), SETTINGS)
    other = infer(
        Form("improper", -20 * unit, 20 * unit),
        Observations(x * unit, energy, slope / unit),
        SETTINGS,
    )
    np.testing.assert_allclose(other.predict(grid * unit)[0], here.predict(grid)[0], atol=1e-6)


def exact(covariance, step, target):
    """Log evidence with a step of height 1/4, in rational numbers, of which none is rounded."""
    step = [Fraction(s) / 4 for s in step.tolist()]
    rows = [
        [*(Fraction(c) + a * b for c, b in zip(row, step, strict=True)), Fraction(y)]
        for row, a, y in zip(covariance.tolist(), step, target.tolist(), strict=True)
    ]
    total = 0.0
    for n, pivot in enumerate(rows):
        total -= float(pivot[-1] ** 2 / pivot[n]) / 2 + math.log(pivot[n]) / 2
        for row in rows[n + 1 :]:
            share = row[n] / pivot[n]
            row[:] = [a - share * b for a, b in zip(row, pivot, strict=True)]
    return total


@pytest.mark.parametrize("noise", [1e-2, 1e-6])
def test_a_step_is_weighed_exactly_where_all_cancels(noise):
    # Six points of a torsion on a part of the circle; a rigid form misses them by 10⁷ in log
    # evidence, of which a step takes all away.
    x = np.array([9.8, 80, 151.7, 165, 0, 113])
    energy = np.cos(np.outer(np.radians(x), [1, 2, 3])) @ [0.05, -0.08, 0.06]
    points = Observations(x, energy, unknown(x))
    form, settings = Form("dihedral", 0, 165), Settings(noise=noise)
    posterior = components(form, points, settings, errors=SMOOTH)
    step = np.sign(x - 83.3) / 2
    found = posterior.log_evidence_with(step[:, None], np.array([0.25]))[0, :, 0]
    for n, (covariance, target) in enumerate(
        zip(posterior._covariance, posterior._target, strict=True)
    ):
        assert found[n] == pytest.approx(exact(covariance, step, target), abs=1e-3)
