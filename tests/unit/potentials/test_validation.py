import numpy as np

from aiida_forcefield.potentials import Settings
from aiida_forcefield.potentials.residuals import Rows
from aiida_forcefield.potentials.validation import informing_points, left_out_errors


def test_what_a_linear_fit_foresees_is_exact() -> None:
    rng = np.random.default_rng(0)
    design, targets = rng.normal(size=(30, 5)), rng.normal(size=30)
    weights = rng.uniform(0.2, 1.0, 30)
    J = np.vstack([np.eye(5), design * np.sqrt(weights)[:, None]])
    y = np.concatenate([np.zeros(5), targets * np.sqrt(weights)])
    labels = np.array([""] * 5 + ["a"] * 12 + ["b"] * 18)
    rows = Rows(
        np.array([""] * 5 + ["energy"] * 12 + ["interaction"] * 18),
        labels,
        np.array([-1] * 5 + [*range(30)]),
        np.concatenate([np.zeros(5), weights]),
    )
    settings = Settings()
    errors = {"a": settings.energy_error, "b": settings.interaction_error}
    optimum = np.linalg.lstsq(J, y)[0]
    found = left_out_errors(J @ optimum - y, J, rows, settings)
    assert found["energy"] == found["energy a"]
    kinds = {"a": "energy", "b": "interaction"}
    for label, error in errors.items():
        others, mine = labels != label, labels[5:] == label
        p = np.linalg.lstsq(J[others], y[others])[0]
        squares = (design[mine] @ p - targets[mine]) ** 2
        expected = error * np.sqrt(np.average(squares, weights=weights[mine]))
        np.testing.assert_allclose(found[f"{kinds[label]} {label}"], expected, rtol=1e-10)


def test_a_point_informs_of_what_it_would_notice() -> None:
    rows = Rows(
        np.array(["", "energy", "gradient", "energy"]),
        np.array(["", "a", "a", "a"]),
        np.array([-1, 0, 0, 1]),
        np.array([0.0, 1.0, 1.0, 1.0]),
    )
    J = np.array([[9.0, 9.0, 9.0], [2.0, 0.05, 0.0], [3.0, 0.0, 0.0], [1.5, 0.04, 0.0]])
    assert informing_points(J, rows, np.array([1.0, 2.1, 1.0])).tolist() == [2, 1, 0]
