"""What must not change what is learned."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiida_forcefield.surrogate.forms import Form
from aiida_forcefield.surrogate.observations import Observations, Settings
from aiida_forcefield.surrogate.posterior import infer
from tests.unit.surrogate.curves import (
    ionic,
    ionic_slope,
    morse,
    morse_slope,
    torsion,
    torsion_slope,
)

NOISE = Settings(noise=1e-5, energy_cap=1e6)
GRID = {
    "bond": np.linspace(1.0, 1.6, 13),
    "ions": np.linspace(1.3, 6.0, 13),
    "dihedral": np.linspace(-180, 180, 13),
}
CURVES = {
    "bond": (morse, morse_slope, [1.03, 1.2, 1.45, 1.58]),
    "ions": (ionic, ionic_slope, [1.4, 1.7, 2.6, 5.0]),
    "dihedral": (torsion, torsion_slope, [-160.0, -22.5, 40, 115, 171]),
}
few = settings(max_examples=12, deadline=None)
kinds = st.sampled_from(sorted(CURVES))


def points(kind, gradient=True):
    energy, slope, x = CURVES[kind]
    x = np.array(x)
    return x, energy(x), slope(x) if gradient else np.full(len(x), np.nan)


def learned(kind, x, energy, slope, grid, form=None, noise=NOISE):
    window = GRID[kind][0], GRID[kind][-1]
    posterior = infer(form or Form(kind, *window), Observations(x, energy, slope), noise)
    return posterior.predict(grid)


def assert_same(one, other, factor=1.0, shift=0.0):
    (mean, std), (another, bars) = one, other
    np.testing.assert_allclose(another, factor * mean + shift, atol=2e-5 * factor)
    np.testing.assert_allclose(bars, factor * std, atol=2e-5 * factor, rtol=1e-3)


@few
@given(kinds, st.booleans(), st.floats(-3e3, 3e3))
def test_the_zero_of_energy(kind, gradient, shift):
    x, y, dy = points(kind, gradient)
    here = learned(kind, x, y, dy, GRID[kind])
    assert_same(here, learned(kind, x, y + shift, dy, GRID[kind]), shift=shift)


@few
@given(st.sampled_from(["bond", "dihedral"]), st.booleans(), st.floats(0.04, 25))
def test_the_unit_of_energy(kind, gradient, unit):
    # Not so of ions, whose charges are whole numbers of e: their energies are in eV.
    x, y, dy = points(kind, gradient)
    noise = Settings(noise=1e-5 * unit, energy_cap=1e6 * unit)
    here = learned(kind, x, y, dy, GRID[kind])
    assert_same(here, learned(kind, x, y * unit, dy * unit, GRID[kind], noise=noise), unit)


@few
@given(kinds, st.booleans(), st.randoms(use_true_random=False))
def test_the_order_of_the_points(kind, gradient, random):
    x, y, dy = points(kind, gradient)
    order = list(range(len(x)))
    random.shuffle(order)
    here = learned(kind, x, y, dy, GRID[kind])
    assert_same(here, learned(kind, x[order], y[order], dy[order], GRID[kind]))


@few
@given(st.booleans(), st.lists(st.integers(-2, 2), min_size=5, max_size=5))
def test_whole_turns(gradient, turns):
    x, y, dy = points("dihedral", gradient)
    here = learned("dihedral", x, y, dy, GRID["dihedral"])
    turned = learned("dihedral", x + 360 * np.array(turns), y, dy, GRID["dihedral"])
    assert_same(here, turned)


@few
@given(st.booleans(), st.floats(-180, 180))
def test_where_the_circle_is_cut(gradient, start):
    x, y, dy = points("dihedral", gradient)
    here = learned("dihedral", x, y, dy, GRID["dihedral"])
    cut = Form("dihedral", start, start + 360)
    assert_same(here, learned("dihedral", x, y, dy, GRID["dihedral"], cut))


@few
@given(st.booleans())
def test_left_and_right(gradient):
    x, y, dy = points("dihedral", gradient)
    here = learned("dihedral", x, y, dy, GRID["dihedral"])
    assert_same(here, learned("dihedral", -x, y, -dy, -GRID["dihedral"]))


@few
@given(kinds, st.booleans(), st.integers(0, 3))
def test_a_point_told_twice(kind, gradient, twice):
    x, y, dy = points(kind, gradient)
    again = [*range(len(x)), twice]
    mean, std = learned(kind, x, y, dy, GRID[kind])
    another, bars = learned(kind, x[again], y[again], dy[again], GRID[kind])
    # It may only help to tell noise from signal.
    np.testing.assert_allclose(another, mean, atol=np.max(std) / 2 + 1e-5)
    assert bars.max() <= 1.05 * std.max()


@pytest.mark.parametrize("seed", range(3))
def test_learning_is_deterministic(seed):
    x, y, dy = points("bond")
    y = y + np.random.default_rng(seed).normal(0, 1e-3, len(y))
    one, two = (learned("bond", x, y, dy, GRID["bond"]) for _ in range(2))
    np.testing.assert_array_equal(one, two)
