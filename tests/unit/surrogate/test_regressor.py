import numpy as np
import pytest

from aiida_forcefield.surrogate import ProfileRegressor
from tests.unit.surrogate.curves import morse, morse_slope


def test_it_fits_and_predicts_in_the_zero_of_its_energies():
    x, grid = np.array([1.02, 1.2, 1.4, 1.55]), np.linspace(1, 1.6, 30)
    model = ProfileRegressor("bond", 1.0, 1.6).fit(x[:, None], morse(x) - 300, morse_slope(x))
    mean, std = model.predict(grid[:, None], return_std=True)
    np.testing.assert_allclose(mean, morse(grid) - 300, atol=5e-3)
    np.testing.assert_array_equal(model.predict(grid), mean)
    assert (np.abs(mean - morse(grid) + 300) <= 4 * std + 1e-4).all()


def test_parameters_can_be_read_and_set():
    model = ProfileRegressor("angle", 90, 130)
    twin = ProfileRegressor(**model.get_params()).set_params(noise=1e-3)
    assert twin.get_params() == {"kind": "angle", "lower": 90, "upper": 130, "noise": 1e-3}


def test_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match=r"X: shape \(2, 2\)"):
        ProfileRegressor("bond", 1, 2).fit(np.ones((2, 2)), [1, 2])
    with pytest.raises(ValueError, match="lengths 2, 3, 2 differ"):
        ProfileRegressor("bond", 1, 2).fit([1, 2], [1, 2, 3])
