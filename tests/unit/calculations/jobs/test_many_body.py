"""Three-body dispersion in a liquid, as a job."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiida.engine.utils import instantiate_process
from aiida.manage import get_manager
from aiida.orm import InstalledCode

from aiida_forcefield.calculations.jobs.many_body import ManyBodyCalculation
from aiida_forcefield.data import FramesData
from aiida_forcefield.dynamics import ManyBody, measure_many_body
from aiida_forcefield.jobs.__main__ import run
from aiida_forcefield.jobs.files import RESULT, TASK, read, write
from aiida_forcefield.jobs.measure_many_body import ManyBodyTask
from aiida_forcefield.jobs.measure_many_body import measure_many_body as job
from aiida_forcefield.topology import Frames

from ....fields import liquid
from ..systems import SYSTEM, dispersion, nodes

pytestmark = pytest.mark.usefixtures("storage")

BOX = liquid(SYSTEM)
FRAMES = Frames(BOX.counts, np.stack([BOX.positions] * 2), np.stack([BOX.edges] * 2))


def make(codes: dict[str, InstalledCode], **changes: Any) -> ManyBodyCalculation:
    known = {name: node for name, node in nodes().items() if name in ("system", "properties")}
    inputs = known | {"code": codes["fit"], "frames": FramesData(FRAMES)} | changes
    options = {"resources": {"num_machines": 1, "num_mpiprocs_per_machine": 1}}
    inputs["metadata"] = {"options": options}
    process = instantiate_process(get_manager().get_runner(), ManyBodyCalculation, **inputs)
    assert isinstance(process, ManyBodyCalculation)
    return process


def test_inputs_become_the_task_of_a_job(codes: dict[str, InstalledCode], tmp_path: Path) -> None:
    write(tmp_path, TASK, make(codes).task())
    assert isinstance(read(tmp_path, TASK, ManyBodyTask), ManyBodyTask)
    run(job, tmp_path)
    found = ManyBodyCalculation.nodes(read(tmp_path, RESULT, ManyBody))["many_body"]
    c6 = [np.diag(dispersion(species)) for _, species in SYSTEM]
    assert found.get_dict() == pytest.approx(asdict(measure_many_body(SYSTEM, c6, FRAMES)))
