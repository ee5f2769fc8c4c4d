"""What a study survives: a batch of points goes on, none is lost and none computed twice."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from .cluster import HOST, Cluster, wait_until
from .production import Services

if TYPE_CHECKING:
    from .conftest import Installation

pytestmark = pytest.mark.system

ROOT = Path(__file__).parents[2]
SCRIPT = str(Path(__file__).parent / "batch.py")
POINTS = 6


class Batch:
    """A batch of water molecules in the daemon, about a second of work each."""

    begun = 0

    def __init__(self, installation: "Installation", computer: str = HOST, **options: Any) -> None:
        self.installation = installation
        Batch.begun += 1
        first = 1 + 0.01 * Batch.begun
        self.pk = self._run("submit", computer, str(POINTS), json.dumps(options), f"{first:.3f}")

    def _run(self, *arguments: str) -> Any:
        return json.loads(self.installation.verdi("run", SCRIPT, *arguments).splitlines()[-1])

    def report(self) -> dict[str, Any]:
        """How it stands."""
        found: dict[str, Any] = self._run("report", str(self.pk))
        return found

    def wait(self, minutes: float = 5.0) -> dict[str, Any]:
        """How it ended."""
        end = time.monotonic() + 60 * minutes
        while (found := self.report())["state"] not in ("finished", "excepted", "killed"):
            assert time.monotonic() < end, found
            time.sleep(1)
        return found

    def assert_complete(self) -> dict[str, Any]:
        """Wait until it ended, with every point computed once."""
        found = self.wait()
        assert (found["state"], found["exit_status"]) == ("finished", 0), found
        assert found["statuses"] == ["ok"] * POINTS
        assert found["computed"] == POINTS
        return found


@pytest.fixture
def running(production: "Installation", cluster: Cluster) -> Batch:
    """A batch whose job has just computed its first points."""
    assert not cluster.jobs("running")
    batch = Batch(production)
    wait_until(lambda: cluster.jobs("running"), "a job that runs", 60)
    (job,) = cluster.jobs("running")
    folder = Path(cluster.run("squeue", "-h", "-j", job, "-o", "%Z").strip())
    results = folder / "results.jsonl"
    wait_until(
        lambda: results.exists() and results.read_bytes().count(b"\n") >= 3, "two points", 60
    )
    return batch


def test_scancel(running: Batch, cluster: Cluster) -> None:
    cluster.run("scancel", *cluster.jobs("running"))
    assert [job["exit_status"] for job in running.assert_complete()["jobs"]] == [411, 0]


def test_scancel_of_a_job_that_waits(production: "Installation", cluster: Cluster) -> None:
    cluster.run("scontrol", "update", "partitionname=main", "state=down")
    batch = Batch(production)
    wait_until(lambda: cluster.jobs("pending"), "a job that waits", 60)
    cluster.run("scancel", *cluster.jobs("pending"))
    cluster.run("scontrol", "update", "partitionname=main", "state=up")
    assert [job["exit_status"] for job in batch.assert_complete()["jobs"]] == [411, 0]


def test_kill_of_rabbitmq(running: Batch, services: Services) -> None:
    services.kill_rabbitmq()
    time.sleep(3)
    services.run("start")
    assert len(running.assert_complete()["jobs"]) == 1
    assert len(Batch(running.installation).assert_complete()["jobs"]) == 1


def test_restart_of_postgresql(running: Batch, services: Services) -> None:
    services.end_postgres()
    time.sleep(3)
    services.run("start")
    # Workers do not connect again, and lose what they were at: so docs/reference/faults.md says.
    for command in (["daemon", "stop"], ["process", "repair"], ["daemon", "start"]):
        running.installation.verdi(*command)
    assert len(running.assert_complete()["jobs"]) == 1
    assert len(Batch(running.installation).assert_complete()["jobs"]) == 1


def test_slurmctld_down(running: Batch, cluster: Cluster) -> None:
    cluster.stop_service("slurmctld", signal.SIGKILL)
    another = Batch(running.installation)  # which cannot be submitted now
    time.sleep(10)
    cluster.start_service("slurmctld")
    assert len(running.assert_complete()["jobs"]) == 1
    assert len(another.assert_complete()["jobs"]) == 1


def test_ssh_refused(running: Batch, cluster: Cluster) -> None:
    cluster.stop_service("sshd", signal.SIGKILL)
    for session in psutil.process_iter(["name", "cmdline"]):
        if "sshd: " in " ".join(session.info["cmdline"] or [])[:6]:
            session.kill()
    another = Batch(running.installation)
    time.sleep(10)
    cluster.start_service("sshd")
    assert len(running.assert_complete()["jobs"]) == 1
    assert len(another.assert_complete()["jobs"]) == 1


def test_kill_of_the_daemon_between_sbatch_and_its_answer(
    production: "Installation", cluster: Cluster
) -> None:
    slow = cluster.folder / "slow"
    before = set(cluster.jobs())
    slow.touch()
    try:
        batch = Batch(production)
        wait_until(lambda: set(cluster.jobs()) - before, "a job", 60)
        production.kill_daemon()
    finally:
        slow.unlink()
    production.verdi("daemon", "start")
    found = batch.assert_complete()
    # Two jobs of Slurm for one of AiiDA, in the same folder; the second found all done.
    (job,) = found["jobs"]
    assert int(job["job_id"]) == max(map(int, cluster.jobs()))
    folders = cluster.run("squeue", "-h", "-t", "all", "-o", "%i %Z").splitlines()
    assert sum(line.endswith(f" {job['folder']}") for line in folders) == 2
    lines = (Path(job["folder"]) / "results.jsonl").read_text().splitlines()
    assert sorted(i for i in map(index_of, lines) if i is not None) == list(range(POINTS))


def index_of(line: str) -> int | None:
    index: int | None = json.loads(line).get("index")
    return index


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A disk of two megabytes."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("NOT TESTED, as only root can mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def test_disk_full(production: "Installation", cluster: Cluster) -> None:
    with small_disk(cluster.folder / "disk") as disk:
        machine = "127.0.0.1"  # the same, with another work directory
        programs = ROOT / ".venv-compute" / "bin"
        production.forcefield(
            *("setup", "--hostname", machine, "--workdir", disk),
            *("--python", programs / "python", "--lammps", programs / "lmp"),
        )
        options = [machine, "-n", "--safe-interval", "0", "--host", HOST]
        production.verdi("computer", "configure", "core.ssh_async", *options)
        production.verdi("run", str(Path(SCRIPT).with_name("poll_often.py")), machine)
        filler = disk / "filler"
        once = (
            f"[ -e {disk}/once ] || {{ touch {disk}/once; cat /dev/zero > {filler}; }} 2>/dev/null"
        )
        batch = Batch(production, machine, prepend_text=once)
        # The job of it has no room for its results, nor the next one for its input.
        wait_until(lambda: batch.report()["jobs"][1:], "a second job", 120, pause=1)
        # 412 where its complaint found room.
        assert batch.report()["jobs"][0]["exit_status"] in (411, 412)
        filler.unlink()
        assert batch.assert_complete()["jobs"][-1]["exit_status"] == 0


def test_walltime_in_mid_batch(production: "Installation", cluster: Cluster) -> None:
    # The first job stands still after its first points, so that its minute is over in mid-batch.
    once = cluster.folder / "stood_still"
    stop = (
        f"[ -e {once} ] || {{ touch {once}; "
        "until [ $(grep -c . results.jsonl) -ge 3 ]; do sleep 0.1; done 2>/dev/null; "
        "pkill -STOP -P $$ python; } &"
    )
    batch = Batch(production, prepend_text=stop, max_wallclock_seconds=60)
    jobs = batch.assert_complete()["jobs"]
    assert [job["exit_status"] for job in jobs] == [120, 0]
    assert once.exists()
