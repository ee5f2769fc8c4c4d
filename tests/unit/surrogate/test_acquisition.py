import numpy as np
import pytest

from aiida_forcefield.surrogate import Observations, Settings, first_values, learn
from aiida_forcefield.surrogate.acquisition import doubtful

WINDOWS = [("bond", 1.2, 1.8), ("angle", 90, 130), ("dihedral", -180, 180), ("pair", 1.6, 6)]


@pytest.mark.parametrize(("kind", "lower", "upper"), WINDOWS)
def test_a_scan_starts_inside_its_window(kind, lower, upper):
    x = first_values(kind, lower, upper, Settings())
    assert (x >= lower).all()
    assert (x <= upper).all()
    assert len(set(x)) == len(x) >= 3
    assert len(first_values(kind, lower, upper, Settings(max_points=2))) == 2
    assert len(set(first_values(kind, lower, upper, Settings(batch=6)))) == 6


def test_no_rotation_looks_constant_to_the_first_angles():
    x = np.radians(first_values("dihedral", -180, 180, Settings()))
    for order in range(1, 7):
        assert np.ptp(np.cos(order * x)) > 0.2


def test_the_doubt_is_the_bar_below_the_cap_and_fades_above():
    mean, std = np.array([0, 0.5, 1.5, 9.0]), np.array([0.0, 0.1, 0.5, 0.5])
    np.testing.assert_allclose(doubtful(mean, std, 2.0, 1.0), [0, 0.2, 0.5, 0])


def test_proposals_are_rounded_and_never_repeat():
    x = np.array([-160.0, -22.5, 115])
    points = Observations(x, 0.1 * np.cos(3 * np.radians(x)), np.full(3, np.nan))
    proposals = learn("dihedral", -180, 180, points, Settings(batch=3)).proposals
    assert len(proposals) == 3
    np.testing.assert_array_equal(proposals, np.round(proposals, 1))
    assert np.abs(np.diff(np.sort([*x, *proposals]))).min() > 3


def test_a_region_that_fails_is_left_alone():
    x = np.array([1.23, 1.3, 1.36])
    energy, slope = 10 * (x - 1.3) ** 2, 20 * (x - 1.3)
    failed = np.array([1.7])
    settings = Settings(max_points=30, batch=1)
    for _ in range(20):
        learned = learn("bond", 1.2, 1.7, Observations(x, energy, slope, failed), settings)
        if learned.status != "learning":
            break
        assert np.abs(learned.proposals[:, None] - failed).min() > 0.03 - 1e-9
        failed = np.append(failed, learned.proposals)  # whatever is proposed fails too
    assert learned.status == "unmet"
    assert len(failed) < 20


def test_a_minimum_that_was_never_seen_is_visited():
    # Energies are counted from it, so that its own error bar is 0.
    x = np.array([2.3, 4.0, 9.0])
    energy = 2000 * np.exp(-x / 0.3) - 14.399645 / x
    proposal = learn("ions", 2.2, 10, Observations(x, energy, np.full(3, np.nan)), Settings())
    least = proposal.zero
    assert np.abs(proposal.proposals - least).min() < 0.4
