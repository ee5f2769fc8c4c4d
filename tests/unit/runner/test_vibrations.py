import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiida_forcefield.runner.vibrations import hessian, normal_modes, rigid_motions

Array = np.ndarray


class Springs:
    """Harmonic springs between all atoms: an engine whose derivatives are known."""

    def __init__(self, rest: Array, constant: float) -> None:
        self._pairs = np.triu_indices(len(rest), 1)
        i, j = self._pairs
        self._rest, self._constant = np.linalg.norm(rest[i] - rest[j], axis=1), constant

    def evaluate(self, positions: Array, gradient: bool = True) -> tuple[float, Array]:
        i, j = self._pairs
        d = positions[i] - positions[j]
        r = np.linalg.norm(d, axis=1)
        stretch = r - self._rest
        force = (self._constant * stretch / r)[:, None] * d
        total = np.zeros_like(positions)
        np.add.at(total, i, force)
        np.add.at(total, j, -force)
        return 0.5 * self._constant * float(stretch @ stretch), total


TRIANGLE = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.5, 0.75**0.5, 0.0]])


def test_a_diatomic_vibrates_as_a_spring() -> None:
    """CO: 1902 N/m = 118.7 eV/Å² and 6.86 u give its harmonic 2170 cm-1."""
    positions = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 1.128]])
    second = hessian(Springs(positions, 118.7), positions)
    frequencies, modes = normal_modes(second, positions, np.array([12.0, 15.9949]))
    assert frequencies == pytest.approx([2170.0], abs=3.0)
    assert modes[0, 0, 2] / modes[0, 1, 2] == pytest.approx(-15.9949 / 12.0, rel=1e-6)


def test_an_equilateral_triangle_has_its_textbook_modes() -> None:
    """Breathing at 3k/m, a degenerate pair at 3k/2m."""
    second = hessian(Springs(TRIANGLE, 2.0), TRIANGLE)
    frequencies, _ = normal_modes(second, TRIANGLE, np.ones(3))
    squares = (frequencies / 521.47091) ** 2
    assert squares == pytest.approx([3.0, 3.0, 6.0], rel=1e-4)


def test_a_maximum_is_imaginary() -> None:
    second = -hessian(Springs(TRIANGLE, 2.0), TRIANGLE)
    assert (normal_modes(second, TRIANGLE, np.ones(3))[0] < 0).all()


@pytest.mark.parametrize(
    ("positions", "rank"),
    [
        ([[1.0, 2.0, 3.0]], 3),
        ([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]], 5),
        ([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [3.0, 0.0, 0.0]], 5),
        (TRIANGLE.tolist(), 6),
    ],
)
def test_rank_of_rigid_motions(positions: list[list[float]], rank: int) -> None:
    basis = rigid_motions(np.array(positions))
    assert basis.shape == (3 * len(positions), rank)
    assert basis.T @ basis == pytest.approx(np.eye(rank), abs=1e-12)


def test_an_atom_has_no_vibration() -> None:
    frequencies, modes = normal_modes(np.zeros((3, 3)), np.zeros((1, 3)), np.ones(1))
    assert frequencies.shape == (0,)
    assert modes.shape == (0, 1, 3)


@given(st.lists(st.floats(-1.0, 1.0), min_size=3, max_size=3))
def test_frequencies_do_not_depend_on_the_origin(shift: list[float]) -> None:
    moved = TRIANGLE + np.array(shift)
    masses = np.array([1.0, 2.0, 3.0])
    here = normal_modes(hessian(Springs(TRIANGLE, 2.0), TRIANGLE), TRIANGLE, masses)[0]
    there = normal_modes(hessian(Springs(TRIANGLE, 2.0), moved), moved, masses)[0]
    assert there == pytest.approx(here, rel=1e-6)
