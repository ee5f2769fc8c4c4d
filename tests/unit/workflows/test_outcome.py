"""What became of a job, and what of it is still to be done."""

from collections.abc import Callable

import pytest
from aiida.orm import CalcJobNode, WorkChainNode

from aiida_forcefield.data import PointsData
from aiida_forcefield.scans import Points
from aiida_forcefield.workflows.outcome import is_cut_short, left_undone, reason

Ended = Callable[..., CalcJobNode]
MakePoints = Callable[..., Points]


@pytest.mark.parametrize("status", [110, 120, 140, 411])
def test_cut_short(ended: Ended, make_points: MakePoints, status: int) -> None:
    assert is_cut_short(ended(status, points=PointsData(make_points("ok", "missing", "ok"))))
    assert is_cut_short(ended(status))


@pytest.mark.parametrize("status", [310, 311])
def test_ended_badly_by_itself(ended: Ended, status: int) -> None:
    assert not is_cut_short(ended(status))


def test_all_points_are_there(ended: Ended, make_points: MakePoints) -> None:
    points = make_points("ok", "error", "ok")
    assert not is_cut_short(ended(0, points=PointsData(points)))
    # As when AiiDA fails to stash the files of a job that was complete.
    assert not is_cut_short(ended(160, points=PointsData(points)))


def test_finished_points_are_not_left_undone(ended: Ended, make_points: MakePoints) -> None:
    job = ended(411, points=PointsData(make_points("ok", "missing", "missing")))
    assert left_undone(job).value.values.tolist() == [0.8, 0.9]


def test_all_is_left_undone_without_points(ended: Ended) -> None:
    job = ended(120)
    assert left_undone(job).uuid == job.inputs.structures.uuid


def test_a_reference_starts_again_from_all_conformers(
    ended: Ended, make_points: MakePoints
) -> None:
    job = ended(411, parameters={"reference": {}}, points=PointsData(make_points("missing")))
    assert left_undone(job).uuid == job.inputs.structures.uuid


@pytest.mark.usefixtures("storage")
def test_reason() -> None:
    node = WorkChainNode().store()
    node.set_process_state("excepted")
    assert reason(node) == "excepted"
    node.set_exception("ValueError: of this")
    assert reason(node) == "ValueError: of this"
    node.set_exit_message("because of that")
    assert reason(node) == "because of that"
