import json
from dataclasses import asdict

import numpy as np

from aiida_forcefield.surrogate import Observations, Settings, Surrogate, learn


def test_it_can_be_rebuilt_from_plain_values():
    x = np.array([1.8, 2.2, 3.0, 4.5])
    points = Observations(x, 300 * np.exp(-x / 0.3) - 20 / x**6, [np.nan, 0.1, np.nan, np.nan])
    learned = learn("pair", 1.7, 6, points, Settings(), charge_product=0.0)
    fields = json.loads(json.dumps(asdict(learned), default=np.ndarray.tolist))
    plain = {name: np.array(v) if isinstance(v, list) else v for name, v in fields.items()}
    plain["observations"] = Observations(**plain["observations"])
    plain["settings"] = Settings(**plain["settings"])
    again = Surrogate(**plain)
    np.testing.assert_array_equal(again.predict([2.0, 3.3]), learned.predict([2.0, 3.3]))


def test_predictions_are_those_of_the_grid():
    x = np.array([95.0, 110, 125])
    points = Observations(x, 1e-3 * (x - 109) ** 2 - 500, np.full(3, np.nan))
    learned = learn("angle", 90, 130, points, Settings())
    mean, std = learned.predict(learned.grid)
    np.testing.assert_allclose(mean, learned.mean, atol=1e-9)
    np.testing.assert_allclose(std, learned.std, atol=1e-9)
    assert abs(learned.mean.min()) < 1e-12
