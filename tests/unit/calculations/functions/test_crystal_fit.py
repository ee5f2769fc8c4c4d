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
from aiida_forcefield.data import ForceFieldData, PointsData
from aiida_forcefield.potentials import FixedCharges, ForceField, Layout, Term, write_force_field
from aiida_forcefield.potentials.crystal_energy import crystal_model
from aiida_forcefield.potentials.export.lammps_data import write_cell
from aiida_forcefield.runner.parameters import check_parameters
from aiida_forcefield.scans import Cluster, Points
from aiida_forcefield.scans.lattice import random_cells
from aiida_forcefield.topology.crystal import from_atoms
from aiida_forcefield.topology.ions import ions_of
from aiida_forcefield.workflows.protocols import get_protocol

pytestmark = pytest.mark.usefixtures("storage")

SAMPLING = {"count": 8, "strain": 0.03, "displacement": 0.05, "seed": 1}
CRYSTAL = from_atoms(bulk("LiF", "rocksalt", a=4.03))
IONS = ions_of(CRYSTAL, {"Li": 1, "F": -1})
CHARGES = {"Li:Li1": 1.0, "F:F1": -1.0}
C6 = np.array([[0.1, 0.8], [0.8, 6.4]])  # eV Å⁶
TRUE = (
    Term("nonbonded", ("Li:Li1",), "exp6", {"A": 60.0, "rho": 0.22, "C6": 0.1}),
    Term("nonbonded", ("F:F1",), "exp6", {"A": 1500.0, "rho": 0.29, "C6": 7.0}),
)
FIELD = ForceField(IONS.atom_types, TRUE, FixedCharges(CHARGES, CHARGES), np.zeros((6, 6)))


def lithium_fluoride() -> StructureData:
    return StructureData(ase=bulk("LiF", "rocksalt", a=4.03, cubic=True))


@pytest.fixture
def points() -> PointsData:
    """What a known field says, but for one cell that failed."""
    drawn = random_cells(CRYSTAL, **SAMPLING)
    assert drawn.cells is not None
    model = crystal_model(Layout.of(FIELD, IONS), drawn.positions, drawn.cells)
    value = model.evaluate(FIELD.vector)
    volumes = np.linalg.det(drawn.cells)[:, None, None]
    count, nothing = len(volumes), np.full(len(volumes), np.nan)
    failed = np.arange(count) == 3
    return PointsData(
        Points(
            origin=drawn.origin,
            cluster=drawn.cluster,
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
        perceive_ions(lithium_fluoride(), Dict(charges)), c6, Dict(settings), cells=points
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
    field, diagnostics = node.value, node.value.diagnostics
    assert field.electrostatics == FixedCharges(CHARGES, CHARGES)
    assert diagnostics.points("energy") == diagnostics.points("stress") == 7
    assert diagnostics.total("stress").fitted < 0.2  # GPa
    # Each cell is foreseen by the others.
    assert diagnostics.total("energy").left_out is not None
    assert node.creator is not None
    system = node.creator.inputs.system.value
    assert "buck/coul/long" in write_force_field(field, system, 9.0)
    edges = [
        float(line.split()[1])
        for line in write_cell(field, system, system.crystal).splitlines()
        if "hi" in line
    ]
    assert np.prod(edges) == pytest.approx(system.crystal.volume)


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
    cluster = Cluster(("Na", "F"), points.value.cluster.molecules, ())
    others = PointsData(replace(points.value, cluster=cluster))
    with pytest.raises(ValueError, match="points cells: not of a crystal of Li F"):
        fitted(others, {"Li": 1, "F": -1})
    failed = PointsData(replace(points.value, statuses=("scf_not_converged",) * 8))
    with pytest.raises(ValueError, match="points: none could be computed"):
        fitted(failed, {"Li": 1, "F": -1})
    with pytest.raises(ValueError, match="charges: Li, O; must be of Li, F"):
        fitted(points, {"Li": 1, "O": -1})
    with pytest.raises(ValueError, match="charges: "):
        fitted(points, {"Li": 1, "F": -2})
