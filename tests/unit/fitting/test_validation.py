import numpy as np

from aiida_forcefield.fitting.residuals import Rows
from aiida_forcefield.fitting.validation import informing_points, unseen_residuals


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
    blocks = np.concatenate([np.full(5, -1), np.unique(labels, return_inverse=True)[1]])
    rows = Rows(
        points=np.array([-1] * 5 + [*range(30)]),
        weights=np.concatenate([np.zeros(5), weights]),
        blocks=blocks,
        offsets=np.concatenate([np.full(5, -1), np.where(energies, 0, -1)]),
    )
    found = unseen_residuals(J @ optimum - y, J[:, :5], rows, rows.blocks)
    for block in range(3):
        mine = blocks == block
        p = np.linalg.lstsq(J[~mine], y[~mine])[0]
        np.testing.assert_allclose(found[mine], J[mine] @ p - y[mine], rtol=1e-8, atol=1e-10)
    np.testing.assert_array_equal(found[:5], (J @ optimum - y)[:5])


def test_an_offset_that_nothing_else_tells_of_stays() -> None:
    """Where all energies are left out, what they have in common is not known."""
    rows = Rows(
        points=np.array([-1, 0, 1]),
        weights=np.array([0.0, 1.0, 1.0]),
        blocks=np.array([-1, 0, 0]),
        offsets=np.array([-1, 0, 0]),
    )
    J = np.array([[1.0], [2.0], [-2.0]])
    values = np.array([0.0, 0.3, -0.3])
    found = unseen_residuals(values, J, rows, rows.blocks)
    # Without them the parameter moves by Jᵀr, and no offset with it.
    np.testing.assert_allclose(found[1:], [0.3 + 2 * 1.2, -0.3 - 2 * 1.2])


def test_a_point_informs_of_what_it_would_notice() -> None:
    rows = Rows(
        points=np.array([-1, 0, 0, 1]),
        weights=np.array([0.0, 1.0, 1.0, 1.0]),
        blocks=np.array([-1, 0, 0, 0]),
        offsets=np.full(4, -1),
    )
    J = np.array([[9.0, 9.0, 9.0], [2.0, 0.05, 0.0], [3.0, 0.0, 0.0], [1.5, 0.04, 0.0]])
    assert informing_points(J, rows, np.array([1.0, 2.1, 1.0])).tolist() == [2, 1, 0]
