"""QmCalculation, run by AiiDA with real engines: the known traps of such plugins stay closed."""

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiida.engine import run_get_node
from aiida.orm import CalcJobNode, Computer, Dict, InstalledCode

from aiida_forcefield.calculations.jobs.qm import QmCalculation
from aiida_forcefield.data import PointsData, ScanData, SpeciesData, StructuresData
from aiida_forcefield.scans import Cluster, Coordinate, Origin, Points, Scan, Structures
from aiida_forcefield.surrogate import Settings
from aiida_forcefield.topology import from_smiles
from aiida_forcefield.workflows.scan import ScanWorkChain

pytestmark = pytest.mark.integration

XTB = {"engine": "tblite", "tblite": {"method": "GFN2-xTB"}, "gradient": True}
RELAXED = XTB | {"relaxation": {"engine": "tblite", "method": "GFN2-xTB", "max_steps": 100}}
HF = {
    "engine": "pyscf",
    "mean_field": {"method": "RHF", "conv_tol": 1e-10},
    "structure": {"basis": "sto-3g"},
    "gradient": True,
}
WATER = from_smiles("O")

RunQm = Callable[..., tuple[CalcJobNode, Points | None]]


@pytest.fixture(scope="module")
def code(computer: Computer, compute_python: Path) -> InstalledCode:
    return InstalledCode(
        computer,
        str(compute_python),
        label="compute",
        prepend_text="export OMP_NUM_THREADS=1\nunset PYTHONPATH",
    ).store()


@pytest.fixture(scope="module")
def run_qm(code: InstalledCode) -> RunQm:
    """Run a job; its node and, where it has any, its points."""

    def run(
        structures: Structures, parameters: dict[str, Any]
    ) -> tuple[CalcJobNode, Points | None]:
        outputs, node = run_get_node(
            QmCalculation,
            code=code,
            structures=StructuresData(structures),
            parameters=Dict(parameters),
        )
        return node, outputs["points"].value if "points" in outputs else None

    return run


def water(*stretched: float) -> Structures:
    """Water molecules, each stretched by a factor."""
    positions = np.array([WATER.conformers[0] * factor for factor in stretched])
    return Structures.rigid(Origin("thermal"), Cluster.of(WATER), positions)


def test_energy_is_that_of_the_final_geometry_and_nothing_is_pickled(run_qm: RunQm) -> None:
    node, relaxed = run_qm(water(1.1), RELAXED)
    assert node.is_finished_ok
    assert relaxed is not None
    moved = np.abs(relaxed.positions[0] - water(1.1).positions[0]).max()
    assert moved > 0.05
    _, single = run_qm(replace(water(1.1), positions=relaxed.positions), XTB)
    assert single is not None
    np.testing.assert_allclose(relaxed.energies, single.energies, atol=1e-6)
    np.testing.assert_allclose(relaxed.gradients, single.gradients, atol=1e-4)

    names = node.outputs.retrieved.base.repository.list_object_names()
    assert QmCalculation.FILENAME_STDOUT in names
    assert not [name for name in names if name.endswith((".pickle", ".pkl", ".chk"))]
    for name in names:
        content = node.outputs.retrieved.base.repository.get_object_content(name, "rb")
        assert not content.startswith(b"\x80")  # the first byte of a pickle
    assert "job.json" not in node.base.repository.list_object_names()


def test_unconverged_relaxation_has_a_status(run_qm: RunQm) -> None:
    short = RELAXED | {"relaxation": RELAXED["relaxation"] | {"max_steps": 1}}  # type: ignore[operator]
    node, points = run_qm(water(1.3), short)
    assert node.exit_status == 311
    assert "relaxation_not_converged" in node.exit_message
    assert points is not None
    assert points.statuses == ("relaxation_not_converged",)
    assert np.isnan(points.energies).all()


def test_what_pyscf_does_not_have_is_refused(run_qm: RunQm) -> None:
    field = {"method": "RKS", "xc": "pbe0", "grids": {"levle": 3}}
    node, points = run_qm(water(1.0), HF | {"mean_field": field})
    assert node.exit_status == 310
    assert "levle" in node.exit_message
    assert points is None


