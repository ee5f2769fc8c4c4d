"""An AiiDA profile that needs no service, and its daemon."""

import sqlite3
from contextlib import closing
from pathlib import Path

import click

CACHED = "aiida.calculations:forcefield.*"
WORKERS = 1  # SQLite takes one writer at a time; the jobs themselves run outside of it


def report(what: str, made: bool) -> None:
    click.echo(f"{'made' if made else 'kept'}  {what}")


def make_profile(name: str) -> None:
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
        kept = default if default in config.profile_names else name
        config.set_default_profile(kept, overwrite=True)
        config.store()
        _enable_write_ahead_log(Path(config.get_profile(name).storage_config["filepath"]))
    report(f"profile {name} in {config.dirpath}", missing)


def check_caching(profile: str) -> None:
    """Say so where a profile that was not made here computes every point anew."""
    from aiida.manage.caching import get_use_cache

    if not get_use_cache(identifier="aiida.calculations:forcefield.qm"):
        click.echo(
            "note  caching is off, so that points are computed anew by each study; to switch it "
            f"on: verdi -p {profile} config set caching.enabled_for {CACHED}"
        )


def _enable_write_ahead_log(storage: Path) -> None:
    """Let those who look at the database, such as `status`, not lock out the daemon's worker.

    In SQLite's default mode that happens, and may leave the worker with a lock that it never
    gives back. The mode is kept in the database file.
    """
    with closing(sqlite3.connect(storage / "database.sqlite")) as connection:
        connection.execute("PRAGMA journal_mode=WAL")


def start_daemon(profile: str) -> None:
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
    report(f"daemon of profile {profile}", not current)


def _is_outdated(pid: int) -> bool:
    """Whether a daemon runs in another environment, or was started before our code was changed."""
    import sys

    import psutil

    daemon, package = psutil.Process(pid), Path(__file__).parents[2]
    changed = max(file.stat().st_mtime for file in package.rglob("*.py"))
    return bool(daemon.cmdline()[0] != sys.executable or daemon.create_time() < changed)
