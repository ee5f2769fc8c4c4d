"""Guesses of the density: exact where they can be, and better than the nearest one elsewhere."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiida_forcefield.runner.engines.pyscf.guess import NEAR, Memory, combination

BASIS, OCCUPIED = 7, 3
WATER = np.array([[0.0, 0.0, 0.0], [0.96, 0.0, 0.0], [-0.24, 0.93, 0.0]])


def geometry(stretch: float) -> np.ndarray:
    return WATER * (1 + stretch)


def overlap(stretch: float) -> np.ndarray:
    """Of basis functions that move with the atoms."""
    k = np.arange(BASIS)
    return np.exp(-np.abs(k[:, None] - k) * (1 + stretch))


def orbitals(stretch: float) -> np.ndarray:
    """Those of lowest energy of an operator that varies smoothly; orthonormal in the overlap."""
    k = np.arange(BASIS)
    operator = np.diag(k) + (0.5 + stretch) * np.cos(k[:, None] + k + stretch)
    values, vectors = np.linalg.eigh(overlap(stretch))
    root = (vectors / np.sqrt(values)) @ vectors.T
    return root @ np.linalg.eigh(root @ operator @ root)[1][:, :OCCUPIED]


def error(memory: Memory, stretch: float) -> float:
    """Distance of the guessed density from the true one."""
    guessed = memory.guess(geometry(stretch), overlap(stretch))
    assert guessed is not None
    (c,), true = guessed, orbitals(stretch)
    np.testing.assert_allclose(c.T @ overlap(stretch) @ c, np.eye(OCCUPIED), atol=1e-10)
    return float(np.abs(c @ c.T - true @ true.T).max())


def memory_of(*stretches: float) -> Memory:
    memory = Memory()
    for stretch in stretches:
        memory.add(geometry(stretch), overlap(stretch), (orbitals(stretch),))
    return memory


def test_nothing_is_guessed_from_nothing_or_from_afar() -> None:
    assert Memory().guess(WATER, overlap(0.0)) is None
    far = geometry(1.1 * NEAR / 0.96)
    assert memory_of(0.0).guess(far, overlap(0.0)) is None


def test_a_known_geometry_gives_its_own_density() -> None:
    assert error(memory_of(0.0, 0.1, 0.2), 0.1) < 1e-6
    assert error(memory_of(0.1, 0.1), 0.1) < 1e-6


def test_each_further_geometry_brings_the_guess_nearer() -> None:
    errors = [error(memory_of(*(0.02 * k for k in range(n))), -0.02) for n in (1, 2, 3)]
    assert errors[1] < 0.3 * errors[0]
    assert errors[2] < 0.3 * errors[1]


def test_spins_are_guessed_apart() -> None:
    memory = Memory()
    up = orbitals(0.0)
    memory.add(WATER, overlap(0.0), (up, up[:, :0]))
    guessed = memory.guess(WATER, overlap(0.0))
    assert guessed is not None
    assert [c.shape for c in guessed] == [(BASIS, OCCUPIED), (BASIS, 0)]


@given(st.lists(st.floats(-0.2, 0.2), min_size=1, max_size=8))
def test_weights_sum_to_one(stretches: list[float]) -> None:
    weights = combination(geometry(0.05), [geometry(s) for s in stretches])
    assert weights.sum() == pytest.approx(1.0)


def test_atom_alone_has_weights() -> None:
    assert combination(np.zeros((1, 3)), [np.zeros((1, 3))] * 2) == pytest.approx([0.5, 0.5])