@pytest.mark.parametrize(
    ("change", "expected"),
    [({"conv_tool": 1e-9}, "conv_tool"), ({"disp": "d3bjj"}, "did you mean 'd3bj'")],
)
def test_misspelt_setting_is_refused_before_submission(
    run_qm: RunQm, change: dict[str, Any], expected: str
) -> None:
    with pytest.raises(ValueError, match=expected):
        run_qm(water(1.0), HF | {"mean_field": {"method": "RKS", "xc": "pbe0"} | change})


def test_nested_settings_reach_pyscf(run_qm: RunQm) -> None:
    energies = []
    for level in (0, 3):
        mean_field = {"method": "RKS", "xc": "pbe", "grids": {"level": level}}
        node, points = run_qm(water(1.0), HF | {"mean_field": mean_field})
        assert node.is_finished_ok
        assert points is not None
        energies.append(points.energies[0])
    assert 1e-3 < abs(energies[0] - energies[1]) < 1.0  # eV


def test_dispersion_changes_the_energy(run_qm: RunQm) -> None:
    mean_field = {"method": "RKS", "xc": "pbe0"}
    energies = []
    for change in ({}, {"disp": "d3bj"}):
        _, points = run_qm(water(1.0), HF | {"mean_field": mean_field | change})
        assert points is not None
        energies.append(points.energies[0])
    assert 1e-5 < energies[0] - energies[1] < 0.1  # eV; it attracts


def test_a_point_that_crashes_costs_itself_only(run_qm: RunQm) -> None:
    node, points = run_qm(water(1.0, 0.01, 1.02), HF)
    assert node.is_finished_ok
    assert points is not None
    assert points.statuses[0] == points.statuses[2] == "ok"
    assert points.statuses[1] != "ok"
    assert points.messages[1]
    assert np.isfinite(points.energies[[0, 2]]).all()


def test_scan_whose_job_is_cut_short_computes_nothing_twice(
    code: InstalledCode, tmp_path: Path
) -> None:
    hydrogen = from_smiles("[H][H]")
    points = PointsData(
        Points(
            origin=Origin("conformers"),
            cluster=Cluster.of(hydrogen),
            positions=hydrogen.conformers[:1],
            requested=np.full(1, np.nan),
            energies=np.zeros(1),
            gradients=np.zeros((1, 2, 3)),
            slopes=np.full(1, np.nan),
            statuses=("ok",),
            messages=("",),
            cpu_seconds=np.zeros(1),
            versions={},
        )
    )
    # The first job loses all but the lines of its header and of its first point, as if it had been
    # killed there.
    killed = tmp_path / "killed"
    cut = f"[ -e {killed} ] || {{ head -n 3 results.jsonl > kept; mv kept results.jsonl; }}\n"
    scan = Scan((hydrogen.key,), Coordinate("bond", ("H1", "H1"), (0, 1)), 0.6, 1.0)
    structures = Structures(
        scan.origin,
        Cluster.of(hydrogen),
        np.array([[[0, 0, 0], [0, 0, r]] for r in (0.62, 0.8, 0.98)]),
        (0, 1),
        np.array([0.62, 0.8, 0.98]),
    )
    outputs, node = run_get_node(
        ScanWorkChain,
        scan=ScanData(scan),
        structures=StructuresData(structures),
        species={"hydrogen": SpeciesData(hydrogen)},
        references={"hydrogen": points},
        learning=Dict(asdict(Settings(tolerance=0.02, batch=2, max_points=10))),
        qm={
            "code": code,
            "parameters": Dict(RELAXED),
            "metadata": {"options": {"append_text": f"{cut}touch {killed}"}},
        },
    )
    first, *later = [outputs["points"][label].value for label in sorted(outputs["points"])]
    assert first.statuses == ("ok",) * 3
    assert later
    assert node.is_finished_ok, node.exit_message
    surrogate = outputs["profile"].value.surrogate
    assert surrogate.status == "converged"
    assert len(np.unique(surrogate.observations.x)) == len(surrogate.observations)
    assert 0.7 < surrogate.grid[surrogate.mean.argmin()] < 0.85
