"""A batch of points: what its jobs leave is kept, and the next one computes only the rest."""

from collections.abc import Callable
from typing import Any

import pytest
from aiida.engine import ExitCode
from aiida.orm import CalcJobNode, Dict, InstalledCode

from aiida_forcefield.calculations.jobs.qm import QmCalculation
from aiida_forcefield.data import PointsData, StructuresData
from aiida_forcefield.scans import Points, Structures
from aiida_forcefield.workflows.qm import PATIENCE, QmWorkChain
from aiida_forcefield.workflows.restart import DOUBLINGS

XTB = {"engine": "tblite", "tblite": {"method": "GFN2-xTB"}}
LIMITS = {"max_wallclock_seconds": 600, "max_memory_kb": 1000}

Ended = Callable[..., CalcJobNode]
MakePoints = Callable[..., Points]
MakeBatch = Callable[..., Any]


@pytest.fixture
def make_batch(
    start: Callable[..., Any], codes: dict[str, InstalledCode], hydrogen: Structures
) -> MakeBatch:
    def make(parameters: dict[str, Any] = XTB, options: dict[str, Any] = LIMITS) -> Any:
        qm = {
            "code": codes["qm"],
            "structures": StructuresData(hydrogen),
            "parameters": Dict(parameters),
            "metadata": {"options": options},
        }
        batch = start(QmWorkChain, qm=qm)
        batch.setup()
        batch.ctx.children = []
        return batch

    return make


def inspect(batch: Any, job: CalcJobNode) -> ExitCode | None:
    batch.ctx.children.append(job)
    batch.ctx.iteration += 1
    verdict: ExitCode | None = batch.inspect_process()
    return verdict


def test_points_of_a_job_that_ended_well(
    make_batch: MakeBatch, ended: Ended, make_points: MakePoints
) -> None:
    batch = make_batch()
    points = PointsData(make_points("ok", "error", "ok"))
    assert inspect(batch, ended(points=points)) is None
    assert not batch.should_run_process()
    batch.results()
    assert batch.outputs["points"].uuid == points.uuid


@pytest.mark.parametrize("status", [110, 120, 140, 411])
def test_job_cut_short_is_continued(
    make_batch: MakeBatch, ended: Ended, make_points: MakePoints, status: int
) -> None:
    batch = make_batch()
    first = PointsData(make_points("ok", "missing", "missing"))
    assert not inspect(batch, ended(status, points=first)).status
    assert batch.should_run_process()
    assert "points" not in batch.outputs
    assert batch.ctx.inputs.structures.value.values.tolist() == [0.8, 0.9]
    assert batch.ctx.inputs.metadata.options["max_wallclock_seconds"] == 600
    rest = PointsData(make_points("ok", "bonds_changed"))
    assert inspect(batch, ended(points=rest)) is None
    batch.results()
    assert batch.outputs["points"].value.statuses == ("ok", "ok", "bonds_changed")


@pytest.mark.parametrize(
    ("status", "option"), [(110, "max_memory_kb"), (120, "max_wallclock_seconds")]
)
def test_job_without_a_point_gets_more_of_what_it_ran_out_of(
    make_batch: MakeBatch, ended: Ended, status: int, option: str
) -> None:
    batch = make_batch()
    assert not inspect(batch, ended(status)).status
    options = batch.ctx.inputs.metadata.options
    assert {key: options[key] for key in LIMITS} == LIMITS | {option: 2 * LIMITS[option]}
    assert batch.ctx.inputs.structures.uuid == batch.inputs.qm.structures.uuid


def test_points_that_need_more_memory_are_computed_again(
    make_batch: MakeBatch, ended: Ended, make_points: MakePoints
) -> None:
    batch = make_batch()
    first = PointsData(make_points("ok", "out_of_memory", "ok"))
    assert not inspect(batch, ended(points=first)).status
    assert batch.ctx.inputs.metadata.options["max_memory_kb"] == 2000
    assert batch.ctx.inputs.structures.value.values.tolist() == [0.8]


@pytest.mark.parametrize(
    ("exit_status", "status", "option"),
    [(110, "out_of_memory", "max_memory_kb"), (120, "out_of_time", "max_wallclock_seconds")],
)
def test_a_point_that_ends_its_jobs_costs_itself_only(
    make_batch: MakeBatch,
    ended: Ended,
    make_points: MakePoints,
    exit_status: int,
    status: str,
    option: str,
) -> None:
    batch = make_batch()
    options = batch.ctx.inputs.metadata.options
    first = PointsData(make_points(status, "missing", "missing"))
    assert not inspect(batch, ended(exit_status, points=first)).status
    assert batch.ctx.inputs.structures.value.values.tolist() == [0.8, 0.9]
    assert options[option] == LIMITS[option]  # as much as before
    assert not inspect(batch, ended(points=PointsData(make_points("ok", "ok")))).status
    for more in (2, 4, 8):
        assert batch.ctx.inputs.structures.value.values.tolist() == [0.7]
        assert options[option] == more * LIMITS[option]
        verdict = inspect(batch, ended(exit_status, points=PointsData(make_points(status))))
        assert not verdict.status
    assert not batch.should_run_process()
    batch.results()
    assert batch.outputs["points"].value.statuses == (status, "ok", "ok")


