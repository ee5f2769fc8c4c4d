"""Jobs of functions: what is put into the folder, and what is left to the cache."""

import json
from pathlib import Path
from typing import Any

import pytest
from aiida.common.folders import SandboxFolder
from aiida.orm import InstalledCode

from aiida_forcefield.calculations.jobs.fit import FitCalculation
from aiida_forcefield.calculations.jobs.function import FunctionCalculation
from aiida_forcefield.calculations.jobs.many_body import ManyBodyCalculation
from aiida_forcefield.jobs.files import TASK, read
from aiida_forcefield.jobs.measure_many_body import ManyBodyTask

from .test_many_body import make

pytestmark = pytest.mark.usefixtures("storage")

KINDS = [FitCalculation, ManyBodyCalculation]


@pytest.mark.parametrize("kind", KINDS)
def test_ports(kind: type[FunctionCalculation]) -> None:
    options = kind.spec().inputs["metadata"]["options"]
    assert options["parser_name"].default == "forcefield.function"
    assert options["withmpi"].default is False
    codes = {code.status: code for code in kind.exit_codes.values()}
    assert codes[320].message == "{reason}"
    assert [status for status in (310, 320, 411) if codes[status].invalidates_cache] == [310, 411]


def test_the_folder_of_a_job(codes: dict[str, InstalledCode]) -> None:
    process = make(codes)
    with SandboxFolder() as folder:
        info = process.prepare_for_submission(folder)
        names = set(folder.get_content_list())
        assert isinstance(read(Path(folder.abspath), TASK, ManyBodyTask), ManyBodyTask)
        task = json.loads((Path(folder.abspath) / "task.json").read_text())
    assert names == {"task.json", "task.npz"}
    assert not [name for name in task if "pickle" in name]
    (code,) = info.codes_info
    assert code.cmdline_params == ["-m", "aiida_forcefield.jobs", "measure_many_body"]
    # The inputs say all of it: it is not kept once more.
    assert set(info.provenance_exclude_list) == names
    assert info.retrieve_temporary_list == ["result.json", "result.npz"]
    assert not info.retrieve_list
    # Several jobs share a machine, and a daemon may hand over one twice.
    assert "OMP_NUM_THREADS=1" in info.prepend_text
    assert "flock" in info.prepend_text


@pytest.mark.parametrize("kind", KINDS)
def test_jobs_are_where_they_are_looked_for(kind: Any) -> None:
    module = __import__(f"aiida_forcefield.jobs.{kind.JOB}", fromlist=[kind.JOB])
    assert callable(getattr(module, kind.JOB))
