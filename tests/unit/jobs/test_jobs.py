"""Jobs outside of AiiDA: a task in plain files, run, and its result read back."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from threadpoolctl import threadpool_info

from aiida_forcefield.dynamics import ManyBody
from aiida_forcefield.jobs.__main__ import run
from aiida_forcefield.jobs.files import (
    REFUSED,
    RESULT,
    TASK,
    RefusedError,
    read,
    write,
    write_plain,
)
from aiida_forcefield.jobs.measure_many_body import ManyBodyTask, measure_many_body
from aiida_forcefield.topology import Frames

from ...fields import FIELDS, build, liquid

SYSTEM, _ = build(*FIELDS["water and methanol"])


@dataclass(frozen=True, eq=False)
class Numbers:
    """Some numbers with a name."""

    name: str
    values: NDArray[np.float64]


def doubled(task: Numbers) -> Numbers:
    """Twice as much, on one thread."""
    pools = [each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"]
    assert set(pools) <= {1}
    return Numbers(task.name, 2 * task.values)


def refused(task: Numbers) -> Numbers:
    raise ValueError(f"{task.name}:\n  of these there are\ntoo few")


def broken(task: Numbers) -> Numbers:
    raise RuntimeError(task.name)


def task_of(folder: Path) -> None:
    write(folder, TASK, Numbers("some", np.arange(3.0)))


def test_a_result_is_read_as_it_was_written(tmp_path: Path) -> None:
    task_of(tmp_path)
    run(doubled, tmp_path)
    found = read(tmp_path, RESULT, Numbers)
    assert found.name == "some"
    np.testing.assert_array_equal(found.values, [0.0, 2.0, 4.0])
    assert {path.name for path in tmp_path.iterdir()} == {
        *("task.json", "task.npz", "result.json", "result.npz")
    }


def test_nothing_is_pickled(tmp_path: Path) -> None:
    odd = Numbers("objects", np.array([{}, None], dtype=object))
    with pytest.raises(ValueError, match="Object arrays cannot be saved"):
        write(tmp_path, TASK, odd)
    task_of(tmp_path)
    np.savez(tmp_path / "task.npz", values=np.array([{}], dtype=object))
    with pytest.raises(ValueError, match="Object arrays cannot be loaded"):
        read(tmp_path, TASK, Numbers)


def test_what_cannot_be_done_is_told_in_one_line(tmp_path: Path) -> None:
    task_of(tmp_path)
    run(refused, tmp_path)
    with pytest.raises(RefusedError, match=r"^some: of these there are too few$"):
        read(tmp_path, RESULT, Numbers)


def test_any_other_mistake_ends_the_job(tmp_path: Path) -> None:
    task_of(tmp_path)
    with pytest.raises(RuntimeError):
        run(broken, tmp_path)
    assert not (tmp_path / "result.json").exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("task.json", b""),
        ("task.json", b'{"name": "so'),
        ("task.json", b'{"name": 3}'),
        ("task.json", b"{}"),
        ("task.npz", b""),
        ("task.npz", b"PK\x03\x04 of which the rest is missing"),
    ],
)
def test_damaged_files_are_told(tmp_path: Path, name: str, content: bytes) -> None:
    task_of(tmp_path)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError):  # noqa: PT011  # of json, pydantic or NumPy
        read(tmp_path, TASK, Numbers)


@pytest.mark.parametrize("name", ["task.json", "task.npz"])
def test_missing_files_are_told(tmp_path: Path, name: str) -> None:
    task_of(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(FileNotFoundError):
        read(tmp_path, TASK, Numbers)


def test_another_copy_of_a_job_may_write_the_same(tmp_path: Path) -> None:
    for _ in range(2):
        task_of(tmp_path)
    write_plain(tmp_path, RESULT, {REFUSED: "no"})
    write(tmp_path, RESULT, Numbers("some", np.zeros(1)))
    assert read(tmp_path, RESULT, Numbers).name == "some"


def many_body_task() -> ManyBodyTask:
    box = liquid(SYSTEM)
    frames = Frames(box.counts, box.positions[None], box.edges[None])
    c6 = tuple((8.0,) * len(species.symbols) for _, species in SYSTEM)
    return ManyBodyTask(SYSTEM, c6, frames)


def by_name(name: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "aiida_forcefield.jobs", name],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_job_is_found_by_its_name(tmp_path: Path) -> None:
    task = many_body_task()
    write(tmp_path, TASK, task)
    done = by_name("measure_many_body", tmp_path)
    assert done.returncode == 0, done.stderr
    assert read(tmp_path, RESULT, ManyBody) == measure_many_body(task)


def test_a_job_that_is_none_says_so_last(tmp_path: Path) -> None:
    done = by_name("fit_everything", tmp_path)
    assert done.returncode != 0
    assert "aiida_forcefield.jobs.fit_everything" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("name", ["fit_force_field", "measure_many_body"])
def test_jobs_import_no_aiida(name: str) -> None:
    """It would take a second, and a profile where there may be none."""
    code = f"import sys, aiida_forcefield.jobs.{name}; sys.exit('aiida' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
