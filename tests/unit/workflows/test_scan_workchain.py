"""The loop of a scan: what a job finished counts, and what it did not is computed once more."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from aiida.orm import CalcJobNode, Dict, InstalledCode, StructureData
from ase.build import bulk

from aiida_forcefield.data import PointsData, StructuresData, TopologyData
from aiida_forcefield.scans import Points, Scan, Structures
from aiida_forcefield.surrogate import Settings
from aiida_forcefield.workflows.scan import ScanWorkChain

SCAN = Scan("bond", "bond H1-H1", (0, 1), 0.6, 1.1, periodic=False)
XTB = {"engine": "tblite", "tblite": {"method": "GFN2-xTB"}}

Ended = Callable[..., CalcJobNode]
MakePoints = Callable[..., Points]


@pytest.fixture
def scan(
    start: Callable[..., Any],
    codes: dict[str, InstalledCode],
    topology: TopologyData,
    hydrogen: Structures,
    make_points: MakePoints,
) -> Any:
    process = start(
        ScanWorkChain,
        scan=Dict(asdict(SCAN)),
        structures=StructuresData(hydrogen),
        topology=topology,
        reference=PointsData(make_points("ok")),
        learning=Dict(asdict(Settings(tolerance=1e-3))),
        qm={"code": codes["qm"], "parameters": Dict(XTB)},
    )
    process.begin()
    return process


def test_learns_and_proposes(scan: Any, ended: Ended, make_points: MakePoints) -> None:
    scan.ctx.job = ended(0, points=PointsData(make_points("ok", "ok", "error")))
    scan.learn()
    assert list(scan.ctx.points) == ["round_00"]
    assert scan.has_proposals()
    proposals = scan.ctx.surrogate.value.proposals
    np.testing.assert_array_equal(scan.ctx.structures.value.values, proposals)


def test_job_cut_short_is_continued_before_anything_is_learned(
    scan: Any, ended: Ended, make_points: MakePoints
) -> None:
    scan.ctx.job = ended(120, points=PointsData(make_points("ok", "missing", "missing")))
    scan.learn()
    assert scan.ctx.structures.value.values.tolist() == [0.8, 0.9]  # only those
    assert "surrogate" not in scan.ctx

    rest = make_points("ok", "ok")
    scan.ctx.job = ended(0, structures=scan.ctx.structures.value, points=PointsData(rest))
    scan.learn()
    assert list(scan.ctx.points) == ["round_00", "round_01"]
    assert len(scan.ctx.surrogate.value.observations) == 3
    assert len(scan.ctx.surrogate.value.observations.failed) == 0
    assert scan.has_proposals()


def test_job_cut_short_twice_ends_the_scan_with_what_there_is(
    scan: Any, ended: Ended, make_points: MakePoints
) -> None:
    for _ in range(2):
        scan.ctx.job = ended(120, points=PointsData(make_points("ok", "ok", "missing")))
        scan.learn()
    assert not scan.has_proposals()
    assert len(scan.ctx.surrogate.value.observations) == 4
    code = scan.conclude()
    assert code.status == 410
    assert "bond H1-H1" in code.message
    assert set(scan.outputs["points"]) == {"round_00", "round_01"}


def test_a_later_job_may_be_cut_short_too(scan: Any, ended: Ended, make_points: MakePoints) -> None:
    cut = ("ok", "missing", "missing")
    for statuses in (cut, ("ok", "ok"), cut):
        scan.ctx.job = ended(
            411 if "missing" in statuses else 0, points=PointsData(make_points(*statuses))
        )
        scan.learn()
    assert scan.ctx.structures.value.values.tolist() == [0.8, 0.9]


@pytest.mark.parametrize("status", [310, 120])
def test_no_points_at_all(scan: Any, ended: Ended, status: int) -> None:
    for _ in range(2):
        if scan.has_proposals():
            scan.ctx.job = ended(status)
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
        label=structures.label,
        symbols=structures.symbols,
        split=0,
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
    process.ctx.job = ended(0, structures=structures, points=PointsData(points))
    process.learn()
    learned = process.ctx.surrogate.value
    assert learned.kind == "strain"
    assert abs(learned.grid[learned.mean.argmin()]) < 0.005


def test_a_scan_is_of_a_molecule_or_a_crystal(
    start: Callable[..., Any], codes: dict[str, InstalledCode], hydrogen: Structures
) -> None:
    with pytest.raises(ValueError, match="either crystal, or topology and reference"):
        start(
            ScanWorkChain,
            scan=Dict(asdict(SCAN)),
            structures=StructuresData(hydrogen),
            learning=Dict(asdict(Settings())),
            qm={"code": codes["qm"], "parameters": Dict(XTB)},
        )


def test_refused_parameters_are_not_tried_again(scan: Any, ended: Ended) -> None:
    scan.ctx.job = ended(310)
    scan.learn()
    assert not scan.has_proposals()
