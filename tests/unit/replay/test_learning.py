import re
from dataclasses import replace as changed

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiida_forcefield.replay.learning import BUDGET, replay
from aiida_forcefield.replay.record import Record
from tests.unit.surrogate.curves import (
    KCAL,
    PHI,
    R,
    bond_record,
    ionic_record,
    morse,
    morse_slope,
    torsion,
    torsion_record,
)


def calls(done):
    return len(done.surrogate.observations)


def assert_converged(done, most):
    assert done.outcome.name == "converged"
    assert done.predicted_error <= done.goal
    assert done.true_error <= done.goal
    assert calls(done) <= most


@pytest.mark.parametrize("seed", range(3))
def test_good_curves_are_cheap(seed):
    assert_converged(replay(bond_record(), 0.01, True, 1.0, seed=seed), 3)
    assert_converged(replay(bond_record(gradient=False), 0.01, True, 1.0, seed=seed), 6)
    assert_converged(replay(ionic_record(), 0.01, True, 2.0, seed=seed), 5)
    assert_converged(replay(torsion_record(), 0.1 * KCAL, False, seed=seed), 9)


def test_the_same_seed_gives_the_same_points_and_another_does_not():
    first, again, other = (
        replay(torsion_record(), 0.1 * KCAL, False, seed=seed).surrogate.observations.x
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first[:4], other[:4])


def test_an_absolute_tolerance_means_what_it_says():
    record = bond_record()
    height = np.ptp(record.energy)
    ends = [replay(record, *tolerance) for tolerance in ((0.02, True), (0.02 * height, False))]
    assert ends[0].goal == pytest.approx(ends[1].goal, rel=1e-3)


@pytest.mark.parametrize("gradient", [True, False])
def test_a_truncated_bond_is_learned_as_far_as_it_goes(gradient):
    for part in (R > 1.25, R < 1.15):
        assert_converged(replay(bond_record(x=R[part], gradient=gradient), 0.01, True, 2.0), 6)


@pytest.mark.parametrize("kind", ["bond", "angle"])
def test_a_constant_is_learned(kind):
    x = np.linspace(1.0, 1.6, 40) * (100 if kind == "angle" else 1)
    assert_converged(replay(Record(kind, x, 0 * x - 5, 0 * x), 0.01, True), 6)


@pytest.mark.parametrize("gradient", [True, False])
@pytest.mark.parametrize("noise", [0.05, 0.2])
def test_noise_above_tolerance_is_named(noise, gradient):
    done = replay(bond_record(noise, gradient), 0.01, True)
    assert done.outcome.name == "not-learnable"
    assert calls(done) <= BUDGET


@pytest.mark.parametrize("energy", [np.where(R > 1.31, 1.0, 0.0), np.arange(61) % 2 * 1.0])
@pytest.mark.parametrize("gradient", [True, False])
def test_two_values_are_not_learnable(energy, gradient):
    done = replay(Record("bond", R, energy, 0 * R if gradient else None), 0.01, True)
    assert done.outcome.name == "not-learnable"
    assert any("too coarse" in note for note in done.notes)


def test_a_jump_on_a_circle_is_not_learnable():
    energy = torsion(PHI) + np.where((PHI > 40) & (PHI < 170), 0.06, 0)
    done = replay(Record("dihedral", PHI, energy, None, circle=True), 0.1 * KCAL, False)
    assert done.outcome.name == "not-learnable"


WAVES = [(0.05, 0.08, 0.06), (0.02, 0.0, 0.07), (0.1, 0.25, 0.02), (-0.04, 0.15, 0.03)]
ARCS = [(0, 165), (0, 150), (0, 120), (-60, 60), (-45, 45), (15, 180)]


def part(window, waves, step=15.0, jump=0.0, gradient=False):
    """A part of a torsion's circle, with a jump in the middle; its place, degrees."""
    x = np.arange(window[0], window[1] + 0.1, step)
    t, n = np.radians(x)[:, None], np.arange(1, 4)
    height = np.array(waves) * [1, -1, 1]
    energy = np.cos(n * t) @ height + jump * (x > np.mean(window))
    slope = np.radians(1) * np.sin(n * t) @ (-n * height)
    return Record("dihedral", x, energy, slope if gradient else None)


@pytest.mark.parametrize("window", ARCS)
@pytest.mark.parametrize("gradient", [True, False])
def test_a_part_of_a_circle_is_smooth(window, gradient):
    for seed, waves in enumerate(WAVES):
        done = replay(part(window, waves, gradient=gradient), 0.01, True, seed=seed)
        assert done.outcome.name == "converged"
        assert calls(done) <= (9 if gradient else 14)


@settings(max_examples=10, deadline=None)
@given(
    st.lists(st.floats(-0.2, 0.2), min_size=3, max_size=3),
    st.integers(-180, 60),
    st.integers(8, 11),
    st.integers(0, 99),
)
def test_no_part_of_a_smooth_circle_has_two_branches(waves, begin, count, seed):
    record = part((begin, begin + 15 * count), waves)
    assert "branches" not in replay(record, 0.01, True, seed=seed).outcome.reason


