import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from aiida_forcefield.scans.coordinates import evaluate

ATOMS = {2: (3, 1), 3: (0, 2, 1), 4: (2, 0, 3, 1)}


def shape(seed: int) -> NDArray[np.float64]:
    """Four points far from straight lines: a distorted tetrahedron."""
    corners = np.array([[1.0, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
    return corners + np.random.default_rng(seed).uniform(-0.3, 0.3, (4, 3))


def wrap(angle: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.angle(np.exp(1j * angle))


@pytest.mark.parametrize("size", ATOMS)
@given(seed=st.integers(0, 10**6))
def test_gradients_are_the_finite_differences(size: int, seed: int) -> None:
    xyz, atoms, step = shape(seed), ATOMS[size], 1e-5
    gradients = evaluate(xyz, [atoms])[1][0]
    for k, atom in enumerate(atoms):
        for axis in range(3):
            shifted = np.array([xyz, xyz])
            shifted[:, atom, axis] += [-step, step]
            below, above = evaluate(shifted, [atoms])[0][:, 0]
            slope = wrap(above - below) / (2 * step)
            assert gradients[k, axis] == pytest.approx(slope, abs=1e-8)


@pytest.mark.parametrize("size", ATOMS)
@given(seed=st.integers(0, 10**6))
def test_values_do_not_feel_rotation_and_translation(size: int, seed: int) -> None:
    xyz, rng = shape(seed), np.random.default_rng(seed)
    rotation = Rotation.from_quat(rng.normal(size=4))
    value, gradient = evaluate(xyz, [ATOMS[size]])
    moved, turned = evaluate(rotation.apply(xyz) + rng.normal(size=3), [ATOMS[size]])
    np.testing.assert_allclose(wrap(moved - value), 0.0, atol=1e-12)
    np.testing.assert_allclose(turned[0], rotation.apply(gradient[0]), atol=1e-12)
    np.testing.assert_allclose(gradient[0].sum(axis=0), 0.0, atol=1e-12)


@pytest.mark.parametrize("size", ATOMS)
@given(seed=st.integers(0, 10**6))
def test_values_read_the_same_backward(size: int, seed: int) -> None:
    forward, backward = ATOMS[size], ATOMS[size][::-1]
    values, gradients = evaluate(shape(seed), [forward, backward])
    np.testing.assert_allclose(wrap(values[0] - values[1]), 0.0, atol=1e-12)
    np.testing.assert_allclose(gradients[0], gradients[1][::-1], atol=1e-12)


@given(seed=st.integers(0, 10**6))
def test_only_the_dihedral_changes_sign_in_a_mirror(seed: int) -> None:
    xyz = shape(seed)
    mirrored = xyz * [1.0, 1.0, -1.0]
    for size, sign in ((2, 1), (3, 1), (4, -1)):
        value, image = (evaluate(x, [ATOMS[size]])[0] for x in (xyz, mirrored))
        np.testing.assert_allclose(wrap(image - sign * value), 0.0, atol=1e-12)


@pytest.mark.parametrize("degrees", [-179.0, -90.0, 0.0, 60.0, 180.0])
def test_dihedral_is_iupac(degrees: float) -> None:
    # Seen along +x the far bond stands clockwise of the near one, which points to +y.
    phi = np.radians(degrees)
    xyz = [[0, 1, 0], [0, 0, 0], [1, 0, 0], [1, np.cos(phi), np.sin(phi)]]
    value, gradient = evaluate(xyz, [(0, 1, 2, 3)])
    assert value[0] == pytest.approx(phi, abs=1e-12)
    assert np.all(np.isfinite(gradient))


def test_right_angle_and_distance() -> None:
    xyz = [[2.0, 0, 0], [0, 0, 0], [0, 3, 0]]
    assert evaluate(xyz, [(0, 1, 2)])[0][0] == pytest.approx(np.pi / 2)
    assert evaluate(xyz, [(0, 2)])[0][0] == pytest.approx(np.sqrt(13))


def test_shapes_follow_the_structures_and_the_coordinates() -> None:
    values, gradients = evaluate(np.stack([[shape(1), shape(2)]] * 3), [(0, 1, 2, 3)] * 5)
    assert values.shape == (3, 2, 5)
    assert gradients.shape == (3, 2, 5, 4, 3)