def test_a_last_job_without_a_point_fails_its_own_points_only(
    make_batch: MakeBatch, ended: Ended, make_points: MakePoints
) -> None:
    batch = make_batch()
    first = PointsData(make_points("ok", "interrupted", "ok"))
    assert not inspect(batch, ended(411, points=first)).status
    none = QmCalculation.exit_codes.ERROR_NO_POINT.status
    verdict = inspect(batch, ended(none, points=PointsData(make_points("scf_not_converged"))))
    assert not verdict.status
    assert not batch.should_run_process()
    batch.results()
    assert batch.outputs["points"].value.statuses == ("ok", "scf_not_converged", "ok")


def test_a_point_that_ends_its_jobs_nobody_knows_why(
    make_batch: MakeBatch, ended: Ended, make_points: MakePoints
) -> None:
    batch = make_batch()
    first = PointsData(make_points("ok", "interrupted", "missing"))
    assert not inspect(batch, ended(411, points=first)).status
    assert batch.ctx.inputs.structures.value.values.tolist() == [0.9]
    assert not inspect(batch, ended(points=PointsData(make_points("ok")))).status
    while batch.should_run_process():
        assert batch.ctx.inputs.structures.value.values.tolist() == [0.8]
        alone = PointsData(make_points("interrupted"))
        assert not inspect(batch, ended(411, points=alone)).status
    assert batch.ctx.iteration == 2 + PATIENCE
    assert {key: batch.ctx.inputs.metadata.options[key] for key in LIMITS} == LIMITS
    batch.results()
    assert batch.outputs["points"].value.statuses == ("ok", "interrupted", "ok")


def test_where_no_point_fits_all_get_more(
    make_batch: MakeBatch, ended: Ended, make_points: MakePoints
) -> None:
    batch = make_batch()
    options = batch.ctx.inputs.metadata.options
    first = PointsData(make_points("out_of_memory", "missing", "missing"))
    assert not inspect(batch, ended(110, points=first)).status
    second = PointsData(make_points("out_of_memory", "missing"))
    assert not inspect(batch, ended(110, points=second)).status
    assert batch.ctx.inputs.structures.value.values.tolist() == [0.9]
    assert options["max_memory_kb"] == 2000
    assert not inspect(batch, ended(points=PointsData(make_points("ok")))).status
    assert batch.ctx.inputs.structures.value.values.tolist() == [0.7, 0.8]
    assert options["max_memory_kb"] == 4000


def test_a_batch_without_a_point_fails_as_its_last_job(
    make_batch: MakeBatch, ended: Ended, make_points: MakePoints
) -> None:
    batch = make_batch()
    points = make_points(*["out_of_memory"] * 3)
    for _ in range(DOUBLINGS):
        assert not inspect(batch, ended(311, points=PointsData(points))).status
        assert len(batch.ctx.inputs.structures.value.values) == 3
    assert inspect(batch, ended(311, points=PointsData(points))).status == 311
    assert batch.outputs["points"].value.statuses == ("out_of_memory",) * 3


def test_without_a_limit_points_out_of_memory_stay_so(
    make_batch: MakeBatch, ended: Ended, make_points: MakePoints
) -> None:
    batch = make_batch(options={})
    points = PointsData(make_points("ok", "out_of_memory", "ok"))
    assert not inspect(batch, ended(points=points)).status
    assert not batch.should_run_process()


def test_jobs_that_come_to_nothing_are_given_up(
    make_batch: MakeBatch, ended: Ended, make_points: MakePoints
) -> None:
    batch = make_batch()
    cut = PointsData(make_points("ok", "missing", "missing"))
    assert not inspect(batch, ended(411, points=cut)).status
    for _ in range(PATIENCE - 1):
        assert not inspect(batch, ended(140)).status
    verdict = inspect(batch, ended(411))
    assert (verdict.status, verdict.message) == (411, "what went wrong")
    assert batch.outputs["points"].uuid == cut.uuid


def test_points_that_no_job_can_mend_are_not_tried_again(
    make_batch: MakeBatch, ended: Ended, make_points: MakePoints
) -> None:
    points = PointsData(make_points("error", "bonds_changed", "error"))
    assert inspect(make_batch(), ended(311, points=points)).status == 311


@pytest.mark.parametrize("status", [310, 312, 313])
def test_what_no_job_can_mend_ends_the_batch(
    make_batch: MakeBatch, ended: Ended, status: int
) -> None:
    verdict = inspect(make_batch(), ended(status))
    assert (verdict.status, verdict.message) == (status, "what went wrong")


def test_a_reference_starts_again_from_all_conformers(
    make_batch: MakeBatch, ended: Ended, make_points: MakePoints
) -> None:
    settings = {
        **XTB,
        "mean_field": {"method": "RHF"},
        "structure": {"basis": "sto-3g"},
        "relaxation": {"engine": "tblite", "method": "GFN2-xTB"},
        "reference": {},
    }
    batch = make_batch(settings)
    assert not inspect(batch, ended(411, points=PointsData(make_points("missing")))).status
    assert batch.ctx.inputs.structures.uuid == batch.inputs.qm.structures.uuid


def test_engine_is_that_of_the_parameters(make_batch: MakeBatch) -> None:
    assert make_batch().process_class is QmCalculation
    with pytest.raises(ValueError, match=r"parameters.engine: 'gauss' is not one of .*tblite"):
        make_batch({"engine": "gauss"})
