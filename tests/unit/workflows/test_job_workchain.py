"""A job that was ended from outside runs again, and gets more of what it ran out of."""

from collections.abc import Callable
from typing import Any

import pytest
from aiida.orm import CalcJobNode, Dict, InstalledCode

from aiida_forcefield.calculations.options import ONE_CORE
from aiida_forcefield.data import PointsData, SystemData
from aiida_forcefield.scans import Points
from aiida_forcefield.topology import System, from_smiles
from aiida_forcefield.workflows.job import PATIENCE, PackingWorkChain

LIMITS = {"max_wallclock_seconds": 600, "max_memory_kb": 1000}

Ended = Callable[..., CalcJobNode]


@pytest.fixture
def make_job(
    start: Callable[..., Any], codes: dict[str, InstalledCode], make_points: Callable[..., Points]
) -> Callable[..., Any]:
    def make(**limits: int) -> Any:
        process = start(
            PackingWorkChain,
            job={
                "code": codes["qm"],
                "system": SystemData(System.pure("hydrogen", from_smiles("[H][H]"))),
                "references": {"hydrogen": PointsData(make_points("ok"))},
                "settings": Dict({"atoms": 400, "cutoff": 4.0, "seed": 1}),
                "metadata": {"options": {"resources": ONE_CORE, **limits}},
            },
        )
        process.setup()
        process.ctx.children = []
        return process

    return make


def inspect(process: Any, job: CalcJobNode) -> Any:
    process.ctx.children.append(job)
    process.ctx.iteration += 1
    return process.inspect_process()


@pytest.mark.parametrize(
    ("status", "option"), [(110, "max_memory_kb"), (120, "max_wallclock_seconds")]
)
def test_twice_of_what_it_ran_out_of(
    make_job: Callable[..., Any], ended: Ended, status: int, option: str
) -> None:
    process = make_job(**LIMITS)
    assert not inspect(process, ended(status)).status
    assert process.should_run_process()
    options = process.ctx.inputs.metadata.options
    assert {key: options[key] for key in LIMITS} == LIMITS | {option: 2 * LIMITS[option]}


@pytest.mark.parametrize("status", [110, 120])
def test_what_has_no_limit_cannot_be_given_more(
    make_job: Callable[..., Any], ended: Ended, status: int
) -> None:
    verdict = inspect(make_job(), ended(status))
    assert (verdict.status, verdict.message) == (status, "what went wrong")


@pytest.mark.parametrize("status", [140, 411])
def test_again_until_patience_ends(make_job: Callable[..., Any], ended: Ended, status: int) -> None:
    process = make_job()
    for _ in range(PATIENCE - 1):
        assert not inspect(process, ended(status)).status
    verdict = inspect(process, ended(status))
    assert (verdict.status, verdict.message) == (status, "what went wrong")


def test_what_cannot_be_mended_is_not_tried_again(
    make_job: Callable[..., Any], ended: Ended
) -> None:
    assert inspect(make_job(), ended(310)).status == 310
