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
