"""The parser of functions that ran as jobs: a result, why there is none, or what ended the job."""

import json
from collections.abc import Callable
from dataclasses import asdict
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiida.common.links import LinkType
from aiida.engine import ExitCode
from aiida.orm import CalcJobNode, FolderData, InstalledCode

from aiida_forcefield.dynamics import ManyBody
from aiida_forcefield.jobs.files import REFUSED, RESULT, write, write_plain
from aiida_forcefield.parsers.function import FunctionParser

FOUND = ManyBody(energy=0.01, pressure=300.0, volume=70.0)

Parse = Callable[..., tuple[ExitCode, dict[str, Any]]]


@pytest.fixture
def parse(codes: dict[str, InstalledCode], tmp_path: Path) -> Parse:
    def run(stderr: str = "", scheduler: int | None = None) -> tuple[ExitCode, dict[str, Any]]:
        process = "aiida.calculations:forcefield.many_body"
        node = CalcJobNode(computer=codes["fit"].computer, process_type=process)
        node.set_option("scheduler_stderr", "_scheduler-stderr.txt")
        node.store()
        if scheduler is not None:
            node.set_exit_status(scheduler)
            node.set_exit_message("what the scheduler said")
        retrieved = FolderData()
        retrieved.base.repository.put_object_from_filelike(
            StringIO(stderr), "_scheduler-stderr.txt"
        )
        retrieved.store().base.links.add_incoming(node, LinkType.CREATE, "retrieved")
        parser = FunctionParser(node)
        return parser.parse(retrieved_temporary_folder=str(tmp_path)), dict(parser.outputs)

    return run


def test_a_result_becomes_nodes(parse: Parse, tmp_path: Path) -> None:
    write(tmp_path, RESULT, FOUND)
    code, outputs = parse()
    assert code == ExitCode(0)
    assert outputs["many_body"].get_dict() == asdict(FOUND)


def test_with_a_result_the_scheduler_is_not_believed(parse: Parse, tmp_path: Path) -> None:
    write(tmp_path, RESULT, FOUND)
    code, outputs = parse("slurmstepd: error: CANCELLED AT", scheduler=120)
    # Zero, and not None, for which AiiDA would keep the scheduler's.
    assert code == ExitCode(0)
    assert "many_body" in outputs


def test_what_cannot_be_done_is_told(parse: Parse, tmp_path: Path) -> None:
    write_plain(tmp_path, RESULT, {REFUSED: "no pair of a liquid is known"})
    code, outputs = parse()
    assert (code.status, code.message) == (320, "no pair of a liquid is known")
    assert not code.invalidates_cache  # it would be so again
    assert outputs == {}


def damage(folder: Path, name: str, content: bytes) -> None:
    write(folder, RESULT, FOUND)
    (folder / name).write_bytes(content)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("result.json", b""),
        ("result.json", b'{"energy": '),
        ("result.json", b"{}"),
        ("result.json", b"null"),
        ("result.json", json.dumps({"energy": "much", "pressure": 1.0, "volume": 1.0}).encode()),
        ("result.npz", b"PK\x03\x04"),
    ],
)
def test_a_broken_result_is_none(parse: Parse, tmp_path: Path, name: str, content: bytes) -> None:
    damage(tmp_path, name, content)
    code, outputs = parse()
    assert code.status == 411
    assert code.invalidates_cache
    assert outputs == {}
    assert parse(scheduler=110)[0].status == 110


def test_a_pickle_is_not_opened(parse: Parse, tmp_path: Path) -> None:
    write(tmp_path, RESULT, FOUND)
    with (tmp_path / "result.npz").open("wb") as file:
        np.savez(file, values=np.array([{}], dtype=object))
    code, outputs = parse()
    assert code.status == 411
    assert outputs == {}


def test_a_result_that_is_lost_is_none_whatever_was_said(parse: Parse, tmp_path: Path) -> None:
    damage(tmp_path, "result.json", b"")
    code, _ = parse("fitting.py:9: RuntimeWarning: overflow\n")
    assert code.status == 411
    assert code.message.endswith("its last words were: fitting.py:9: RuntimeWarning: overflow")


@pytest.mark.parametrize(
    ("stderr", "status"),
    [
        ("", 411),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'task.json'\n", 411),
        ("OSError: [Errno 116] Stale file handle\n", 411),
        ("numpy._core._exceptions._ArrayMemoryError: Unable\nMemoryError\n", 110),
        ("/var/spool/job: line 9: 77 Killed  python -m aiida_forcefield.jobs\n", 411),
        ("Terminated\n", 411),
        ("Traceback:\n  ...\nModuleNotFoundError: No module named 'aiida_forcefield'\n", 310),
        ("bash: /opt/python: No such file or directory\n", 310),
    ],
)
def test_a_missing_result(parse: Parse, stderr: str, status: int) -> None:
    code, outputs = parse(stderr)
    assert code.status == status
    assert code.invalidates_cache
    assert outputs == {}
    if status == 310:
        assert code.message.endswith(stderr.splitlines()[-1])


@pytest.mark.parametrize("scheduler", [110, 120])
def test_what_the_scheduler_said_stands(parse: Parse, scheduler: int) -> None:
    code, _ = parse("slurmstepd: error: CANCELLED AT", scheduler=scheduler)
    assert (code.status, code.message) == (scheduler, "what the scheduler said")
    assert code.invalidates_cache
