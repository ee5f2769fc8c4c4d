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
    assert Settings(tolerance=0.01).bars < Settings(tolerance=0.001).bars


def test_observations_must_match_and_be_finite():
    with pytest.raises(ValueError, match="lengths 2, 1, 2 differ"):
        Observations([1, 2], [0], [0, 0])
    with pytest.raises(ValueError, match="energy: must be finite"):
        Observations([1], [np.nan], [0])
