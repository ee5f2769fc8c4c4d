import numpy as np

from aiida_forcefield.potentials import Settings
from aiida_forcefield.potentials.residuals import Rows
from aiida_forcefield.potentials.validation import informing_points, left_out_errors


def test_what_a_linear_fit_foresees_is_exact() -> None:
    rng = np.random.default_rng(0)
    design, targets = rng.normal(size=(30, 5)), rng.normal(size=30)
    weights = rng.uniform(0.2, 1.0, 30)
    labels = np.array(["a"] * 6 + ["b"] * 8 + ["c"] * 16)
    energies = labels != "c"
    columns = np.column_stack([design, energies])  # energies have an offset in common
    J = np.vstack([np.eye(5, 6), columns * np.sqrt(weights)[:, None]])
    y = np.concatenate([np.zeros(5), targets * np.sqrt(weights)])
    optimum = np.linalg.lstsq(J, y)[0]
    kinds = np.where(energies, "energy", "interaction")
    none = np.full(5, "")
    rows = Rows(
        np.concatenate([none, kinds]),
        np.concatenate([none, labels]),
        np.array([-1] * 5 + [*range(30)]),
        np.concatenate([np.zeros(5), weights]),
    )
    settings = Settings()
    errors = {"energy": settings.energy_error, "interaction": settings.interaction_error}
    found = left_out_errors(J @ optimum - y, J[:, :5], rows, settings)
    for label in ("a", "b", "c"):
        mine = labels == label
        others = np.concatenate([np.ones(5, dtype=bool), ~mine])
        p = np.linalg.lstsq(J[others], y[others])[0]
        squares = (columns[mine] @ p - targets[mine]) ** 2
        kind = str(kinds[mine][0])
        expected = errors[kind] * np.sqrt(np.average(squares, weights=weights[mine]))
        np.testing.assert_allclose(found[f"{kind} {label}"], expected, rtol=1e-10)
    assert found["interaction"] == found["interaction c"]


def test_a_point_informs_of_what_it_would_notice() -> None:
    rows = Rows(
        np.array(["", "energy", "gradient", "energy"]),
        np.array(["", "a", "a", "a"]),
        np.array([-1, 0, 0, 1]),
        np.array([0.0, 1.0, 1.0, 1.0]),
    )
    J = np.array([[9.0, 9.0, 9.0], [2.0, 0.05, 0.0], [3.0, 0.0, 0.0], [1.5, 0.04, 0.0]])
    assert informing_points(J, rows, np.array([1.0, 2.1, 1.0])).tolist() == [2, 1, 0]
