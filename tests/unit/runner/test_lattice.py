"""Images of atoms, and k-points of which half stand for all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from aiida_forcefield.runner.lattice import check_image_distances, half_of_shifted_mesh
from aiida_forcefield.runner.status import PointError

CELL = 2.0 * (np.ones((3, 3)) - np.eye(3))
SALT = np.array([[0.0, 0.0, 0.0], [2.0, 2.0, 2.0]])
EVEN = st.sampled_from([2, 4, 6])


@given(kmesh=st.tuples(EVEN, EVEN, EVEN))
def test_half_of_the_mesh_and_its_mirror_image_are_the_mesh(kmesh: tuple[int, int, int]) -> None:
    half = half_of_shifted_mesh(kmesh)
    both = np.concatenate([half, -half])
    assert len(both) == np.prod(kmesh)
    index = both * kmesh - 0.5  # whole numbers
    np.testing.assert_allclose(index, np.round(index), atol=1e-9)
    assert len(np.unique(np.round(index).astype(int) % kmesh, axis=0)) == len(both)


@given(seed=st.integers(0, 10**6))
def test_distances_do_not_feel_rotation_and_lattice_vectors(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rotation = Rotation.from_quat(rng.normal(size=4))
    near = SALT + np.array([[0.0, 0.0, 0.0], rng.normal(size=3)])
    near[1] = near[0] + (near[1] - SALT[1]) / np.linalg.norm(near[1] - SALT[1]) * 0.39
    image = near + np.array([[0, 0, 0], rng.integers(-1, 2, 3)]) @ CELL
    check_image_distances(rotation.apply(CELL), rotation.apply(SALT + rng.normal(size=3)))
    with pytest.raises(PointError, match=r"atoms 0 and 1 are only 0\.390 Å apart"):
        check_image_distances(rotation.apply(CELL), rotation.apply(image))


def test_an_atom_may_be_too_near_to_its_own_image() -> None:
    with pytest.raises(PointError, match=r"atoms 0 and 0 are only 0\.300 Å apart"):
        check_image_distances(np.diag([0.3, 5.0, 5.0]), np.zeros((1, 3)))
