import numpy as np
import pytest

from aiida_forcefield.surrogate import Learner, Settings, first_values
from tests.unit.surrogate.curves import morse, morse_slope, torsion

SETTINGS = Settings(noise=1e-5)


def bond(**changes):
    return Learner("bond", 1.0, 1.6, Settings(**{"noise": 1e-5, **changes}))


def test_it_asks_as_a_scan_does():
    learner = bond()
    first = first_values("bond", 1.0, 1.6, SETTINGS)
    np.testing.assert_array_equal(learner.propose(2), first[:2])
    learner.tell(first[:1], morse(first[:1]))
    np.testing.assert_array_equal(learner.propose(1), first[1:2])
    learner.tell(first[1:], morse(first[1:]))
    np.testing.assert_array_equal(learner.propose(1), learner.surrogate.proposals)


def test_a_batch_is_diverse():
    learner = Learner("dihedral", -180, 180, SETTINGS)
    x = first_values("dihedral", -180, 180, SETTINGS)
    learner.tell(x, torsion(x))
    batch = learner.propose(4)
    assert len(batch) == 4
    apart = np.abs(batch[:, None] - batch + 180) % 360 - 180
    assert np.abs(apart[np.triu_indices(4, 1)]).min() > 10


def test_it_ends_and_then_asks_nothing():
    learner = bond()
    while learner.outcome is None:
        x = learner.propose()
        learner.tell(x, morse(x), morse_slope(x))
    assert learner.outcome.name == "converged"
    assert not len(learner.propose())


def test_points_may_come_back_elsewhere_or_not_at_all():
    learner, rng = bond(), np.random.default_rng(2)
    while learner.outcome is None:
        x = learner.propose()
        back = x + rng.uniform(-0.01, 0.01, len(x))
        learner.tell(back, np.where(rng.random(len(x)) < 0.2, np.nan, morse(back)))
    assert learner.outcome.name == "converged"
    assert (
        np.abs(learner.surrogate.mean - morse(learner.surrogate.grid)).max()
        < learner.surrogate.goal
    )


def test_all_failed_is_an_end():
    learner = bond(max_points=8)
    while learner.outcome is None:
        learner.tell(x := learner.propose(), np.full(len(x), np.nan))
    assert learner.outcome.name == "not-learnable"


def test_the_budget_is_hard():
    learner = Learner("dihedral", -180, 180, Settings(noise=1e-6, tolerance=1e-4, max_points=6))
    while learner.outcome is None:
        x = learner.propose(4)
        learner.tell(x, torsion(x))
    assert len(learner.observations) == 6
    assert learner.outcome.name == "budget"
    assert "tolerances" in learner.outcome.reason


def test_lengths_must_agree():
    with pytest.raises(ValueError, match="tell: lengths 1, 2, 1"):
        bond().tell([1.0], [1.0, 2.0])
