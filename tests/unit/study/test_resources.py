"""What a study asks for, as AiiDA's options and in the header of a submission script."""

from typing import Any

import pytest
from aiida.common.datastructures import CodeRunMode
from aiida.orm import Computer, InstalledCode
from aiida.schedulers.datastructures import JobTemplate
from hypothesis import given
from hypothesis import strategies as st

from aiida_forcefield.calculations.options import ONE_CORE
from aiida_forcefield.cli.setup import NOTED
from aiida_forcefield.study.resources import PROPERTY, job_options, read_memory, read_walltime

ASKED = {
    "account": "chem",
    "queue": "long",
    "walltime": "1-02:30:00",
    "memory": "1.5 GB",
    "tasks": 4,
}


def make_code(scheduler: str, **noted: Any) -> InstalledCode:
    computer = Computer("there", "there", "", "core.ssh_async", scheduler, "/scratch").store()
    computer.set_property(PROPERTY, noted)
    return InstalledCode(computer, "/opt/lmp", label="lammps")


def header(code: InstalledCode, options: dict[str, Any]) -> str:
    """What AiiDA's scheduler plugin writes for these options."""
    scheduler = code.computer.get_scheduler()
    template = JobTemplate()
    template.shebang = "#!/bin/bash"
    template.codes_info, template.codes_run_mode = [], CodeRunMode.SERIAL
    template.job_resource = scheduler.create_job_resource(**options["resources"])
    keys = ("account", "queue_name", "max_wallclock_seconds", "max_memory_kb")
    for key in (*keys, "custom_scheduler_commands"):
        setattr(template, key, options.get(key))
    text: str = scheduler.get_submit_script(template)
    return text


@pytest.mark.usefixtures("profile")
@pytest.mark.parametrize(
    ("scheduler", "expected"),
    [
        (
            "core.slurm",
            ["--account=chem", "--partition=long", "--time=1-02:30:00", "--mem=1464", "-task=4"],
        ),
        ("core.pbspro", ["-A chem", "-q long", "walltime=26:30:00", "ncpus=4", "mem=1500000kb"]),
        ("core.sge", ["-P chem", "-q long", "h_rt=26:30:00", "-pe smp 4"]),
    ],
)
def test_header_of_a_job(scheduler: str, expected: list[str]) -> None:
    code = make_code(scheduler)
    text = header(code, job_options(code, ASKED, threads=True))
    for part in expected:
        assert part in text


@pytest.mark.usefixtures("profile")
def test_parallel_environment_of_grid_engine() -> None:
    assert "parallel_environment" in NOTED
    code = make_code("core.sge", parallel_environment="mpi")
    assert "-pe mpi 1" in header(code, job_options(code, {}, threads=False))


@pytest.mark.usefixtures("profile")
def test_gpus_are_asked_of_slurm() -> None:
    code = make_code("core.slurm")
    text = header(code, {"resources": ONE_CORE} | job_options(code, {"gpus": 2}, threads=True))
    assert "\n#SBATCH --gres=gpu:2\n" in text
    code.computer.scheduler_type = "core.pbspro"
    with pytest.raises(ValueError, match=r"only Slurm is asked for GPUs.* there is core\.pbspro"):
        job_options(code, {"gpus": 1}, threads=True)


@pytest.mark.usefixtures("profile")
def test_study_comes_before_the_computer() -> None:
    code = make_code("core.slurm", account="mine", queue="short", walltime="01:00:00", jobs=8)
    options = job_options(code, {"queue": "long"}, threads=True)
    assert options == {
        "account": "mine",
        "queue_name": "long",
        "max_wallclock_seconds": 3600,
    }


@pytest.mark.usefixtures("profile")
def test_tasks_are_threads_or_processes() -> None:
    code = make_code("core.slurm")
    threads = job_options(code, {"tasks": 2}, threads=True)
    assert threads["resources"] == {**ONE_CORE, "num_cores_per_mpiproc": 2}
    assert threads["prepend_text"] == "export OMP_NUM_THREADS=2"
    processes = job_options(code, {"tasks": 2}, threads=False)
    assert processes["resources"] == {**ONE_CORE, "num_mpiprocs_per_machine": 2}
    assert processes["withmpi"]


@pytest.mark.usefixtures("profile")
def test_one_core_is_what_the_cache_knows() -> None:
    code = make_code("core.slurm", tasks=1)
    assert job_options(code, {}, threads=True) == {}


@given(st.integers(1, 10**7))
def test_walltime_is_read_as_slurm_writes_it(seconds: int) -> None:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    assert read_walltime(f"{days}-{hours:02d}:{minutes:02d}:{rest:02d}") == seconds


@pytest.mark.parametrize(("text", "kilobytes"), [("4 GB", 4_000_000), ("500MB", 500_000)])
def test_memory(text: str, kilobytes: int) -> None:
    assert read_memory(text) == kilobytes


@pytest.mark.parametrize("text", ["", "4", "4 TB", "-1 GB", "0 GB", "4 GB\n", "1e3 MB"])
def test_memory_that_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="memory should be"):
        read_memory(text)
