"""What a study survives: a batch of points goes on, none is lost and none computed twice."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from aiida_forcefield.dynamics import MEASURED

from .cluster import HOST, Cluster, wait_until
from .production import Services

if TYPE_CHECKING:
    from .conftest import Installation

pytestmark = pytest.mark.system

ROOT = Path(__file__).parents[2]
SCRIPT = str(Path(__file__).parent / "batch.py")
POINTS = 6
TOY = {"engine": "toy", "gradient": False, "toy": {"seconds": 1.0}}
PYSCF = {
    "engine": "pyscf",
    "mean_field": {"method": "RHF"},
    "structure": {"basis": "def2-qzvp"},
    "gradient": False,
}


class Submitted:
    """A process in the daemon that has jobs run."""

    begun = 0
    installation: "Installation"
    pk: int

    def _run(self, *arguments: str) -> Any:
        return json.loads(self.installation.verdi("run", SCRIPT, *arguments).splitlines()[-1])

    def report(self) -> dict[str, Any]:
        """How it stands."""
        found: dict[str, Any] = self._run("report", str(self.pk))
        return found

    def wait(self, minutes: float = 10.0) -> dict[str, Any]:
        """How it ended."""
        end = time.monotonic() + 60 * minutes
        while (found := self.report())["state"] not in ("finished", "excepted", "killed"):
            assert time.monotonic() < end, found
            time.sleep(1)
        return found

    def assert_complete(self) -> dict[str, Any]:
        """Wait until it ended well."""
        found = self.wait()
        assert (found["state"], found["exit_status"]) == ("finished", 0), found
        return found


class Leg(Submitted):
    """A leg of molecular dynamics of argon, about a second."""

    def __init__(self, installation: "Installation", computer: str = HOST, **options: Any) -> None:
        self.installation = installation
        Submitted.begun += 1
        self.pk = self._run("leg", computer, json.dumps(options), str(Submitted.begun))


class Batch(Submitted):
    """A batch of water molecules, about a second each."""

    def __init__(
        self,
        installation: "Installation",
        computer: str = HOST,
        parameters: dict[str, Any] = TOY,
        **options: Any,
    ) -> None:
        self.installation = installation
        Submitted.begun += 1
        first = f"{1 + 0.01 * Submitted.begun:.3f}"
        texts = (json.dumps(options), first, json.dumps(parameters))
        self.pk = self._run("submit", computer, str(POINTS), *texts)

    def assert_complete(self) -> dict[str, Any]:
        """Wait until it ended well, with every point computed once."""
        found = super().assert_complete()
        assert found["statuses"] == ["ok"] * POINTS
        assert found["computed"] == POINTS
        return found


def folder_of(job: str, cluster: Cluster) -> Path:
    """The work directory of a job of Slurm."""
    return Path(cluster.run("squeue", "-h", "-j", job, "-o", "%Z").strip())


@pytest.fixture
def running(production: "Installation", cluster: Cluster) -> Batch:
    """A batch whose job has just computed its first points."""
    assert not cluster.jobs("running")
    batch = Batch(production)
    wait_until(lambda: cluster.jobs("running"), "a job that runs", 60)
    (job,) = cluster.jobs("running")
    results = folder_of(job, cluster) / "results.jsonl"
    wait_until(
        lambda: results.exists() and results.read_bytes().count(b"\n") >= 5, "two points", 60
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


def test_node_that_fails(running: Batch, cluster: Cluster) -> None:
    node = "nodename=" + cluster.run("sinfo", "-h", "-N", "-o", "%N").strip()
    cluster.run("scontrol", "update", node, "state=down", "reason=test")
    cluster.run("scontrol", "update", node, "state=resume")
    # Without accounting Slurm does not tell that it was the node.
    assert [job["exit_status"] for job in running.assert_complete()["jobs"]] == [411, 0]


def test_work_directory_is_removed_on_the_cluster(running: Batch, cluster: Cluster) -> None:
    (job,) = cluster.jobs("running")
    shutil.rmtree(folder_of(job, cluster))
    assert [job["exit_status"] for job in running.assert_complete()["jobs"]] == [411, 0]


def test_drained_node(running: Batch, cluster: Cluster) -> None:
    node = "nodename=" + cluster.run("sinfo", "-h", "-N", "-o", "%N").strip()
    cluster.run("scontrol", "update", node, "state=drain", "reason=test")
    try:
        another = Batch(running.installation)
        wait_until(lambda: cluster.jobs("pending"), "a job that waits", 60)
        # What runs there runs on.
        assert [job["exit_status"] for job in running.assert_complete()["jobs"]] == [0]
        assert cluster.jobs("pending")
    finally:
        cluster.run("scontrol", "update", node, "state=resume")
    assert [job["exit_status"] for job in another.assert_complete()["jobs"]] == [0]


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
    # It saves its state every few seconds. Killed before, it gives the number of the running job to
    # the next one, and Slurm drains the node.
    began = datetime.fromisoformat(cluster.run("squeue", "-h", "-t", "running", "-o", "%S").strip())
    state = cluster.folder / "state" / "job_state"
    wait_until(lambda: state.stat().st_mtime > began.timestamp(), "the state of Slurm to be saved")
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


@pytest.fixture
def standing_still(installation: "Installation", tmp_path: Path) -> Batch:
    """A batch on this machine whose job stands still after its first points."""
    stood = tmp_path / "stood"
    batch = Batch(
        installation, "localhost", prepend_text=in_mid_batch(tmp_path / "once", f"touch {stood}")
    )
    wait_until(stood.exists, "a job in mid-batch", 120)
    return batch


def runner_of(batch: Batch) -> psutil.Process:
    """The process that computes the points of a batch on this machine."""
    (job,) = batch.report()["jobs"]
    children = psutil.Process(int(job["job_id"])).children(recursive=True)
    return next(each for each in children if "runner.pyz" in each.cmdline())


def test_files_of_a_job_are_lost(installation: "Installation", tmp_path: Path) -> None:
    """As where a scratch disk is purged or fails; the computation runs on meanwhile."""

    def damaged(number: int, what: str) -> str:
        return in_mid_batch(tmp_path / f"batch_{number}", f"{what}; pkill -CONT -P $$ python")

    def leg(number: int, what: str) -> Leg:
        # The program of the first job goes on, while what it left so far is lost.
        begun = f"[ -e {tmp_path}/leg_{number} ] || {{ touch {tmp_path}/leg_{number}; "
        measured = f"until grep -q '{MEASURED}' lammps.out; do sleep 0.1; done 2>/dev/null; "
        return Leg(
            installation,
            "localhost",
            prepend_text=f"{begun}{measured}{what}; }} &",
            append_text="wait",
        )

    losses = ['rm -rf "$PWD"', ": > results.jsonl", "truncate -s -40 results.jsonl"]
    batches = [
        Batch(installation, "localhost", prepend_text=damaged(number, what))
        for number, what in enumerate(losses)
    ]
    legs = [
        leg(number, what)
        for number, what in enumerate(['rm -rf "$PWD"', "truncate -s 1000 lammps.out"])
    ]
    for submitted in [*batches, *legs]:
        jobs = submitted.assert_complete()["jobs"]
        assert [job["exit_status"] for job in jobs] == [411, 0]


def test_no_archive_beside_a_running_batch(standing_still: Batch) -> None:
    installation = standing_still.installation
    archive = ROOT / "archive" / "methanol_fast.aiida"
    with pytest.raises(
        AssertionError, match=r"cannot be imported while process \d+ runs; adopt it later"
    ):
        installation.forcefield("adopt", archive)
    runner_of(standing_still).kill()
    standing_still.assert_complete()


def test_kill_of_the_zeromq_broker(standing_still: Batch) -> None:
    installation = standing_still.installation
    installation.kill_broker()
    another = Batch(installation, "localhost")  # of which no worker hears
    runner_of(standing_still).kill()
    # The worker sees the end of the job and submits the next one, but to a broker that is dead.
    wait_until(lambda: standing_still.report()["jobs"][1:], "a second job", 120, pause=1)
    # All of it: a restart alone revives only what was submitted from outside.
    for command in (["daemon", "stop"], ["process", "repair"], ["daemon", "start"]):
        installation.verdi(*command)
    jobs = standing_still.assert_complete()["jobs"]
    # The last one computes the point in whose middle the first was killed.
    assert [job["exit_status"] for job in jobs] == [411, 0, 0]
    assert [job["exit_status"] for job in another.assert_complete()["jobs"]] == [0]


@contextmanager
def jumping_clock(installation: "Installation", folder: Path) -> Iterator["Installation"]:
    """The installation whose daemon, with all that it starts, has a clock that jumps.

    It is off by the seconds in the file ``offset`` of the folder.
    """
    library, offset = folder / "clock.so", folder / "offset"
    source = Path(SCRIPT).with_name("clock.c")
    if shutil.which("cc") is None:
        pytest.skip("NOT TESTED, as this machine lacks a C compiler")
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    fake = {"LD_PRELOAD": str(library), "CLOCK_OFFSET": str(offset)}
    jumping = replace(installation, extra=fake)
    installation.verdi("daemon", "stop")
    jumping.verdi("daemon", "start")
    try:
        yield jumping
    finally:
        jumping.verdi("daemon", "stop")
        installation.verdi("daemon", "start")


def test_clock_jumps(installation: "Installation", tmp_path: Path) -> None:
    offset = tmp_path / "offset"
    with jumping_clock(installation, tmp_path) as jumping:
        stop = in_mid_batch(tmp_path / "once", f"touch {tmp_path}/stood")
        batch = Batch(installation, "localhost", prepend_text=stop)
        wait_until((tmp_path / "stood").exists, "a job in mid-batch", 120)
        offset.write_text("2592000")  # a month ahead
        runner_of(batch).resume()
        assert [job["exit_status"] for job in batch.assert_complete()["jobs"]] == [0]
        offset.write_text("0")
        # Of a job that is submitted now AiiDA takes no look for a month, unless it is restarted.
        another = Batch(installation, "localhost")
        jumping.verdi("daemon", "restart")
        assert [job["exit_status"] for job in another.assert_complete()["jobs"]] == [0]


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


def in_mid_batch(once: Path, command: str) -> str:
    """Lines for the first job that sees them: in its third point it stands still, for ever."""
    return (
        f"[ -e {once} ] || {{ touch {once}; "
        "until [ $(grep -c . results.jsonl) -ge 6 ]; do sleep 0.1; done 2>/dev/null; "
        f"pkill -STOP -P $$ python; {command}; }} &"
    )


def test_walltime_in_mid_batch(production: "Installation", cluster: Cluster) -> None:
    stop = in_mid_batch(cluster.folder / "out_of_time", "true")
    batch = Batch(production, prepend_text=stop, max_wallclock_seconds=60)
    jobs = batch.assert_complete()["jobs"]
    assert (jobs[0]["exit_status"], jobs[-1]["exit_status"]) == (120, 0)
    # The point in whose middle the walltime ended comes last and gets twice as much; no other does.
    assert [job["seconds"] for job in jobs] == [60] * (len(jobs) - 1) + [120]


def test_out_of_memory_in_mid_batch(production: "Installation", cluster: Cluster) -> None:
    # Another process of the job takes all that the points leave, and Slurm ends the job.
    hog = "/usr/bin/python3 -c 'import time; kept = bytes(1) * 600_000_000; time.sleep(600)'"
    stop = in_mid_batch(cluster.folder / "out_of_memory", hog)
    batch = Batch(production, prepend_text=stop, max_memory_kb=500_000)
    jobs = batch.assert_complete()["jobs"]
    assert [job["exit_status"] for job in jobs] == [110, 0, 0]
    assert [job["kilobytes"] for job in jobs] == [500_000, 500_000, 1_000_000]


def test_too_little_memory_for_any_point(production: "Installation") -> None:
    # PySCF alone takes more; whether Slurm or the runner sees it first, points get twice as much.
    jobs = Batch(production, parameters=PYSCF, max_memory_kb=120_000).assert_complete()["jobs"]
    assert jobs[0]["exit_status"] in (110, 311)
    assert jobs[-1]["exit_status"] == 0
    assert 240_000 <= jobs[-1]["kilobytes"] <= 960_000
