import numpy as np

from aiida_forcefield.surrogate import Observations, Settings
from aiida_forcefield.surrogate.forms import Form
from aiida_forcefield.surrogate.learn import cell_weights

SETTINGS = Settings(energy_cap=1.0)
NO_SLOPES = np.full(5, np.nan)


def test_points_of_a_pair_share_the_window_evenly_where_they_are_even_in_inverse_distance() -> None:
    r = 1 / np.linspace(1 / 8, 1 / 2, 5)
    points = Observations(r, np.zeros(5), NO_SLOPES)
    weights = cell_weights(
        Form("pair", 2.0, 8.0), points, SETTINGS, Form("pair", 2.0, 8.0).grid(2001)
    )
    np.testing.assert_allclose(weights, [1 / 8, 1 / 4, 1 / 4, 1 / 4, 1 / 8], atol=2e-3)


def test_points_of_a_bond_share_the_window_evenly_where_they_are_even() -> None:
    points = Observations(np.linspace(1.0, 1.4, 5), np.zeros(5), NO_SLOPES)
    weights = cell_weights(Form("bond", 1.0, 1.4), points, SETTINGS, np.linspace(1.0, 1.4, 2001))
    np.testing.assert_allclose(weights, [1 / 8, 1 / 4, 1 / 4, 1 / 4, 1 / 8], atol=2e-3)


def test_a_point_above_the_cap_has_no_share() -> None:
    points = Observations(np.linspace(1.0, 1.4, 5), np.array([2.0, 0, 0, 0, 0]), NO_SLOPES)
    weights = cell_weights(Form("bond", 1.0, 1.4), points, SETTINGS, np.linspace(1.1, 1.4, 2001))
    assert weights[0] == 0
    np.testing.assert_allclose(weights.sum(), 1)
