"""Strains and displacements of a crystal, and the slopes along them."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from aiida_forcefield.scans import Points, Structures
from aiida_forcefield.scans.lattice import (
    MODES,
    lattice_scan,
    lattice_slopes,
    lattice_structures,
    random_cells,
    strain_mode,
)
from aiida_forcefield.topology.crystal import Crystal

LITHIA = Crystal(
    ("O", "Li", "Li"),
    2.31 * (np.ones((3, 3)) - np.eye(3)),
    2.31 * np.array([[0.0, 0, 0], [0.5, 0.5, 0.5], [1.5, 1.5, 1.5]]),
)
SHIFTS = np.array(np.meshgrid(*[range(-2, 3)] * 3)).reshape(3, -1).T
SEEDS = st.integers(0, 10**6)


def energy(cell: NDArray[Any], positions: NDArray[Any]) -> float:
    """Of springs of many lengths between all atoms of neighbouring cells: any crystal's will do."""
    apart = positions[:, None, None] - positions[None, :, None] - SHIFTS @ cell
    squares = (apart**2).sum(axis=-1)
    weight = np.array([1.0, 0.3, 0.7])
    return float(np.einsum("i,j,ijk->", weight, weight, np.exp(-squares / 8.0)))


def points(structures: Structures) -> Points:
    """Energies with gradients and stresses by differences, of structures of lithia."""
    assert structures.cells is not None
    count, step = len(structures.values), 1e-5
    gradients = np.zeros(structures.positions.shape)
    stresses = np.zeros((count, 3, 3))
    for m, (cell, xyz) in enumerate(zip(structures.cells, structures.positions, strict=True)):
        for index in np.ndindex(xyz.shape):
            moved = np.zeros(xyz.shape)
            moved[index] = step
            change = energy(cell, xyz + moved) - energy(cell, xyz - moved)
            gradients[(m, *index)] = change / (2 * step)
        for a, b in np.ndindex(3, 3):
            strain = np.zeros((3, 3))
            strain[a, b] = step
            more, less = np.eye(3) + strain.T, np.eye(3) - strain.T  # rows are vectors
            change = energy(cell @ more, xyz @ more) - energy(cell @ less, xyz @ less)
            stresses[m, a, b] = change / (2 * step) / np.linalg.det(cell)
    energies = [energy(c, x) for c, x in zip(structures.cells, structures.positions, strict=True)]
    nothing = np.full(count, np.nan)
    return Points(
        origin=structures.origin,
        cluster=structures.cluster,
        positions=structures.positions,
        requested=structures.values,
        energies=np.array(energies),
        gradients=gradients,
        slopes=nothing,
        statuses=("ok",) * count,
        messages=("",) * count,
        cpu_seconds=nothing,
        versions={},
        cells=structures.cells,
        stresses=stresses,
    )


@pytest.mark.parametrize("kind", MODES)
def test_slopes_are_the_finite_differences(kind: str) -> None:
    for mode in MODES[kind]:
        element = "Li" if kind == "displacement" else ""
        scan = lattice_scan(LITHIA, mode, -0.1, 0.1, element)
        step, middle = 1e-4, 0.06  # far from 0, where first and last strain are not the same
        along = points(lattice_structures(LITHIA, scan, middle + step * np.array([-1, 0, 1])))
        slope = (along.energies[2] - along.energies[0]) / (2 * step)
        assert lattice_slopes(scan, along)[1] == pytest.approx(slope, abs=1e-5)


def test_no_slopes_without_derivatives() -> None:
    scan = lattice_scan(LITHIA, "isotropic", -0.1, 0.1)
    known = points(lattice_structures(LITHIA, scan, [0.0, 0.05]))
    assert np.isnan(lattice_slopes(scan, replace(known, stresses=np.full((2, 3, 3), np.nan)))).all()


@given(q=st.floats(-0.3, 0.3), mode=st.sampled_from(MODES["strain"]))
def test_the_strain_of_the_strained_cell_is_that_asked_for(q: float, mode: str) -> None:
    scan = lattice_scan(LITHIA, mode, -0.4, 0.4)
    strained = lattice_structures(LITHIA, scan, q)
    assert strained.cells is not None
    deformation = np.linalg.inv(LITHIA.cell) @ strained.cells[0]
    np.testing.assert_allclose(deformation, np.eye(3) + q * strain_mode(mode), atol=1e-7)
    # Atoms keep their fractional coordinates.
    before = LITHIA.positions @ np.linalg.inv(LITHIA.cell)
    after = strained.positions[0] @ np.linalg.inv(strained.cells[0])
    np.testing.assert_allclose(after, before, atol=1e-7)


