"""Where a relaxation along a coordinate starts, against paths that are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.transform import Rotation

from aiida_forcefield.runner.coordinate import Coordinate
from aiida_forcefield.runner.rotation import rotation
from aiida_forcefield.runner.starts import RelaxedPath, lagrange_weights, turned

BOND = Coordinate((0, 1))
DIHEDRAL = Coordinate((0, 1, 2, 3))
SHAPE = np.array([[0.0, 0.0, 0.0], [1.4, 0.0, 0.0], [1.8, 1.0, 0.1], [-0.4, 0.9, 0.7]])
BEND = np.array([[0.0, 0.0, 0.0], [0.5, 0.0, 0.0], [0.3, -0.4, 0.1], [0.0, 0.2, 0.5]])


def minimum(value: float) -> np.ndarray:
    """A path that is a parabola in the value of the coordinate."""
    return SHAPE + (value - 1.4) * BEND + (value - 1.4) ** 2 * BEND[::-1]


def test_a_parabola_is_followed_whichever_way_its_points_are_turned() -> None:
    path = RelaxedPath(BOND)
    for seed, value in enumerate((1.35, 1.40, 1.45)):
        turn = Rotation.random(random_state=seed)
        path.add(value, SHAPE, turn.apply(minimum(value)) + seed)
    rough = minimum(1.5) + 0.02 * BEND
    guess = path.start(1.5, rough)
    # All points turned together are a parabola, but each onto the start only nearly.
    assert np.abs(guess - turned(minimum(1.5), guess)).max() < 2e-3
    assert np.abs(rough - turned(minimum(1.5), rough)).max() > 5e-3


@pytest.mark.parametrize(
    "known",
    [
        {},
        {1.1: SHAPE + 0.1 * BEND},  # too far
        {1.3: SHAPE, 1.4: SHAPE + BEND},  # a jump
    ],
)
def test_otherwise_the_start_is_the_start(known: dict[float, np.ndarray]) -> None:
    path = RelaxedPath(BOND)
    for value, positions in known.items():
        path.add(value, SHAPE, positions)
    np.testing.assert_array_equal(path.start(1.5, SHAPE), SHAPE)


def test_one_minimum_tells_how_far_relaxation_leads() -> None:
    """Whichever way the molecules are turned."""
    path = RelaxedPath(BOND)
    first, second = Rotation.random(random_state=1), Rotation.random(random_state=2)
    path.add(1.4, first.apply(SHAPE), first.apply(SHAPE + 0.1 * BEND) + 7.0)
    put = second.apply(minimum(1.45)) - 2.0
    expected = second.apply(minimum(1.45) + 0.1 * BEND) - 2.0
    found = path.start(1.45, put)
    np.testing.assert_allclose(turned(found, expected), expected, atol=0.01)
    assert np.abs(turned(put, expected) - expected).max() > 0.02


def test_minima_close_together_tell_nothing_of_one_far_away() -> None:
    """The little that relaxation leaves of each gradient would be magnified."""
    path = RelaxedPath(BOND)
    for value in (1.400, 1.402, 1.410):
        path.add(value, SHAPE, minimum(value))
    np.testing.assert_array_equal(path.start(1.5, SHAPE), SHAPE)


def test_twice_the_same_value_leads_nowhere() -> None:
    path = RelaxedPath(BOND)
    path.add(1.4, SHAPE, SHAPE)
    path.add(1.4, SHAPE, SHAPE)
    np.testing.assert_array_equal(path.start(1.5, SHAPE), SHAPE)


def test_dihedrals_go_round() -> None:
    path = RelaxedPath(DIHEDRAL)
    path.add(170.0, SHAPE, SHAPE)
    path.add(-175.0, SHAPE, SHAPE + 0.15 * BEND)
    expected = SHAPE + 0.25 * BEND
    np.testing.assert_allclose(path.start(-165.0, expected), expected, atol=0.01)


@given(
    st.lists(st.floats(-1.0, 1.0), min_size=1, max_size=3, unique_by=lambda x: round(x, 2)),
    arrays(float, 3, elements=st.floats(-1.0, 1.0)),
)
def test_polynomials_are_exact(nodes: list[float], coefficients: np.ndarray) -> None:
    polynomial = np.polynomial.Polynomial(coefficients[: len(nodes)])
    found = lagrange_weights(np.array(nodes)) @ polynomial(np.array(nodes))
    assert found == pytest.approx(coefficients[0], abs=1e-6)


@given(st.integers(0, 1000))
def test_a_turned_molecule_is_turned_back(seed: int) -> None:
    matrix = Rotation.random(random_state=seed).as_matrix()
    centred = SHAPE - SHAPE.mean(axis=0)
    np.testing.assert_allclose(rotation(centred, centred @ matrix), matrix, atol=1e-9)
    np.testing.assert_allclose(turned(SHAPE @ matrix + 3.0, SHAPE), SHAPE, atol=1e-9)
