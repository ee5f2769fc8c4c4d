"""What a liquid has beyond pairs, as a job."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiida.engine.utils import instantiate_process
from aiida.manage import get_manager
from aiida.orm import InstalledCode

from aiida_forcefield.calculations.jobs.many_body import ManyBodyCalculation
from aiida_forcefield.data import FramesData
from aiida_forcefield.dynamics import Response, measure_many_body
from aiida_forcefield.jobs.__main__ import run
from aiida_forcefield.jobs.files import RESULT, TASK, read, write
from aiida_forcefield.jobs.measure_many_body import ManyBodyFound, ManyBodyTask
from aiida_forcefield.jobs.measure_many_body import measure_many_body as job
from aiida_forcefield.topology import Frames

from ....fields import liquid
from ..systems import FIELD, POLARIZABILITY, SYSTEM, dispersion, nodes

pytestmark = pytest.mark.usefixtures("storage")

BOX = liquid(SYSTEM)
FRAMES = Frames(BOX.counts, np.stack([BOX.positions] * 2), np.stack([BOX.edges] * 2))


def make(codes: dict[str, InstalledCode], **changes: Any) -> ManyBodyCalculation:
    inputs = nodes() | {"code": codes["fit"], "frames": {"seed_1": FramesData(FRAMES)}} | changes
    options = {"resources": {"num_machines": 1, "num_mpiprocs_per_machine": 1}}
    inputs["metadata"] = {"options": options}
    process = instantiate_process(get_manager().get_runner(), ManyBodyCalculation, **inputs)
    assert isinstance(process, ManyBodyCalculation)
    return process


def responses() -> list[Response]:
    return [
        Response(each.conformers[0], np.diag(dispersion(each)), POLARIZABILITY[name])
        for name, each in SYSTEM
    ]


def test_inputs_become_the_task_of_a_job(codes: dict[str, InstalledCode], tmp_path: Path) -> None:
    write(tmp_path, TASK, make(codes).task())
    assert isinstance(read(tmp_path, TASK, ManyBodyTask), ManyBodyTask)
    run(job, tmp_path)
    found = ManyBodyCalculation.nodes(read(tmp_path, RESULT, ManyBodyFound))["many_body"]
    expected = measure_many_body(FIELD, SYSTEM, responses(), [FRAMES])
    for name, part in expected.items():
        for key, value in part.items():
            assert found[name][key] == pytest.approx(value)
    assert {*expected} == {"three_body_dispersion", "induction", "charges"}
    assert len(expected["charges"]["pressures"]) == 2


def test_without_all_polarizabilities_dispersion_is_told(codes: dict[str, InstalledCode]) -> None:
    polarizability = nodes()["polarizability"]
    assert isinstance(polarizability, dict)
    task = make(codes, polarizability={"water": polarizability["water"]}).task()
    assert [each.polarizability for each in task.responses] == [pytest.approx(1.45), None]
    assert list(job(task).parts) == ["three_body_dispersion"]
