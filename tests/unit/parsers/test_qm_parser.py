"""The parser of QM jobs, on results as jobs leave them, good and bad."""

import json
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiida.common.links import LinkType
from aiida.engine import ExitCode
from aiida.orm import CalcJobNode, Dict, FolderData, InstalledCode

from aiida_forcefield.data import StructuresData
from aiida_forcefield.parsers.qm import QmParser
from aiida_forcefield.parsers.records import REFERENCE_ARRAYS
from aiida_forcefield.scans import Structures

HEADER = {"header": {"versions": {"pyscf": "2.14.0"}, "threads": 1}}
END = {"finished": True}

Parse = Callable[..., tuple[ExitCode, dict[str, Any]]]


def point(index: int, status: str = "ok", **changes: Any) -> dict[str, Any]:
    failed = status != "ok"
    return {
        "index": index,
        "status": status,
        "message": "because" if failed else "",
        "positions": [[0.0, 0.0, 0.0], [0.75, 0.0, 0.0]],
        "energy": None if failed else -30.0 - index,
        "gradient": None if failed else [[1.0, 0.0, 0.0], [-1.0, 0.0, 0.0]],
        "coordinate": None if failed else 0.75,
        "slope": None if failed else 0.5,
        "cpu_seconds": 0.1,
        "wall_seconds": 0.1,
    } | changes


