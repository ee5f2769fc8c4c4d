"""Crystals in the joint fit: energies, gradients and stresses of their cells."""

from dataclasses import replace

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from aiida_forcefield.fitting import (
    CellPoints,
    FitData,
    Reference,
    Settings,
    fit_force_field,
    fit_warnings,
)
from aiida_forcefield.potentials import (
    CRYSTAL_CUTOFF,
    FixedCharges,
    ForceField,
    ForceFieldCalculator,
    Layout,
    Term,
)
from aiida_forcefield.potentials.crystal_energy import crystal_model
from aiida_forcefield.potentials.forms import EXP6
from aiida_forcefield.scans import Origin
from aiida_forcefield.topology import System, from_smiles
from aiida_forcefield.topology.crystal import from_atoms
from aiida_forcefield.topology.ions import ions_of

from .test_fit import error, left_out_of, told

Array = NDArray[np.float64]

Q = {"Li:Li1": 1.0, "F:F1": -1.0}
CHARGES = FixedCharges(Q, Q)
C6 = {"Li": 0.1, "F": 6.4}  # eV Å⁶
TRUE = (
    Term("nonbonded", ("Li:Li1",), "exp6", {"A": 60.0, "rho": 0.22, "C6": 0.1}),
    Term("nonbonded", ("F:F1",), "exp6", {"A": 1500.0, "rho": 0.29, "C6": 7.0}),
)
SYSTEM = ions_of(from_atoms(bulk("LiF", "rocksalt", a=4.03)), {"Li": 1, "F": -1})
FIELD = ForceField(SYSTEM.atom_types, TRUE, CHARGES, covariance=np.zeros((6, 6)))
LAYOUT = Layout.of(FIELD, SYSTEM)


def cells(count: int, size: float = 0.05) -> tuple[Array, Array]:
    """Cells strained in all ways, with ions off their places: positions and lattice vectors."""
    rng, crystal = np.random.default_rng(3), bulk("LiF", "rocksalt", a=4.03)
    strains = np.eye(3) + size * rng.normal(size=(count, 3, 3))
    moved = crystal.positions + 0.08 * rng.normal(size=(count, 2, 3))
    return moved @ strains, crystal.cell.array @ strains


def by_calculator(x: Array, cell: Array) -> tuple[float, Array, Array]:
    """Energy, gradient and stress of one cell."""
    atoms = Atoms("LiF", x, cell=cell, pbc=True)
    atoms.calc = ForceFieldCalculator(FIELD, SYSTEM, [1, 1], cutoff=CRYSTAL_CUTOFF)
    return (
        atoms.get_potential_energy(),
        -atoms.get_forces(),
        atoms.get_stress(voigt=False),
    )


@pytest.fixture(scope="module")
def points() -> CellPoints:
    """What the true field says of 12 cells."""
    x, cell = cells(12)
    model = crystal_model(LAYOUT, x, cell).evaluate(FIELD.vector)
    volumes = np.abs(np.linalg.det(cell))[:, None, None]
    return CellPoints(
        positions=x,
        energies=model.energy - 7.0,
        gradients=model.gradient[:, :2],
        weights=np.ones(12),
        origins=(Origin("cells"),) * 12,
        cells=cell,
        stresses=model.gradient[:, 2:] / volumes,
    )


def fitted(points: CellPoints, **settings: float) -> ForceField:
    at_rest = {
        name: Reference(np.zeros((1, 3)), np.zeros((3, 3)), np.array([[c6]]))
        for name, c6 in C6.items()
    }
    forms = Settings(forms={"nonbonded": EXP6.name}, **settings)
    return fit_force_field(SYSTEM, CHARGES, FitData(at_rest, cells=points), forms)


def test_the_model_agrees_with_the_calculator() -> None:
    for x, cell in zip(*cells(3), strict=True):
        model = crystal_model(LAYOUT, x[None], cell[None]).evaluate(FIELD.vector)
        energy, gradient, stress = by_calculator(x, cell)
        assert model.energy[0] == pytest.approx(energy, rel=1e-9)
        np.testing.assert_allclose(model.gradient[0, :2], gradient, atol=1e-8)
        strain = model.gradient[0, 2:]
        np.testing.assert_allclose(strain / abs(np.linalg.det(cell)), stress, atol=1e-8)
        np.testing.assert_allclose(strain, strain.T, atol=1e-8)


