import numpy as np
import pytest

from aiida_forcefield.surrogate import Observations, Settings


@pytest.mark.parametrize(
    "wrong",
    [
        {"tolerance": 0},
        {"noise": -1e-4},
        {"energy_cap": np.nan},
        {"batch": 0},
        {"max_points": 0},
    ],
)
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Settings(**wrong)


def test_small_tolerances_ask_for_wider_bars():
    assert Settings(tolerance=0.01).bars(1.0) < Settings(tolerance=0.001).bars(1.0)


def test_observations_must_match_and_be_finite():
    with pytest.raises(ValueError, match="lengths 2, 1, 2 differ"):
        Observations([1, 2], [0], [0, 0])
    with pytest.raises(ValueError, match="energy: must be finite"):
        Observations([1], [np.nan], [0])


def test_low_profiles_are_learned_no_better_than_the_floor():
    settings = Settings(tolerance=0.01, floor=0.004)
    assert settings.goal(0.03) == 0.004
    assert settings.goal(0.65) == pytest.approx(0.0065)
    with pytest.raises(ValueError, match="floor: -1"):
        Settings(floor=-1)
