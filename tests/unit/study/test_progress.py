"""How far a study has come, from the provenance graph of one that never ran."""

from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

import pytest
from aiida.common import timezone
from aiida.manage.configuration import Profile
from aiida.orm import WorkChainNode

from aiida_forcefield.study.progress import STALL_SECONDS, snapshot
from aiida_forcefield.study.results import collect_results
from aiida_forcefield.workflows.simulation import SimulationWorkChain

from .nodes import called


def test_progress_counts_and_notices_a_stall(hydrogen: WorkChainNode) -> None:
    hydrogen.set_process_state("waiting")
    progress = snapshot(hydrogen)
    assert not progress.over
    assert not progress.stalled
    assert (progress.points, progress.cached_points) == (3, 1)
    assert progress.done == {"forcefield.qm": 2}
    assert not replace(progress, idle_seconds=STALL_SECONDS + 1).stalled  # a long job
    quiet = replace(progress, silent_seconds=STALL_SECONDS + 1)
    assert quiet.stalled
    assert "STALLED" in quiet.summary()
    assert not replace(quiet, state="finished").stalled


def test_imprecise_simulation_has_not_failed(hydrogen: WorkChainNode) -> None:
    codes = SimulationWorkChain.exit_codes
    for code in (codes.ERROR_IMPRECISE, codes.ERROR_LATER_LEG, codes.ERROR_PACKING):
        simulation = called(hydrogen, "simulation", f"ended_with_{code.status}")
        simulation.set_process_state("finished")
        simulation.set_exit_status(code.status)
    progress = snapshot(hydrogen)
    assert progress.done["forcefield.simulation"] == 2
    assert progress.failed == {"forcefield.simulation": 1}


@pytest.mark.parametrize(
    ("state", "exit_status", "message", "told"),
    [
        ("waiting", None, None, "waiting"),
        ("finished", 0, None, "finished"),
        ("finished", 430, "density: 0.8 ± 0.1", "finished: density: 0.8 ± 0.1"),
        ("finished", 330, "The fit failed", "failed: The fit failed"),
        ("killed", None, None, "failed: killed"),
        ("excepted", None, "OSError:\n of the disk", "failed: OSError: of the disk"),
    ],
)
def test_status_and_show_say_the_same(
    hydrogen: WorkChainNode, state: str, exit_status: int | None, message: str | None, told: str
) -> None:
    hydrogen.set_process_state(state)
    if exit_status is not None:
        hydrogen.set_exit_status(exit_status)
        hydrogen.set_exit_message(message)
    elif message:
        hydrogen.set_exception(message)
    assert collect_results(hydrogen)["status"] == told
    word, _, reason = told.partition(": ")
    progress = snapshot(hydrogen)
    assert (progress.state, progress.message) == (word, reason)
    assert progress.lines()[0] == f"study {hydrogen.pk}: {word}"
    assert progress.over is (state != "waiting")


def test_jobs_of_a_fit_are_counted_once(hydrogen: WorkChainNode) -> None:
    for kind in ("fit_job", "many_body"):
        called(hydrogen, kind, kind).set_process_state("finished")
    assert not any(kind.endswith(("fit_job", "many_body")) for kind in snapshot(hydrogen).done)


def test_progress_says_what_only_the_user_can_do(hydrogen: WorkChainNode, profile: Profile) -> None:
    hydrogen.set_process_state("waiting")
    assert snapshot(hydrogen).advice() == []
    hydrogen.pause()
    progress = snapshot(hydrogen)
    assert progress.paused == 1
    advice = f"`verdi -p {profile.name} process play --all`"
    assert any(advice in line for line in progress.lines())
    assert "process repair" in replace(progress, paused=0, unborn=2).advice()[0]
    early = replace(progress, paused=0, ahead_seconds=3600)
    assert early.advice()[0].startswith("last event 60 min 0 s in the future")
    assert replace(early, state="finished").advice() == []


def test_progress_sees_that_a_study_was_never_begun(hydrogen: WorkChainNode) -> None:
    hydrogen.set_process_state("created")
    assert snapshot(hydrogen).unborn == 0
    later = timezone.now() + timedelta(minutes=3)
    with patch("aiida.common.timezone.now", return_value=later):
        assert snapshot(hydrogen).unborn == 1


def test_progress_sees_that_the_clock_was_set_back(hydrogen: WorkChainNode) -> None:
    hydrogen.set_process_state("waiting")
    before = timezone.now() - timedelta(hours=1)
    with patch("aiida.common.timezone.now", return_value=before):
        assert snapshot(hydrogen).ahead_seconds == pytest.approx(3600, abs=60)
