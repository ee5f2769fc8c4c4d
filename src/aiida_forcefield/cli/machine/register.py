"""Computers and codes in the profile: this machine's, or another's."""

import os
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import click

from aiida_forcefield.cli.machine.check import check_machine
from aiida_forcefield.cli.machine.machine import PREPEND_TEXT, Machine
from aiida_forcefield.cli.machine.profile import report
from aiida_forcefield.study.aiida_profile import LABELS, PLUGINS
from aiida_forcefield.study.errors import InputError
from aiida_forcefield.study.resources import PROPERTY

if TYPE_CHECKING:
    from aiida.orm import Computer


def register_machine(machine: Machine, noted: dict[str, Any]) -> None:
    """Register and test another machine; codes only once they answer."""
    from aiida.common.exceptions import NotExistent
    from aiida.manage.configuration import get_config
    from aiida.orm import Computer, load_computer

    folder = Path(get_config().dirpath) / "machines" / machine.hostname
    for written in machine.write(folder):
        click.echo(f"wrote {written}")
    try:
        computer, made = load_computer(machine.hostname), False
        machine.compare(computer)
    except NotExistent:
        computer, made = machine.make_computer(), True
    try:
        check_machine(machine, computer)
    except BaseException:
        if made and computer.pk is not None:
            Computer.collection.delete(computer.pk)
        raise
    machine.set_jobs(computer)
    computer.set_property(PROPERTY, noted)
    computer.store()
    report(f"computer {machine.hostname}: {machine.scheduler} through {machine.transport}", made)
    for role, program in machine.programs.items():
        register_code(role, Path(program), computer, PREPEND_TEXT)
    labels = ", ".join(f"{role}: {LABELS[role]}@{machine.hostname}" for role in machine.programs)
    click.echo(f"in a study: codes: {{{labels}}}")


def programs_here(compute: Path | None) -> dict[str, Path]:
    """Executable of the code of each role; for the fit, the interpreter that runs this.

    Raises:
        InputError: the environment lacks one of them.
    """
    import sys

    active = Path(sys.prefix)
    beside = active.with_name(".venv-compute")
    environment = compute or (beside if beside.is_dir() else active)
    # Not resolved: the python of a virtual environment is a link out of it.
    folder = environment.absolute() / "bin"
    programs = {"qm": folder / "python", "md": folder / "lmp", "openmm": folder / "python"}
    for program in programs.values():
        if not os.access(program, os.X_OK):
            raise InputError(
                f"--compute: there is no program {program}; allowed: an environment with PySCF, "
                "tblite, LAMMPS, OpenMM and packmol"
            )
    return {**programs, "fit": Path(sys.executable)}


def register_localhost(profile: str) -> "Computer":
    from aiida.common.exceptions import NotExistent
    from aiida.manage.configuration import get_config
    from aiida.orm import Computer, load_computer

    try:
        computer = load_computer("localhost")
    except NotExistent:
        computer = Computer(
            label="localhost",
            hostname="localhost",
            transport_type="core.local",
            scheduler_type="core.direct",
            workdir=str(Path(get_config().dirpath) / "scratch" / profile),
        ).store()
        # The default, 10 s, protects distant clusters; here it would be most of the run time. But
        # each look at a job costs: at 0.5 s, some jobs at a time keep a third of a core busy.
        computer.set_minimum_job_poll_interval(2.0)
        computer.set_default_mpiprocs_per_machine(1)
        report("computer localhost", made=True)
    else:
        report("computer localhost", made=False)
    if not computer.is_configured:
        computer.configure(safe_interval=0)
    return computer


def register_code(role: str, executable: Path, computer: "Computer", prepend_text: str) -> None:
    """Register the code of a role; one whose program is gone, as after a move, gives its label up.

    Args:
        role: ``qm``, ``md``, ``openmm`` or ``fit``.
        executable: its program.
        computer: on which it is.
        prepend_text: lines of shell in front of it.
    """
    from aiida.common.exceptions import NotExistent
    from aiida.orm import InstalledCode, load_code

    label = LABELS[role]
    name = f"{label}@{computer.label}"
    try:
        code = load_code(name)
    except NotExistent:
        code = None
    if code is not None and _is_gone(code.filepath_executable, executable, computer):
        click.echo(f"note  {name} was {code.filepath_executable}, which is gone: now {code.uuid}")
        code.label = f"{label}-{code.pk}"
        code = None
    report(f"code {name}: {executable if code is None else code.filepath_executable}", not code)
    if code is None:
        InstalledCode(
            label=label,
            computer=computer,
            filepath_executable=str(executable),
            default_calc_job_plugin=PLUGINS[role],
            prepend_text=prepend_text,
        ).store()


def _is_gone(before: PurePath, now: Path, computer: "Computer") -> bool:
    """Whether the program of a code is there no more; elsewhere, whether another was asked for."""
    if computer.hostname == "localhost":
        return not Path(before).exists()
    return str(before) != str(now)
