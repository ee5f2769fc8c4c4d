"""The loop of a scan: what a job finished counts, and what it did not is computed once more."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from aiida.orm import CalcJobNode, Dict, InstalledCode

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


def test_refused_parameters_are_not_tried_again(scan: Any, ended: Ended) -> None:
    scan.ctx.job = ended(310)
    scan.learn()
    assert not scan.has_proposals()
