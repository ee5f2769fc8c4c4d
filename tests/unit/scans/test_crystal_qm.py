"""Settings follow elements, cells and what is scanned; one mesh serves a whole scan."""

import json
from dataclasses import replace

import numpy as np
import pytest
from ase.build import bulk
from hypothesis import given
from hypothesis import strategies as st

from aiida_forcefield.runner.parameters import check_parameters
from aiida_forcefield.scans.crystal_qm import CrystalSettings, scan_parameters
from aiida_forcefield.scans.lattice import lattice_scan, lattice_structures
from aiida_forcefield.topology.crystal import from_atoms

SETTINGS = CrystalSettings("double", 0.65, 0.38, 1.5, gradient=False)
FLUORIDE = from_atoms(bulk("LiF", "rocksalt", a=4.06))
BREATHING = lattice_scan(FLUORIDE, "isotropic", -0.05, 0.05)


@given(spacing=st.floats(0.2, 1.0), upper=st.floats(0.01, 0.3))
def test_the_mesh_resolves_the_largest_cell_of_a_scan(spacing: float, upper: float) -> None:
    scan = lattice_scan(FLUORIDE, "isotropic", -0.05, upper)
    settings = replace(SETTINGS, strain_spacing=spacing)
    mesh = np.array(scan_parameters(FLUORIDE, scan, settings)["crystal"]["mesh"])
    cells = lattice_structures(FLUORIDE, scan, upper).cells
    assert cells is not None
    width = 0.5292 / np.sqrt(13.7)  # of the tightest function of fluorine
    distances = np.linalg.norm(cells[0], axis=1) / mesh
    assert (distances <= spacing * width * 1.001).all()
    assert (distances >= spacing * width * 0.7).all()  # no waste
    assert (mesh % 2 == 1).all()


def test_displacements_have_the_finer_grid() -> None:
    shifted = lattice_scan(FLUORIDE, "x", -0.1, 0.1, "Li")
    coarse, fine = (
        scan_parameters(FLUORIDE, scan, SETTINGS)["crystal"]["mesh"][0]
        for scan in (BREATHING, shifted)
    )
    assert fine > 1.5 * coarse


def test_larger_cells_have_fewer_k_points() -> None:
    large = from_atoms(bulk("NaCl", "rocksalt", a=12.0))
    settings = replace(SETTINGS, k_spacing=0.75)
    assert scan_parameters(FLUORIDE, BREATHING, settings)["crystal"]["kmesh"] == [4, 4, 4]
    scan = lattice_scan(large, "isotropic", -0.05, 0.05)
    assert scan_parameters(large, scan, settings)["crystal"]["kmesh"] == [2, 2, 2]


@pytest.mark.parametrize("basis", ["double", "triple"])
def test_the_runner_takes_the_settings(basis: str) -> None:
    parameters = scan_parameters(FLUORIDE, BREATHING, replace(SETTINGS, basis=basis))
    assert set(parameters["structure"]["basis"]) == {"Li", "F"}
    check_parameters(json.loads(json.dumps(parameters)))


def test_elements_without_settings_are_named() -> None:
    bromide = from_atoms(bulk("KBr", "rocksalt", a=6.6))
    with pytest.raises(ValueError, match="no settings are known for Br, K, only for Li"):
        scan_parameters(bromide, lattice_scan(bromide, "xx", -0.05, 0.05), SETTINGS)


def test_a_spacing_must_be_above_0() -> None:
    with pytest.raises(ValueError, match="k_spacing: 0; must be a number above 0"):
        replace(SETTINGS, k_spacing=0)
