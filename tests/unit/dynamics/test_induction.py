"""Induction beyond pairs: against formulas, limits, and a direct solution."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.spatial.transform import Rotation

from aiida_forcefield.dynamics import (
    ManyBody,
    atomic_polarizabilities,
    coulomb_difference,
    induction_beyond_pairs,
)
from aiida_forcefield.dynamics.induction import _mean_polarizability
from aiida_forcefield.dynamics.many_body import Liquid
from aiida_forcefield.units import BAR, COULOMB

EDGES = np.full(3, 60.0)
WATER = np.array([[0.0, 0.0, 0.117], [0.0, 0.757, -0.469], [0.0, -0.757, -0.469]])
CHARGES = np.array([-0.8, 0.4, 0.4])
ALPHA = np.array([0.85, 0.3, 0.3])


def cluster(count: int, seed: int = 3) -> np.ndarray:
    """Molecules of water some 3 Å apart, shape (count, 3, 3)."""
    rng = np.random.default_rng(seed)
    lattice = 3.2 * np.array([[i, j, k] for i in range(3) for j in range(3) for k in range(3)])
    turns = Rotation.random(count, rng=rng)
    return np.array([t.apply(WATER) for t in turns]) + lattice[:count, None] + 20.0


def liquid(positions: np.ndarray, edges: np.ndarray = EDGES) -> Liquid:
    """Equal molecules, shape (M, n, 3)."""
    count, n, _ = positions.shape
    return Liquid(positions.reshape(-1, 3), np.repeat(np.arange(count), n), edges)


def beyond_pairs(positions: np.ndarray, charges: object, alpha: object) -> ManyBody:
    count = len(positions)
    return induction_beyond_pairs(liquid(positions), np.tile(charges, count), np.tile(alpha, count))


def test_fields_that_cancel_repel() -> None:
    # Charges q at -r, 0 and r, which are polarised a little: the one in the middle feels nothing,
    # and those outside feel the sum of two fields.
    r, q, alpha = 8.0, 1.0, 1e-4
    line = np.array([[-r, 0.0, 0.0], [0.0, 0.0, 0.0], [r, 0.0, 0.0]])[:, None] + 30.0
    found = beyond_pairs(line, [q], [alpha])
    middle = alpha * COULOMB * q**2 / r**4
    # The molecules outside are farther apart than the cutoff: they do not see each other.
    assert 3 * found.energy == pytest.approx(middle, rel=1e-4)
    # It falls with the fourth power of the distance: 3 P V = 4 E.
    assert found.pressure == pytest.approx(4 * 3 * found.energy / (3 * 60.0**3) * BAR, rel=1e-3)


def test_fields_that_add_up_attract() -> None:
    r, q, alpha = 5.0, 1.0, 1e-4
    right = np.array([[0.0, 0.0, 0.0], [r, 0.0, 0.0], [2 * r, 0.0, 0.0]])[:, None] + 30.0
    found = beyond_pairs(right, [q], [alpha])
    # Now those outside see each other, too: both of their fields point the same way.
    near, far = q / r**2, q / (2 * r) ** 2
    assert 3 * found.energy == pytest.approx(COULOMB * alpha * (near**2 - 2 * near * far), rel=1e-4)


def test_two_molecules_are_one_pair() -> None:
    found = beyond_pairs(cluster(2), CHARGES, ALPHA)
    assert found.energy == pytest.approx(0.0, abs=1e-8)


def test_many_molecules_by_a_direct_solution() -> None:
    positions = cluster(5)

    def direct(molecules: np.ndarray) -> float:
        """Induction energy of a cluster, by one atom after the other."""
        x = molecules.reshape(-1, 3)
        q, alpha = (np.tile(v, len(molecules)) for v in (CHARGES, ALPHA))
        owner = np.repeat(np.arange(len(molecules)), 3)
        field, matrix = np.zeros_like(x), np.diag(np.repeat(1 / alpha, 3))
        for i in range(len(x)):
            for j in range(len(x)):
                if i == j:
                    continue
                away = x[i] - x[j]
                r = np.linalg.norm(away)
                u = 2.1304 * r / (alpha[i] * alpha[j]) ** (1 / 6)
                third = 1 - (1 + u + u**2 / 2) * np.exp(-u)
                fifth = third - u**3 / 6 * np.exp(-u)
                if owner[i] != owner[j]:
                    field[i] += third * q[j] * away / r**3
                matrix[3 * i : 3 * i + 3, 3 * j : 3 * j + 3] = (
                    third * np.eye(3) / r**3 - 3 * fifth * np.outer(away, away) / r**5
                )
        return float(-0.5 * COULOMB * field.ravel() @ np.linalg.solve(matrix, field.ravel()))

    pairs = sum(direct(positions[[i, j]]) for i in range(5) for j in range(i))
    found = beyond_pairs(positions, CHARGES, ALPHA)
    assert 5 * found.energy == pytest.approx(direct(positions) - pairs, rel=1e-6)


def test_turned_shifted_and_reordered_alike() -> None:
    positions = cluster(6)
    turned = Rotation.from_rotvec([0.3, -0.5, 0.9]).apply(positions.reshape(-1, 3))
    moved = turned.reshape(-1, 3, 3)[::-1] + np.array([1.0, -2.0, 3.0])
    here, there = (beyond_pairs(x, CHARGES, ALPHA) for x in (positions, moved))
    assert there.energy == pytest.approx(here.energy, rel=1e-6)
    assert there.pressure == pytest.approx(here.pressure, rel=1e-4)


def test_the_boundary_is_periodic() -> None:
    positions = cluster(6)
    moved = positions + np.array([37.0, 0.0, 0.0])
    moved -= np.floor(moved.mean(axis=1, keepdims=True) / EDGES) * EDGES
    here, there = (beyond_pairs(x, CHARGES, ALPHA) for x in (positions, moved))
    assert there.energy == pytest.approx(here.energy, rel=1e-6)


def test_atoms_share_what_the_molecule_has() -> None:
    found = atomic_polarizabilities(WATER, [3.0, 1.0, 1.0], 1.45)
    assert_allclose(found / found[1], [3.0, 1.0, 1.0])
    assert _mean_polarizability(WATER, found) == pytest.approx(1.45)


def test_a_single_atom_has_all() -> None:
    assert_allclose(atomic_polarizabilities(np.zeros((1, 3)), [7.0], 2.5), [2.5])


def test_dipoles_along_a_bond_strengthen_each_other() -> None:
    # Two atoms far enough apart to be undamped: 2α / (1 - 2α/r³) along, 2α / (1 + α/r³) across.
    r, alpha = 6.0, 1.0
    pair = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, r]])
    along, across = 2 * alpha / (1 - 2 * alpha / r**3), 2 * alpha / (1 + alpha / r**3)
    assert _mean_polarizability(pair, np.full(2, alpha)) == pytest.approx(
        (along + 2 * across) / 3, rel=1e-4
    )


def test_charges_less_others() -> None:
    pair = np.array([[[0.0, 0.0, 0.0]], [[5.0, 0.0, 0.0]]]) + 30.0
    found = coulomb_difference(liquid(pair), [0.5, 0.5], [0.3, 0.3])
    energy = COULOMB * (0.25 - 0.09) / 5.0
    assert 2 * found.energy == pytest.approx(energy)
    assert found.pressure == pytest.approx(energy / (3 * 60.0**3) * BAR, rel=1e-4)
    assert found.bodies == 2
