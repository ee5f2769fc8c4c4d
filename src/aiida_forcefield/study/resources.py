"""What a job asks its scheduler for, in the words of a study and in those of AiiDA."""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from aiida_forcefield.study.section import Section, Text

if TYPE_CHECKING:
    from aiida.orm import AbstractCode

PROPERTY = "forcefield"
"""Of a computer: what its jobs ask for unless a study says otherwise, and how many there may be."""

WALLTIME = re.compile(r"(?:(\d+)-)?(\d{1,3}):([0-5]\d):([0-5]\d)")
MEMORY = re.compile(r"(\d+(?:\.\d+)?) ?([MG])B")
PARALLEL_ENVIRONMENT = "smp"


def read_walltime(text: str) -> int:
    """Seconds of a walltime such as ``02:30:00`` or ``1-00:00:00``.

    Raises:
        ValueError: it is none.
    """
    found = WALLTIME.fullmatch(text)
    days, hours, minutes, seconds = (
        (int(part or 0) for part in found.groups()) if found else [0] * 4
    )
    total = ((24 * days + hours) * 60 + minutes) * 60 + seconds
    if not total:
        raise ValueError("walltime should be hours:minutes:seconds, such as '02:00:00'")
    return total


def read_memory(text: str) -> int:
    """Kilobytes (of 1000 bytes) of an amount of memory such as ``4 GB`` or ``500 MB``.

    Raises:
        ValueError: it is none.
    """
    found = MEMORY.fullmatch(text)
    amount = float(found[1]) * {"M": 1e3, "G": 1e6}[found[2]] if found else 0.0
    if not amount:
        raise ValueError("memory should be a number of MB or GB, such as '4 GB'")
    return round(amount)


def _readable(read: Callable[[str], int]) -> AfterValidator:
    """A validator that keeps a text which can be read."""

    def check(text: str) -> str:
        try:
            read(text)
        except ValueError as error:
            raise PydanticCustomError(
                "form",
                "{text} is not allowed: {reason}",
                {"text": repr(text), "reason": str(error)},
            ) from None
        return text

    return AfterValidator(check)


class Step(Section):
    """What the jobs of a step ask for; what it does not say, the computer's set-up does."""

    account: Text | None = None
    queue: Text | None = None
    walltime: Annotated[str, _readable(read_walltime)] | None = None
    memory: Annotated[str, _readable(read_memory)] | None = None


class ParallelStep(Step):
    """That of jobs that can use several cores."""

    tasks: Annotated[int, Field(ge=1)] | None = None


class GpuStep(ParallelStep):
    """That of jobs that can use GPUs: QM where its sections say `gpu: true`, and OpenMM."""

    gpus: Annotated[int, Field(ge=1)] | None = None


class Resources(Section):
    """Of QM (and packing), of molecular dynamics in LAMMPS (`md`) and OpenMM, and of the fit, whose
    jobs have one core.
    """

    qm: GpuStep = GpuStep()
    md: ParallelStep = ParallelStep()
    openmm: GpuStep = GpuStep()
    fit: Step = Step()


def defaults_of(code: "AbstractCode") -> dict[str, Any]:
    """What `setup` noted of the computer of a code; nothing of one made by other means."""
    return dict(code.computer.get_property(PROPERTY, {})) if code.computer else {}


def job_options(code: "AbstractCode", asked: Mapping[str, Any], threads: bool) -> dict[str, Any]:
    """The options of a job of AiiDA.

    Args:
        code: what runs; its computer has defaults.
        asked: account, queue, walltime, memory, tasks and gpus, as far as the study names them.
        threads: whether tasks are threads of one process, or processes of MPI.

    Returns:
        Options; those of a job of one core are AiiDA's own, so that the cache knows it everywhere.

    Raises:
        ValueError: GPUs are asked of a scheduler that has no common way to ask for them.
    """
    from aiida_forcefield.calculations.options import ONE_CORE

    wanted = {**defaults_of(code), **asked}
    tasks, computer = wanted.get("tasks", 1), code.computer
    assert computer is not None  # as every installed code has
    options: dict[str, Any] = {}
    for key, name in (("account", "account"), ("queue", "queue_name")):
        if key in wanted:
            options[name] = wanted[key]
    if "walltime" in wanted:
        options["max_wallclock_seconds"] = read_walltime(wanted["walltime"])
    if "memory" in wanted:
        options["max_memory_kb"] = read_memory(wanted["memory"])
    if "gpus" in wanted:
        if computer.scheduler_type != "core.slurm":
            raise ValueError(
                "gpus: only Slurm is asked for GPUs, and the scheduler of "
                f"{computer.label} is {computer.scheduler_type}; leave it out"
            )
        options["custom_scheduler_commands"] = f"#SBATCH --gres=gpu:{wanted['gpus']}"
    if computer.scheduler_type == "core.sge":
        environment = wanted.get("parallel_environment", PARALLEL_ENVIRONMENT)
        options["resources"] = {"parallel_env": environment, "tot_num_mpiprocs": tasks}
    elif tasks > 1:
        parallel = "num_cores_per_mpiproc" if threads else "num_mpiprocs_per_machine"
        options["resources"] = {**ONE_CORE, parallel: tasks}
    if tasks > 1 and threads:
        options["prepend_text"] = f"export OMP_NUM_THREADS={tasks}"
    if tasks > 1 and not threads:
        options["withmpi"] = True
    return options
