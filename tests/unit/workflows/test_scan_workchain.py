"""The loop of a scan: what a job finished counts, and what it did not is computed once more."""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest
from aiida.orm import CalcJobNode, Dict, InstalledCode, StructureData
from ase.build import bulk

from aiida_forcefield.data import PointsData, ScanData, SpeciesData, StructuresData
from aiida_forcefield.scans import Coordinate, Points, Scan, Structures
from aiida_forcefield.surrogate import Settings
from aiida_forcefield.topology import from_smiles
from aiida_forcefield.workflows.scan import ScanWorkChain

HYDROGEN = from_smiles("[H][H]")
SCAN = Scan((HYDROGEN.key,), Coordinate("bond", ("H1", "H1"), (0, 1)), 0.6, 1.1)
XTB = {"engine": "tblite", "tblite": {"method": "GFN2-xTB"}}

Ended = Callable[..., CalcJobNode]
MakePoints = Callable[..., Points]


@pytest.fixture
def scan(
    start: Callable[..., Any],
    codes: dict[str, InstalledCode],
    species: SpeciesData,
    hydrogen: Structures,
    make_points: MakePoints,
) -> Any:
    process = start(
        ScanWorkChain,
        scan=ScanData(SCAN),
        structures=StructuresData(hydrogen),
        species={"hydrogen": species},
        references={"hydrogen": PointsData(make_points("ok"))},
        learning=Dict(asdict(Settings(tolerance=1e-3))),
        qm={"code": codes["qm"], "parameters": Dict(XTB)},
    )
    process.begin()
    return process


def test_learns_and_proposes(scan: Any, ended: Ended, make_points: MakePoints) -> None:
    scan.ctx.batch = ended(0, points=PointsData(make_points("ok", "ok", "error")))
    scan.learn()
    assert list(scan.ctx.points) == ["round_00"]
    assert scan.has_proposals()
    proposals = scan.ctx.profile.value.surrogate.proposals
    np.testing.assert_array_equal(scan.ctx.structures.value.values, proposals)


@pytest.mark.parametrize("left_some", [True, False])
def test_batch_that_was_given_up_ends_the_scan_with_what_there_is(
    scan: Any, ended: Ended, make_points: MakePoints, left_some: bool
) -> None:
    scan.ctx.batch = ended(0, points=PointsData(make_points("ok", "ok", "ok")))
    scan.learn()
    assert scan.has_proposals()
    left = {"points": PointsData(make_points("ok", "missing"))} if left_some else {}
    scan.ctx.batch = ended(120, **left)
    scan.learn()
    assert not scan.has_proposals()
    assert len(scan.ctx.profile.value.surrogate.observations) == 3 + len(left)
    assert len(scan.ctx.profile.value.surrogate.observations.failed) == 0
    code = scan.conclude()
    assert code.status == 410
    assert "bond H1-H1" in code.message
    assert len(scan.outputs["points"]) == 1 + len(left)


def test_a_profile_that_jumps_is_told_apart_from_a_small_budget(
    scan: Any, ended: Ended, make_points: MakePoints
) -> None:
    points = make_points(*["ok"] * 24)
    jump = np.where(points.requested > 0.85, 0.3, 0.0)
    points = replace(points, energies=points.energies + jump)
    scan.ctx.batch = ended(0, points=PointsData(points))
    scan.learn()
    assert not scan.has_proposals()
    code = scan.conclude()
    assert code.status == 411
    assert "bond H1-H1" in code.message
    assert "the energy jumps near 0.8" in code.message


@pytest.mark.parametrize("status", [310, 120])
def test_no_points_at_all(scan: Any, ended: Ended, status: int) -> None:
    scan.ctx.batch = ended(status)
    scan.learn()
    assert not scan.has_proposals()
    code = scan.conclude()
    assert code.status == 310
    assert "bond H1-H1" in code.message


def test_a_crystal_is_learned_in_the_place_of_a_molecule(
    start: Callable[..., Any], codes: dict[str, InstalledCode], ended: Ended
) -> None:
    builder = ScanWorkChain.get_builder_for_crystal(
        codes["qm"],
        StructureData(ase=bulk("LiF", "rocksalt", a=4.05)),
        {"mode": "isotropic", "lower": -0.05, "upper": 0.05},
        "fast",
    )
    process = start(ScanWorkChain, **builder._inputs(prune=True))
    process.begin()
    structures = process.ctx.structures.value
    count = len(structures.values)
    points = Points(
        origin=structures.origin,
        cluster=structures.cluster,
        positions=structures.positions,
        requested=structures.values,
        energies=40.0 * structures.values**2,
        gradients=np.zeros(structures.positions.shape),
        slopes=np.full(count, np.nan),
        statuses=("ok",) * count,
        messages=("",) * count,
        cpu_seconds=np.ones(count),
        versions={},
        cells=structures.cells,
        stresses=np.full((count, 3, 3), np.nan),
    )
    process.ctx.batch = ended(0, structures=structures, points=PointsData(points))
    process.learn()
    learned = process.ctx.profile.value.surrogate
    assert learned.kind == "strain"
    assert abs(learned.grid[learned.mean.argmin()]) < 0.005


def test_a_scan_is_of_a_molecule_or_a_crystal(
    start: Callable[..., Any], codes: dict[str, InstalledCode], hydrogen: Structures
) -> None:
    with pytest.raises(ValueError, match="either crystal, or species and references"):
        start(
            ScanWorkChain,
            scan=ScanData(SCAN),
            structures=StructuresData(hydrogen),
            learning=Dict(asdict(Settings())),
            qm={"code": codes["qm"], "parameters": Dict(XTB)},
        )
