import numpy as np
import pytest

from aiida_forcefield.runner.potential import fibonacci_sphere


def test_a_fibonacci_sphere_is_even() -> None:
    points = fibonacci_sphere(400)
    assert np.linalg.norm(points, axis=1) == pytest.approx(1.0)
    assert np.abs(points.mean(axis=0)).max() < 0.01
    assert points.T @ points / 400 == pytest.approx(np.eye(3) / 3, abs=0.01)
    gaps = np.linalg.norm(points[:, None] - points, axis=-1) + 9 * np.eye(400)
    assert gaps.min() > 0.5 * (4 * np.pi / 400) ** 0.5