@given(q=st.floats(-0.3, 0.3), seed=SEEDS)
def test_a_breathing_crystal_may_be_turned_and_moved(q: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rotation, shift = Rotation.from_quat(rng.normal(size=4)), rng.normal(size=3)
    turned = Crystal(
        LITHIA.symbols, rotation.apply(LITHIA.cell), rotation.apply(LITHIA.positions) + shift
    )
    energies = []
    for crystal in (LITHIA, turned):
        scan = lattice_scan(crystal, "isotropic", -0.4, 0.4)
        structures = lattice_structures(crystal, scan, q)
        assert structures.cells is not None
        energies.append(energy(structures.cells[0], structures.positions[0]))
    assert energies[1] == pytest.approx(energies[0], rel=1e-6)


@given(q=st.floats(-0.3, 0.3))
def test_only_the_sublattice_moves(q: float) -> None:
    scan = lattice_scan(LITHIA, "y", -0.5, 0.5, "Li")
    assert scan.coordinate.atoms == (1, 2)
    moved = lattice_structures(LITHIA, scan, q)
    assert moved.cells is not None
    np.testing.assert_array_equal(moved.cells[0], LITHIA.cell)
    expected = np.zeros((3, 3))
    expected[1:, 1] = q
    np.testing.assert_allclose(moved.positions[0] - LITHIA.positions, expected, atol=1e-7)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("sideways", -0.1, 0.1), "mode: 'sideways' is not one of isotropic, xx"),
        (("isotropic", 0.1, -0.1), "lower must be below upper"),
        (("isotropic", -0.6, 0.1), "a strain is below 0.5"),
        (("x", -0.1, 0.1, "Na"), "element: 'Na'; must be one of Li, O"),
        (("xx", -0.1, 0.1, "Li"), "mode: 'xx' is not one of x, y, z"),
    ],
)
def test_impossible_scans_are_refused(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        lattice_scan(LITHIA, *arguments)


@given(seed=SEEDS)
def test_random_cells_follow_the_crystal_as_it_is(seed: int) -> None:
    drawn = random_cells(LITHIA, 5, 0.03, 0.05, seed)
    assert drawn.cells is not None
    np.testing.assert_allclose(drawn.cells[0], LITHIA.cell, atol=1e-8)
    np.testing.assert_allclose(drawn.positions[0], LITHIA.positions, atol=1e-8)
    deformation = np.linalg.inv(LITHIA.cell) @ drawn.cells
    np.testing.assert_allclose(deformation, deformation.transpose(0, 2, 1), atol=1e-7)
    assert len(np.unique(np.linalg.det(drawn.cells))) == 5
    again = random_cells(LITHIA, 5, 0.03, 0.05, seed)
    np.testing.assert_array_equal(drawn.positions, again.positions)


def test_how_far_random_cells_go() -> None:
    drawn = random_cells(LITHIA, 400, 0.03, 0.05, 1)
    assert drawn.cells is not None
    strains = np.linalg.inv(LITHIA.cell) @ drawn.cells[1:] - np.eye(3)
    assert strains.std(axis=0) == pytest.approx(np.full((3, 3), 0.03), rel=0.1)
    moved = drawn.positions[1:] @ np.linalg.inv(np.eye(3) + strains) - LITHIA.positions
    assert moved.std() == pytest.approx(0.05, rel=0.1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1, 0.03, 0.05, 1), "count: 1; must be a whole number from 2"),
        ((2.5, 0.03, 0.05, 1), "count: 2.5; must be a whole number"),
        ((4, 0.03, 0.05, -1), "seed: -1; must be a whole number from 0"),
        ((4, 0.3, 0.05, 1), "strain: 0.3; must be from 0 to 0.1"),
        ((4, float("nan"), 0.05, 1), "strain: nan"),
        ((4, 0.03, -0.1, 1), "displacement: -0.1"),
    ],
)
def test_impossible_random_cells_are_refused(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        random_cells(LITHIA, *arguments)