def lines(*records: dict[str, Any]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


@pytest.fixture
def parse(codes: dict[str, InstalledCode], hydrogen: Structures, tmp_path: Path) -> Parse:
    def run(
        text: str | None,
        stderr: str = "",
        scheduler: int | None = None,
        parameters: dict[str, Any] | None = None,
        structures: Structures = hydrogen,
    ) -> tuple[ExitCode, dict[str, Any]]:
        node = CalcJobNode(
            computer=codes["qm"].computer, process_type="aiida.calculations:forcefield.qm"
        )
        node.set_option("scheduler_stderr", "_scheduler-stderr.txt")
        for label, data in {
            "structures": StructuresData(structures),
            "parameters": Dict(parameters or {}),
        }.items():
            node.base.links.add_incoming(data.store(), LinkType.INPUT_CALC, label)
        node.store()
        if scheduler is not None:
            node.set_exit_status(scheduler)
            node.set_exit_message("what the scheduler said")
        retrieved = FolderData()
        retrieved.base.repository.put_object_from_filelike(
            StringIO(stderr), "_scheduler-stderr.txt"
        )
        if text is not None:
            (tmp_path / "results.jsonl").write_text(text)
        retrieved.store().base.links.add_incoming(node, LinkType.CREATE, "retrieved")
        parser = QmParser(node)
        return parser.parse(retrieved_temporary_folder=str(tmp_path)), dict(parser.outputs)

    return run


def test_crystals_have_cells_and_stresses(parse: Parse, hydrogen: Structures) -> None:
    cells = np.array([np.eye(3) * a for a in (4.0, 4.1, 4.2)])
    stress = [[0.1, 0.0, 0.0], [0.0, 0.2, 0.0], [0.0, 0.0, 0.3]]
    text = lines(HEADER, point(0, stress=stress), point(1, stress=None), END)
    _, outputs = parse(text, structures=replace(hydrogen, cells=cells))
    points = outputs["points"].value
    np.testing.assert_array_equal(points.cells, cells)
    np.testing.assert_array_equal(points.stresses[0], stress)
    assert np.isnan(points.stresses[1:]).all()


def test_interaction_energies_have_their_components(parse: Parse) -> None:
    told = {"electrostatics": -0.3, "exchange": 0.2, "induction": -0.1}
    nothing = dict.fromkeys(told)
    text = lines(HEADER, point(0, **told), point(1, "error", **nothing), point(2, **nothing), END)
    _, outputs = parse(text, parameters={"engine": "pyscf", "interaction": True})
    points = outputs["points"].value
    for name, value in told.items():
        np.testing.assert_array_equal(getattr(points, name), [value, np.nan, np.nan])
    assert points.three_body is None


def test_three_molecules_have_what_their_pairs_do_not(parse: Parse) -> None:
    text = lines(HEADER, point(0, three_body=0.01), point(1, three_body=-0.02), END)
    _, outputs = parse(text, parameters={"engine": "pyscf", "interaction": True})
    np.testing.assert_array_equal(outputs["points"].value.three_body, [0.01, -0.02, np.nan])


@pytest.mark.parametrize("told", [{}, {"electrostatics": None, "exchange": None}])
def test_an_engine_that_tells_no_components_has_none(parse: Parse, told: dict[str, None]) -> None:
    text = lines(HEADER, *(point(index, **told) for index in range(3)), END)
    _, outputs = parse(text, parameters={"engine": "tblite", "interaction": True})
    points = outputs["points"].value
    assert points.ok.all()
    assert (points.electrostatics, points.exchange, points.induction) == (None, None, None)


COMPLETE = lines(HEADER, point(0), point(1), point(2), END)


def test_complete(parse: Parse) -> None:
    code, outputs = parse(COMPLETE)
    assert code.status == 0
    points = outputs["points"].value
    assert points.statuses == ("ok",) * 3
    np.testing.assert_array_equal(points.energies, [-30.0, -31.0, -32.0])
    np.testing.assert_array_equal(points.requested, [0.7, 0.8, 0.9])
    np.testing.assert_array_equal(points.positions[:, 1, 0], 0.75)  # the final ones
    np.testing.assert_array_equal(points.slopes, 0.5)
    assert points.versions == {"pyscf": "2.14.0"}
    assert "reference" not in outputs


def test_a_failed_point_costs_itself_only(parse: Parse) -> None:
    code, outputs = parse(lines(HEADER, point(0), point(1, "bonds_changed"), point(2), END))
    assert code.status == 0
    points = outputs["points"].value
    assert points.statuses == ("ok", "bonds_changed", "ok")
    assert points.messages[1] == "because"
    assert np.isnan(points.energies[1])
    assert np.isnan(points.gradients[1]).all()
    assert np.isfinite(points.energies[[0, 2]]).all()


@pytest.mark.parametrize("length", [1, 40, 150])
def test_killed_in_the_middle_of_a_line(parse: Parse, length: int) -> None:
    text = lines(HEADER, point(0)) + lines(point(1))[:length]
    code, outputs = parse(text)
    assert code.status == 411
    points = outputs["points"].value
    assert points.statuses == ("ok", "missing", "missing")
    assert points.energies[0] == -30.0
    assert np.isfinite(points.positions).all()


def test_torn_line_of_a_job_that_went_on(parse: Parse) -> None:
    torn = json.dumps(point(1))[:40] + "\n"
    code, outputs = parse(lines(HEADER, point(0)) + torn + lines(point(1), point(2), END))
    assert code.status == 0
    assert outputs["points"].value.ok.all()


def test_points_out_of_order_and_twice(parse: Parse) -> None:
    again = point(1, energy=-99.0)
    code, outputs = parse(lines(HEADER, point(2), point(1), point(0), again, END))
    assert code.status == 0
    np.testing.assert_array_equal(outputs["points"].value.energies, [-30.0, -31.0, -32.0])


def test_all_failed(parse: Parse) -> None:
    failed = [point(i, "scf_not_converged") for i in range(3)]
    code, outputs = parse(lines(HEADER, *failed, END))
    assert code.status == 311
    assert "scf_not_converged because" in code.message
    assert not outputs["points"].value.ok.any()


def test_header_only(parse: Parse) -> None:
    code, outputs = parse(lines(HEADER))
    assert code.status == 411
    assert outputs["points"].value.statuses == ("missing",) * 3


def test_refused_parameters(parse: Parse) -> None:
    code, outputs = parse(None, stderr="a warning\njob.json: mean_field: unknown key 'lvel'\n")
    assert code.status == 310
    assert code.message.endswith("job.json: mean_field: unknown key 'lvel'")
    assert outputs == {}


@pytest.mark.parametrize(
    "stderr",
    [
        "job.json: cannot be read: No such file or directory",
        "job.json: not JSON: Expecting value: line 1 column 1 (char 0)",
        "python: can't open file '/scratch/runner.pyz': [Errno 2] No such file or directory",
        "OSError: [Errno 116] Stale file handle",
        "scf.py:7: UserWarning: the level shift is large",
    ],
)
@pytest.mark.parametrize("text", [None, "", lines(point(0))])
def test_files_that_are_lost(parse: Parse, text: str | None, stderr: str) -> None:
    code, outputs = parse(text, stderr=f"a warning\n{stderr}\n")
    assert code.status == 411
    assert code.message.endswith(f"its last words were: {stderr}")
    assert outputs == {}


@pytest.mark.parametrize("text", [None, "", '{"head'])
def test_killed_before_the_first_line(parse: Parse, text: str | None) -> None:
    code, outputs = parse(text)
    assert code.status == 411
    assert outputs == {}


@pytest.mark.parametrize(
    ("stderr", "status"),
    [
        ("slurmstepd: error: *** JOB 7 ON node CANCELLED AT 2026-11-25T09:00:00 ***\n", 411),
        ("=>> PBS: job killed: walltime 62 exceeded limit 60\n", 120),
        ("=>> PBS: job killed: mem 2048kb exceeded limit 1024kb\n", 110),
        ("slurmstepd: error: Detected 1 oom_kill event in StepId=7.batch.\n", 110),
        ("/var/spool/job: line 9: 77 Killed  python runner.pyz\n", 411),
        ("OSError: [Errno 28] No space left on device\n", 412),
        ("OSError: the disk is full: a line of results.jsonl was cut off\n", 412),
    ],
)
@pytest.mark.parametrize("text", [None, lines(HEADER, point(0))])
def test_ended_from_outside(parse: Parse, stderr: str, status: int, text: str | None) -> None:
    code, _ = parse(text, stderr=stderr)
    assert code.status == status


UNSOUND = [
    {"index": 7},
    {"index": -1},
    {"index": True},
    {"status": "splendid"},
    {"status": ["ok"]},
    {"message": None},
    {"positions": None},
    {"positions": [[0.0, 0.0, 0.0]]},
    {"energy": None},
    {"energy": float("nan")},
    {"energy": "much"},
    {"energy": 10**400},
    {"gradient": [[1.0, 0.0, 0.0], [1.0]]},
    {"slope": {}},
    {"cpu_seconds": []},
    {"electrostatics": float("inf")},
    {"exchange": "repulsive"},
    {"induction": [0.1, 0.2]},
]


@pytest.mark.parametrize("change", UNSOUND, ids=str)
def test_record_that_nobody_wrote_is_not_believed(parse: Parse, change: dict[str, Any]) -> None:
    code, outputs = parse(lines(HEADER, point(0), point(1) | change, point(2), END))
    assert code.status == 411  # so that the point is computed again
    assert outputs["points"].value.statuses == ("ok", "missing", "ok")


@pytest.mark.parametrize("header", [None, 3, {}, {"versions": None}, {"versions": {"a": 1}}])
def test_header_that_nobody_wrote(parse: Parse, header: Any) -> None:
    assert parse(lines({"header": header}, point(0), point(1), point(2), END))[0].status == 411


@pytest.mark.parametrize("scheduler", [110, 120])
@pytest.mark.parametrize("text", [None, lines(HEADER, point(0))])
def test_what_the_scheduler_said_stands(parse: Parse, text: str | None, scheduler: int) -> None:
    code, _ = parse(text, stderr="slurmstepd: error", scheduler=scheduler)
    assert (code.status, code.message) == (scheduler, "what the scheduler said")
    assert code.invalidates_cache


@pytest.mark.parametrize(
    ("scheduler", "stderr", "status"),
    [
        (110, "", "out_of_memory"),
        (120, "", "out_of_time"),
        (None, "line 9: 77 Killed  python runner.pyz", "interrupted"),
        (None, "slurmstepd: error: Detected 1 oom_kill event in StepId=7.batch.", "out_of_memory"),
        # Those that nobody can blame a point for.
        (140, "", "missing"),
        (
            None,
            "slurmstepd: error: *** JOB 7 ON node CANCELLED AT 2026-11-25T09:00:00 ***",
            "missing",
        ),
        (None, "OSError: [Errno 28] No space left on device", "missing"),
    ],
)
def test_the_point_that_a_job_ended_at(
    parse: Parse, scheduler: int | None, stderr: str, status: str
) -> None:
    text = lines(HEADER, {"begun": 1}, point(1), {"begun": 2})
    code, outputs = parse(text, stderr=stderr, scheduler=scheduler)
    assert code.status >= 110
    assert outputs["points"].value.statuses == ("missing", "ok", status)
    assert "the job ended" in outputs["points"].value.messages[2]


@pytest.mark.parametrize("begun", [1, 7, -1, True, "0", None, [0]])
def test_no_point_is_blamed_that_a_job_did_not_end_at(parse: Parse, begun: Any) -> None:
    _, outputs = parse(lines(HEADER, point(1), {"begun": begun}))
    assert outputs["points"].value.statuses == ("missing", "ok", "missing")


def test_unless_all_points_are_there(parse: Parse) -> None:
    code, outputs = parse(COMPLETE, scheduler=120)
    # Zero, and not None, for which AiiDA would keep the scheduler's.
    assert code == ExitCode(0)
    assert outputs["points"].value.ok.all()


REFERENCE = {"reference": {}, "engine": "tblite"}


def test_conformers_end_as_one_point_with_its_properties(parse: Parse) -> None:
    arrays = {name: [1.0, 2.0] for name in REFERENCE_ARRAYS}
    arrays |= {"hessian": np.eye(6).tolist(), "dipole": [0.0, 0.0, 1.0]}
    code, outputs = parse(lines(HEADER, point(0) | arrays, END), parameters=REFERENCE)
    assert code.status == 0
    assert outputs["points"].value.statuses == ("ok",)
    assert set(outputs["reference"].get_arraynames()) == set(REFERENCE_ARRAYS)


def test_reference_that_failed(parse: Parse) -> None:
    failed = point(0, "relaxation_not_converged")
    code, outputs = parse(lines(HEADER, failed, END), parameters=REFERENCE)
    assert code.status == 311
    assert "reference" not in outputs