@pytest.mark.parametrize("window", ARCS)
@pytest.mark.parametrize("gradient", [True, False])
def test_a_jump_on_a_part_of_a_circle_is_found_where_it_is(window, gradient):
    for seed, waves in enumerate(WAVES):
        done = replay(part(window, waves, 5.0, KCAL, gradient), 0.1 * KCAL, False, seed=seed)
        assert done.outcome.name == "not-learnable"
        where = float(re.search(r"near (\S+) degrees", done.outcome.reason)[1])
        assert abs(where - np.mean(window)) <= 5
        assert done.projection is None


def test_a_rough_spline_is_no_fault_of_the_curve():
    # Waves of sixth order at every 15 degrees: the points are smooth, the spline is not.
    x = np.arange(0, 121, 15.0)
    t = np.radians(x)
    record = Record("dihedral", x, 0.03 * np.cos(t) + 0.012 * np.cos(6 * t + 1), None)
    done = replay(record, 0.01, True)
    assert "branches" not in done.outcome.reason
    assert any("too coarse" in note for note in done.notes)


def test_a_kink_is_not_learnable():
    energy = morse(R) + 3 * np.abs(R - 1.35)
    record = Record("bond", R, energy, morse_slope(R) + 3 * np.sign(R - 1.35))
    done = replay(record, 0.01, True)
    assert done.outcome.name == "not-learnable"
    assert "kink" in done.outcome.reason


@settings(max_examples=8, deadline=None)
@given(st.floats(1.25, 1.45), st.floats(3, 8), st.integers(0, 3))
def test_a_kink_is_found_wherever_it_is(where, height, seed):
    energy = morse(R) + height * np.abs(R - where)
    record = Record("bond", R, energy, morse_slope(R) + height * np.sign(R - where))
    done = replay(record, 0.01, True, seed=seed)
    assert done.outcome.name == "not-learnable"
    assert calls(done) <= 16


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 1000))
def test_noise_without_gradients_is_never_taken_for_a_profile(seed):
    noise = 0.2 * np.random.default_rng(seed).normal(size=len(R))
    done = replay(Record("bond", R, morse(R) + noise, None), 0.01, True, seed=seed)
    assert done.outcome.name in ("not-learnable", "budget")


def test_two_branches_of_a_record_cost_nothing():
    record = changed(bond_record(), split=(0.3, 1.2))
    done = replay(record, 0.01, True)
    assert (done.outcome.name, done.surrogate) == ("not-learnable", None)
    assert "hysteresis" in done.outcome.reason
    assert replay(record, 0.5, False).outcome.name == "converged"


def test_a_spent_budget_is_told_with_what_was_reached():
    phi = np.linspace(-180, 180, 721)
    energy = np.cos(17 * np.radians(phi)) * 0.1
    done = replay(Record("dihedral", phi, energy, None, circle=True), 0.1 * KCAL, False)
    assert done.outcome.name in ("budget", "not-learnable")
    assert calls(done) <= BUDGET
    assert done.predicted_error > done.goal


def double_well(x):
    return 0.24 * (((x - 1.3) / 0.3) ** 2 - 1) ** 2


def test_a_form_that_does_not_describe_the_curve_is_named():
    x = np.linspace(0.9, 1.7, 40)
    done = replay(Record("bond", x, double_well(x), None), 0.01, True)
    assert done.outcome.name == "converged"
    assert "no parameters are given, as morse does not describe this curve" in done.outcome.reason
    assert "misses 70 % of the window" in done.outcome.reason


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (Record("bond", R, 23.06 * morse(R), None), ["k is 415 eV/Å²", "D would be 104 eV"]),
        (Record("bond", R, morse(R) / 27.2 - 154, None), ["k is 0.662 eV/Å²"]),
        (Record("bond", R, 4000 * morse(R), None), ["span 5.46e+03 eV", "k is 7.2e+04 eV/Å²"]),
        (Record("bond", 3 * R, morse(R), None), ["lowest at 3.6 Å"]),
        (Record("dihedral", PHI, 96 * torsion(PHI), None, circle=True), ["span 17.3 eV"]),
    ],
)
def test_a_unit_that_looks_wrong_is_named(record, expected):
    done = replay(record, 0.01, True)
    told = " ".join([*done.notes, done.outcome.reason])
    for words in expected:
        assert words in told


def test_an_offset_of_the_energies_is_none_of_our_business():
    done = replay(Record("bond", R, morse(R) - 154 * 27.2, None), 0.01, True)
    assert not done.notes
    assert done.projection.refusal is None


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", ["bond", "angle", "dihedral", "ions", "dimer"])
@settings(max_examples=4, deadline=None)
@given(
    shape=st.sampled_from(["flat", "line", "hill", "well", "wall", "spike", "rough"]),
    rows=st.integers(7, 30),
)
def test_no_curve_makes_numpy_complain(kind, shape, rows):
    t = np.linspace(0, 1, rows)
    low, high = {"bond": (0.3, 20), "angle": (0, 180), "dihedral": (0, 90)}.get(kind, (0.5, 50))
    energy = {
        "flat": 0 * t,
        "line": t,
        "hill": -((t - 0.5) ** 2),
        "well": ((4 * t - 2) ** 2 - 1) ** 2,
        "wall": 1e4 * np.exp(-50 * t),
        "spike": np.exp(-(((t - 0.5) / 0.02) ** 2)),
        "rough": np.random.default_rng(0).normal(size=rows),
    }[shape]
    replay(Record(kind, low + (high - low) * t, energy, None), 0.01, True)
