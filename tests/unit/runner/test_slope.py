from dataclasses import dataclass

import numpy as np
import pytest

from aiida_forcefield.runner.slope import multiplier, tangent


@dataclass(frozen=True)
class FirstDistance:
    """The distance of atoms 0 and 1, with analytic derivatives."""

    def gradient(self, positions: np.ndarray) -> np.ndarray:
        d = positions[0] - positions[1]
        unit = d / np.linalg.norm(d)
        return np.concatenate([unit, -unit, np.zeros(3 * (len(positions) - 2))])

    def hessian(self, positions: np.ndarray) -> np.ndarray:
        d = positions[0] - positions[1]
        r = np.linalg.norm(d)
        block = (np.eye(3) - np.outer(d, d) / r**2) / r
        full = np.zeros((positions.size, positions.size))
        full[:6, :6] = np.block([[block, -block], [-block, block]])
        return full


def chain(value: float) -> np.ndarray:
    """Three atoms in line, the second bond twice as long as the first: the path of the test."""
    return np.array([[0.0, 0.0, 0.0], [0.0, 0.0, value], [0.0, 0.0, 3 * value]])


def test_the_tangent_follows_a_coupled_bond() -> None:
    """E = k (r12 - 2 r01)² / 2 + transverse springs: holding r01 at q, r12 follows at 2q."""
    along = np.zeros(9)
    along[[2, 5, 8]] = 2.0, -3.0, 1.0  # gradient of r12 - 2 r01
    second = 4.0 * np.outer(along, along)
    positions = chain(1.0)
    bend = np.array([1.0, 0, 0, -1.5, 0, 0, 0.5, 0, 0])
    second += np.outer(bend, bend) + np.outer(np.roll(bend, 1), np.roll(bend, 1))
    path = tangent(second, positions, np.zeros(9), FirstDistance()).reshape(3, 3)
    assert path[1, 2] - path[0, 2] == pytest.approx(1.0)
    assert path[2, 2] - path[1, 2] == pytest.approx(2.0)
    assert path.sum(axis=0) == pytest.approx(0.0, abs=1e-12)
    assert path[:, :2] == pytest.approx(0.0, abs=1e-12)


def test_the_multiplier_is_the_slope_on_the_own_surface() -> None:
    direction = FirstDistance().gradient(chain(1.2))
    assert multiplier(0.7 * direction, direction) == pytest.approx(0.7)
