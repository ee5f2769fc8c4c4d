"""The force field of a crystal, through the provenance graph."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from aiida.orm import ArrayData, Dict, StructureData
from ase.build import bulk

from aiida_forcefield.calculations.functions.crystal_fit import (
    fit_crystal,
    perceive_ions,
    sample_cells,
)
from aiida_forcefield.cli.files.programs import program_files
from aiida_forcefield.data import ForceFieldData, PointsData
from aiida_forcefield.potentials.crystal_energy import crystal_model
from aiida_forcefield.runner.parameters import check_parameters
from aiida_forcefield.scans import Points
from aiida_forcefield.scans.lattice import random_cells
from aiida_forcefield.topology.crystal import from_atoms, ions
from aiida_forcefield.workflows.protocols import get_protocol

from ...potentials.test_crystal_fit import C6, CHARGES, FIELD

pytestmark = pytest.mark.usefixtures("storage")

SAMPLING = {"count": 8, "strain": 0.03, "displacement": 0.05, "seed": 1}


def lithium_fluoride() -> StructureData:
    return StructureData(ase=bulk("LiF", "rocksalt", a=4.03, cubic=True))


@pytest.fixture
def points() -> PointsData:
    """What a known field says, but for one cell that failed."""
    crystal = from_atoms(bulk("LiF", "rocksalt", a=4.03))
    drawn = random_cells(crystal, **SAMPLING)
    assert drawn.cells is not None
    model = crystal_model(ions(crystal), FIELD.terms, drawn.positions, drawn.cells, CHARGES)
    value = model.evaluate(FIELD.vector)
    volumes = np.linalg.det(drawn.cells)[:, None, None]
    count, nothing = len(volumes), np.full(len(volumes), np.nan)
    failed = np.arange(count) == 3
    return PointsData(
        Points(
            label=drawn.label,
            symbols=drawn.symbols,
            split=0,
            positions=drawn.positions,
            requested=nothing,
            energies=np.where(failed, np.nan, value.energy),
            gradients=value.gradient[:, :2],
            slopes=nothing,
            statuses=tuple("scf_not_converged" if f else "ok" for f in failed),
            messages=("",) * count,
            cpu_seconds=np.ones(count),
            versions={},
            cells=drawn.cells,
            stresses=value.gradient[:, 2:] / volumes,
        )
    )


def fitted(points: PointsData, charges: dict[str, float], **settings: Any) -> ForceFieldData:
    c6 = ArrayData({"c6": np.stack([np.full((2, 2), np.nan), C6])})  # of a cell that failed none
    found: ForceFieldData = fit_crystal(
        perceive_ions(lithium_fluoride()), Dict(charges), c6, Dict(settings), cells=points
    )
    return found


def test_what_qm_is_asked_for() -> None:
    settings = get_protocol("fast")["crystal"]
    planned = sample_cells(lithium_fluoride(), Dict(SAMPLING), Dict(settings))
    assert planned["structures"].value.positions.shape == (8, 2, 3)
    parameters = json.loads(json.dumps(planned["parameters"].get_dict()))
    assert parameters["gradient"] is parameters["c6"] is True
    assert parameters["crystal"]["kmesh"] == [4, 4, 4]  # 2 in a scan
    check_parameters(parameters)


def test_a_crystal_gets_its_field(points: PointsData) -> None:
    node = fitted(points, {"Li": 1, "F": -1}, forms={"nonbonded": "exp6"})
    field = node.value
    assert field.charges == CHARGES
    assert field.diagnostics["molecule_points"] == field.diagnostics["stresses"] == 7
    assert field.diagnostics["rmse_stress"] < 0.2  # GPa
    # Each cell is foreseen by the others.
    left_out = {k for k in field.diagnostics if k.startswith("left_out_energy cells")}
    assert left_out == {f"left_out_energy cells 1, {cell}" for cell in range(8) if cell != 3}
    assert node.creator is not None
    species = node.creator.inputs.species.value
    files = program_files("lammps", field, species, species.conformers[0])
    assert "buck/coul/long" in files["forcefield.lmp"]
    volume = np.prod(
        [
            float(low_high.split()[1])
            for low_high in files["system.data"].splitlines()
            if "hi" in low_high
        ]
    )
    assert volume == pytest.approx(np.linalg.det(species.cell))


def test_bad_input(points: PointsData) -> None:
    settings = get_protocol("fast")["crystal"]
    for sampling, message in (
        (SAMPLING | {"seeds": 1}, "sampling: seeds; must have count, strain, displacement, seed"),
        ({"count": 4}, "sampling: displacement, seed, strain"),
    ):
        with pytest.raises(ValueError, match=message):
            sample_cells(lithium_fluoride(), Dict(sampling), Dict(settings))
    without = {k: v for k, v in settings.items() if k != "k_spacing"}
    with pytest.raises(ValueError, match="settings: k_spacing"):
        sample_cells(lithium_fluoride(), Dict(SAMPLING), Dict(without))
    others = PointsData(replace(points.value, symbols=("Na", "F")))
    with pytest.raises(ValueError, match="points 'cells 1': not of a crystal of Li F"):
        fitted(others, {"Li": 1, "F": -1})
    failed = PointsData(replace(points.value, statuses=("scf_not_converged",) * 8))
    with pytest.raises(ValueError, match="points: none could be computed"):
        fitted(failed, {"Li": 1, "F": -1})
    with pytest.raises(ValueError, match="charges: Li, O; must be of Li, F"):
        fitted(points, {"Li": 1, "O": -1})
    with pytest.raises(ValueError, match="charges: "):
        fitted(points, {"Li": 1, "F": -2})
