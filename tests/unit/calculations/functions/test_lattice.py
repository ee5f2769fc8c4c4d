"""The calcfunctions around scans of crystals, on the energy of a known equation of state."""

import json
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from aiida.orm import Dict, StructureData
from ase.build import bulk

from aiida_forcefield.calculations.functions.lattice import (
    learn_lattice_profile,
    measure_equation_of_state,
    plan_lattice_scan,
)
from aiida_forcefield.calculations.functions.remaining import remaining_structures
from aiida_forcefield.calculations.jobs.qm import job_description
from aiida_forcefield.data import PointsData, StructuresData
from aiida_forcefield.runner.job_file import read_job
from aiida_forcefield.scans import Points
from aiida_forcefield.scans.equation_of_state import birch_murnaghan
from aiida_forcefield.surrogate import Settings
from aiida_forcefield.units import GPA
from aiida_forcefield.workflows.protocols import get_protocol

pytestmark = pytest.mark.usefixtures("storage")

WINDOW = {"mode": "isotropic", "lower": -0.05, "upper": 0.05}
LEARNING = Settings(**get_protocol("fast")["learning"]["crystals"])
CRYSTAL = get_protocol("fast")["crystal"]
VOLUME = 4.07**3 / 4


def fluoride() -> StructureData:
    """A conventional cell, smaller than that of least energy."""
    return StructureData(ase=bulk("LiF", "rocksalt", a=4.0, cubic=True))


def computed(structures: StructuresData, *statuses: str) -> PointsData:
    """Points of lithium fluoride with a bulk modulus of 68 GPa."""
    value = structures.value
    energies = birch_murnaghan(np.linalg.det(value.cells), -866.7, VOLUME, 68 / GPA, 4.2)
    count = len(value.values)
    return PointsData(
        Points(
            origin=value.origin,
            cluster=value.cluster,
            positions=value.positions,
            requested=value.values,
            energies=energies,
            gradients=np.full(value.positions.shape, np.nan),
            slopes=np.full(count, np.nan),
            statuses=statuses or ("ok",) * count,
            messages=("",) * count,
            cpu_seconds=np.ones(count),
            versions={},
            cells=value.cells,
            stresses=np.full(value.cells.shape, np.nan),
        )
    )


def plan(**changes: Any) -> dict[str, Any]:
    planned: dict[str, Any] = plan_lattice_scan(
        fluoride(), Dict(WINDOW | changes), Dict(CRYSTAL), Dict(asdict(LEARNING))
    )
    return planned


def test_a_strain_is_learned_and_measured() -> None:
    planned, crystal = plan(), fluoride()
    structures, points = planned["structures"], {}
    for index in range(4):
        points[f"round_{index}"] = computed(structures)
        learned = learn_lattice_profile(planned["scan"], crystal, Dict(asdict(LEARNING)), **points)
        if "structures" not in learned:
            break
        structures = learned["structures"]
    surrogate = learned["profile"].value.surrogate
    assert surrogate.status == "converged"
    measured = measure_equation_of_state(planned["scan"], crystal, **points)
    np.testing.assert_allclose(measured["lattice_constants"], 4.07, atol=1e-5)
    assert measured["bulk_modulus"] == pytest.approx(68.0, rel=1e-3)
    lowest = surrogate.grid[surrogate.mean.argmin()]
    assert 4.0 * (1 + lowest) == pytest.approx(4.07, abs=0.004)  # a step of the grid


def test_the_job_holds_the_cells(tmp_path: Any) -> None:
    planned = plan()
    path = tmp_path / "job.json"
    path.write_text(json.dumps(job_description(planned["structures"], planned["parameters"])))
    cells = read_job(path).cells
    assert cells is not None
    np.testing.assert_array_equal(cells, planned["structures"].value.cells)


def test_what_a_job_did_not_come_to_keeps_its_cells() -> None:
    structures = plan()["structures"]
    points = computed(structures, "ok", "missing", "ok", "error", "missing")
    rest = remaining_structures(structures, part_01=points).value
    np.testing.assert_array_equal(rest.cells, structures.value.cells[[1, 4]])


def test_displacements_move_the_primitive_cell() -> None:
    planned = plan(mode="x", lower=-0.2, upper=0.2, element="F")
    assert planned["scan"].value.kind == "displacement"
    assert planned["structures"].value.cluster.symbols == ("Li", "F")


def test_only_a_breathing_cell_has_an_equation_of_state() -> None:
    planned = plan(mode="xx")
    with pytest.raises(ValueError, match=r"strain xx.* needs 'strain isotropic'"):
        measure_equation_of_state(
            planned["scan"], fluoride(), first=computed(planned["structures"])
        )


def test_partly_occupied_sites_are_refused() -> None:
    mixed = StructureData(cell=np.eye(3) * 4)
    mixed.append_atom(position=(0, 0, 0), symbols=("Li", "Na"), weights=(0.5, 0.5))
    with pytest.raises(ValueError, match="partly occupied are not allowed"):
        plan_lattice_scan(mixed, Dict(WINDOW), Dict(CRYSTAL), Dict(asdict(LEARNING)))
