"""What the workflow engine costs a point, by how many there are and how many share a job.

    python benchmarks/scale.py [--points N ...] [--batch N ...] [--workers N ...]
                               [--storage sqlite psql ...] [-o FILE.json]

Points are hydrogen molecules in GFN2-xTB, a few milliseconds each, so that nearly all that is
measured is the engine: the CPU time of the daemon's workers, and the wall time from the first
submission to the last result. Each profile is made anew in a temporary folder: `sqlite` is the
default one, `psql` PostgreSQL with RabbitMQ as `setup_scripts/services.sh` makes them. At last the
way from a node of points back to its job is timed, as a query of the whole graph.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil

ROOT = Path(__file__).parents[1]
SERVICES = ROOT / "setup_scripts" / "services.sh"
AT_A_TIME = 16
"""Batches that are in the daemon's hands at a time, as of a study."""


def main() -> None:
    """Measure all combinations, print a table and write JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, nargs="+", default=[10, 100])
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--workers", type=int, nargs="+", default=[1])
    parser.add_argument("--storage", nargs="+", choices=["sqlite", "psql"], default=["sqlite"])
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for storage in arguments.storage:
        # A process of its own for each: one holds one AiiDA profile.
        with installation(storage) as environment:
            for workers in arguments.workers:
                command = [sys.executable, __file__, "--measure", str(workers)]
                command += [f"{n}x{b}" for n in arguments.points for b in arguments.batch if b <= n]
                measuring = subprocess.Popen(
                    command, env=environment, stdout=subprocess.PIPE, text=True
                )
                for row in map(json.loads, measuring.stdout):
                    rows.append({"storage": storage, **row, "load": os.getloadavg()[1]})
                    print(
                        "  ".join(f"{key} {value}" for key, value in rows[-1].items()), flush=True
                    )
                    if arguments.output:
                        report = {"cores": os.cpu_count(), "rows": rows}
                        arguments.output.write_text(json.dumps(report, indent=2) + "\n")


@contextmanager
def installation(storage: str) -> Iterator[dict[str, str]]:
    """A profile named scale with a running daemon; yields the environment that finds it."""
    with tempfile.TemporaryDirectory(prefix="scale") as folder:
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "AIIDA_PATH": folder, "OMP_NUM_THREADS": "1"}
        environment["AIIDA_FORCEFIELD_SERVICES"] = f"{folder}-services"

        def run(*command: str | Path) -> None:
            subprocess.run(command, env=environment, check=True, stdout=sys.stderr)

        try:
            if storage == "psql":
                run(SERVICES, "profile", "scale")
            compute = ROOT / ".venv-compute"
            run("aiida-forcefield", "-p", "scale", "setup", "--compute", compute)
            yield environment
        finally:
            run("verdi", "-p", "scale", "daemon", "stop")
            if storage == "psql":
                run(SERVICES, "stop")


def measure_all(workers: int, sizes: list[str]) -> None:
    """Print a line of JSON on each size, such as 100x8: hundred points, eight to a job."""
    from aiida import load_profile
    from aiida.engine.daemon.client import get_daemon_client

    load_profile("scale")
    client = get_daemon_client("scale")
    client.restart_daemon()
    daemon = psutil.Process(client.get_daemon_pid())
    change = workers - len(workers_of(daemon))
    if change > 0:
        client.increase_workers(change)
    elif change < 0:
        client.decrease_workers(-change)
    time.sleep(10)
    assert len(workers_of(daemon)) == workers
    for size in sizes:
        points, batch = map(int, size.split("x"))
        print(json.dumps({"workers": workers, **measure(daemon, points, batch)}), flush=True)


def measure(daemon: psutil.Process, points: int, batch: int) -> dict[str, Any]:
    """Compute so many points, so many to a job."""
    from aiida.orm import Node, QueryBuilder

    waiting = [batch] * (points // batch) + ([points % batch] if points % batch else [])
    before, begun, active = cpu_seconds(daemon), time.monotonic(), []
    while waiting or active:
        active = [node for node in active if not node.is_terminated]
        while waiting and len(active) < AT_A_TIME:
            active.append(submit_batch(waiting.pop()))
        time.sleep(0.5)
    wall = time.monotonic() - begun
    nodes = QueryBuilder().append(Node).count()
    return {
        "points": points,
        "batch": batch,
        "engine_seconds_per_point": round((cpu_seconds(daemon) - before) / points, 3),
        "points_per_hour": round(3600 * points / wall),
        "nodes": nodes,
        "query_seconds": round(time_query(), 3),
    }


def cpu_seconds(daemon: psutil.Process) -> float:
    """CPU time of the daemon's workers, without that of the jobs that they start."""
    return sum(sum(worker.cpu_times()[:2]) for worker in workers_of(daemon))


def workers_of(daemon: psutil.Process) -> list[psutil.Process]:
    """The daemon's workers."""
    return [p for p in daemon.children(recursive=True) if "worker" in " ".join(p.cmdline())]


def submit_batch(size: int) -> Any:
    """Submit hydrogen molecules with bond lengths that nobody had before."""
    from aiida.engine import submit
    from aiida.orm import Dict, load_code

    from aiida_forcefield.data import StructuresData
    from aiida_forcefield.scans import Cluster, Origin, Structures
    from aiida_forcefield.topology import from_smiles
    from aiida_forcefield.workflows.qm import QmWorkChain

    lengths = np.random.default_rng().uniform(0.6, 1.2, size)
    positions = np.array([[[0.0, 0.0, 0.0], [0.0, 0.0, length]] for length in lengths])
    cluster = Cluster.of(from_smiles("[H][H]"))
    structures = Structures.rigid(Origin("conformers"), cluster, positions)
    qm = {
        "code": load_code("compute@localhost"),
        "structures": StructuresData(structures),
        "parameters": Dict(
            {"engine": "tblite", "tblite": {"method": "GFN2-xTB"}, "gradient": True}
        ),
    }
    return submit(QmWorkChain, qm=qm)


def time_query() -> float:
    """Seconds from a node of points back to all jobs behind it."""
    from aiida.orm import CalcJobNode, QueryBuilder

    from aiida_forcefield.data import PointsData

    begun = time.monotonic()
    last = QueryBuilder().append(PointsData, project="id").order_by({PointsData: {"id": "desc"}})
    query = QueryBuilder().append(PointsData, filters={"id": last.first(flat=True)}, tag="points")
    query.append(CalcJobNode, with_descendants="points", project="id")
    assert query.all()
    return time.monotonic() - begun


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure_all(int(sys.argv[2]), sys.argv[3:])
    else:
        main()
