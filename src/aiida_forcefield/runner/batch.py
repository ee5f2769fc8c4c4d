"""The loop over the points of a job."""

import os
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from .job import Job
from .limits import Limits
from .order import nearest_first
from .overlap import check_distances
from .parameters import engines_of
from .programs import find_programs
from .results import open_results
from .status import PointError, Remedy
from .tasks import Point, Task, make_task


def run(job: Job, path: Path, limits: Limits) -> None:
    """Compute the points of a job that the results file at ``path`` does not hold yet.

    A point that fails is written with its status and costs that point only. Where no time is left
    for another, the job ends before its scheduler ends it. The structures of a reference job are
    conformers, of which one point comes out.

    Raises:
        ProgramError: a program is missing or too old.
        ValueError: the settings do not suit the engine or the molecule; nothing was computed.
    """
    versions = find_programs(job)
    threads = int(os.environ.get("OMP_NUM_THREADS", "1"))
    for engine, _ in engines_of(job.parameters):
        engine.start(threads, limits.kilobytes)
    task = make_task(job)
    with open_results(path) as results:
        if not results.has_header:
            results.append({"header": {"versions": versions, "threads": threads}})
        # From neighbour to neighbour, which gives the SCF a good guess.
        order = [0] if "reference" in job.parameters else nearest_first(geometries(job))
        for index in order:
            if index in results.done:
                continue
            if not limits.another:
                return
            results.begin(index)
            point = compute_point(limits.watched()(task), index, job.positions[index])
            limits.longest = max(limits.longest, point["wall_seconds"])
            results.append(point)
        if not results.finished:
            results.append({"finished": True})


def geometries(job: Job) -> np.ndarray:
    """Positions and, of crystals, the lattice vectors after them, shape (m, n or n + 3, 3), Å."""
    return job.positions if job.cells is None else np.hstack([job.positions, job.cells])


def compute_point(task: Task, index: int, positions: np.ndarray) -> Point:
    """One line of the results file: the outcome of a task at positions (n, 3) in Å, or its failure.

    A point that is not ok carries no energy, gradient or slope. The message of one that is tells
    what remedies it took, if any.
    """
    wall, cpu = time.perf_counter(), time.process_time()
    point: Point = {
        "index": index,
        "status": "ok",
        "message": "",
        "positions": positions,
        "energy": None,
        "gradient": None,
        "coordinate": None,
        "slope": None,
    }
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", Remedy)
            check_distances(positions)
            task(point)
            _check_finite(point)
        point["message"] = _remedies(caught)
    except PointError as error:
        point = _failed(point, error.status, str(error))
    except MemoryError as error:
        point = _failed(point, "out_of_memory", f"not enough memory: {error}")
    except Exception as error:  # whatever an engine raises must not cost the other points
        point = _failed(point, "error", f"{type(error).__name__}: {error}".splitlines()[0])
    point["cpu_seconds"] = time.process_time() - cpu
    point["wall_seconds"] = time.perf_counter() - wall
    return {key: _plain(value) for key, value in point.items()}


def _remedies(caught: list[warnings.WarningMessage]) -> str:
    """Each remedy once, in one line; other warnings are shown as usual."""
    remedies = {}
    for entry in caught:
        if issubclass(entry.category, Remedy):
            remedies[str(entry.message)] = None
        else:
            warnings.showwarning(entry.message, entry.category, entry.filename, entry.lineno)
    return "; ".join(remedies)


def _failed(point: Point, status: str, message: str) -> Point:
    nothing = {"energy": None, "gradient": None, "coordinate": None, "slope": None}
    kept = {"index": point["index"], "positions": point["positions"]}
    return kept | {"status": status, "message": message} | nothing


def _check_finite(point: Point) -> None:
    for key, value in point.items():
        if isinstance(value, (float, np.ndarray)) and not np.isfinite(value).all():
            raise PointError("not_finite", f"{key} is not finite")


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value