def test_derivatives_are_those_of_the_energy() -> None:
    x, cell = (part[0] for part in cells(1))
    steps = 1e-4 * np.concatenate([np.eye(9), -np.eye(9)]).reshape(18, 3, 3)
    strained = np.concatenate([[np.eye(3)], np.eye(3) + steps])
    model = crystal_model(LAYOUT, x @ strained, cell @ strained)
    value = model.evaluate(FIELD.vector)
    slopes = (value.energy[1:10] - value.energy[10:]) / 2e-4
    np.testing.assert_allclose(value.gradient[0, 2:].ravel(), slopes, atol=1e-5)
    for place, parameter in enumerate(FIELD.vector):
        step = 1e-5 * parameter * np.eye(6)[place]
        up, down = (model.evaluate(FIELD.vector + sign * step) for sign in (1, -1))
        width = 2 * step[place]
        by_energy, by_gradient = (up.energy - down.energy, up.gradient - down.gradient)
        np.testing.assert_allclose(
            value.energy_jacobian[:, place], by_energy / width, rtol=1e-6, atol=1e-9
        )
        np.testing.assert_allclose(
            value.gradient_jacobian[..., place], by_gradient / width, rtol=1e-5, atol=1e-8
        )


def test_a_known_field_is_recovered(points: CellPoints) -> None:
    found = fitted(points, gradient_error=1e-3, stress_error=1e-2, energy_error=1e-4)
    mixed, true = (field.pair("Li:Li1", "F:F1") for field in (found, FIELD))
    assert mixed["rho"] == pytest.approx(true["rho"], rel=1e-3)
    assert mixed["A"] == pytest.approx(true["A"], rel=1e-3)
    fluorine = found.term("nonbonded F:F1")
    assert fluorine.parameters["C6"] == pytest.approx(7.0, rel=2e-2)  # of the little that it does
    assert told(found).points("stress") == 12
    assert error(found, "stress") < 1e-3  # GPa
    assert fit_warnings(found) == ()


def test_stresses_are_data(points: CellPoints) -> None:
    """Energies of one cell tell nothing by themselves; its stress does."""
    alone = CellPoints(
        points.positions[:1],
        points.cells[:1],
        points.energies[:1],
        np.full((1, 2, 3), np.nan),
        points.stresses[:1],
        np.ones(1),
        (Origin("cells"),),
    )
    errors = {}
    for name, stresses in (("with", alone.stresses), ("without", np.full((1, 3, 3), np.nan))):
        found = fitted(replace(alone, stresses=stresses))
        model = crystal_model(Layout.of(found, SYSTEM), alone.positions, alone.cells)
        strain = model.evaluate(found.vector).gradient[0, 2:] / abs(np.linalg.det(alone.cells[0]))
        errors[name] = np.abs(strain - alone.stresses[0]).max()
    assert errors["with"] < 0.1 * errors["without"]


def test_a_turned_crystal_gives_the_same_field(points: CellPoints) -> None:
    turn = Rotation.from_euler("zxz", [0.3, 0.8, 1.9]).as_matrix()
    turned = replace(
        points,
        positions=points.positions @ turn,
        gradients=points.gradients @ turn,
        cells=points.cells @ turn,
        stresses=turn.T @ points.stresses @ turn,
    )
    one, other = (fitted(each) for each in (points, turned))
    np.testing.assert_allclose(one.vector, other.vector, rtol=1e-5)


def test_a_cell_far_off_is_left_out(points: CellPoints) -> None:
    stresses = points.stresses.copy()
    stresses[5] += 10.0  # eV/Å³
    found = fitted(replace(points, stresses=stresses))
    assert left_out_of(found) == {"cells": 1}


def test_bad_input(points: CellPoints) -> None:
    x, cell = cells(1)
    molecules = System.pure("LiF", from_smiles("[Li]F"))
    types = (("LiF:F1",), ("LiF:Li1",))
    bonded = Term("bond", ("LiF:F1", "LiF:Li1"), "harmonic_bond", {"k": 1.0, "r0": 1.5})
    terms = (bonded, *(replace(TRUE[0], types=each) for each in types))
    with pytest.raises(ValueError, match="it is no crystal"):
        crystal_model(Layout(molecules, terms, CHARGES), x, cell)
    with pytest.raises(ValueError, match=r"cells: shape \(1, 1, 3\)"):
        crystal_model(LAYOUT, x[:, :1], cell)
    with pytest.raises(ValueError, match=r"stresses have the shape \(11, 3, 3\)"):
        replace(points, stresses=points.stresses[1:])
    with pytest.raises(ValueError, match="stress_error"):
        Settings(stress_error=0.0)
