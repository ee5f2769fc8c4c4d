import numpy as np

from aiida_forcefield.runner.batch import compute_point
from aiida_forcefield.runner.status import PointError

APART = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 0.9]])


def test_a_point_becomes_plain_numbers() -> None:
    line = compute_point(lambda point: point.update(energy=np.float64(1), grid=APART), 3, APART)
    assert (line["index"], line["status"], line["energy"]) == (3, "ok", 1.0)
    assert line["grid"] == line["positions"] == APART.tolist()
    assert line["cpu_seconds"] >= 0


def test_a_failure_keeps_its_status_and_drops_numbers() -> None:
    def task(point: dict) -> None:
        point.update(energy=1.0, extra=2.0, positions=APART + 1)
        raise PointError("bonds_changed", "why")

    line = compute_point(task, 0, APART)
    assert (line["status"], line["message"], line["energy"]) == ("bonds_changed", "why", None)
    assert "extra" not in line
    assert line["positions"] == (APART + 1).tolist()


def test_a_surprise_is_an_error_in_one_line() -> None:
    def task(point: dict) -> None:
        raise RuntimeError("first\nsecond")

    line = compute_point(task, 0, APART)
    assert (line["status"], line["message"]) == ("error", "RuntimeError: first")


def test_what_is_not_finite_is_an_error() -> None:
    line = compute_point(lambda point: point.update(energy=float("nan")), 0, APART)
    assert (line["status"], line["message"]) == ("not_finite", "energy is not finite")


def test_overlapping_atoms_reach_no_engine() -> None:
    def task(point: dict) -> None:
        raise AssertionError("the engine was called")

    line = compute_point(task, 0, APART * 0.1)
    assert line["message"] == "atoms 0 and 1 are only 0.090 Å apart"
