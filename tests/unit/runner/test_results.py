from pathlib import Path

import pytest

from aiida_forcefield.runner.results import open_results, read_results


def test_lines_survive_and_are_found_again(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    with open_results(path) as results:
        assert (results.has_header, results.finished, results.done) == (False, False, set())
        results.append({"header": {}})
        results.append({"index": 0})
    with open_results(path) as results:
        assert (results.has_header, results.finished, results.done) == (True, False, {0})
        results.append({"finished": True})
    with open_results(path) as results:
        assert results.finished


def test_a_torn_line_is_skipped_and_harms_no_other(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    path.write_text('{"index": 0}\n{"index": 1, "ener')
    with open_results(path) as results:
        assert results.done == {0}
        results.append({"index": 1})
    assert read_results(path) == [{"index": 0}, {"index": 1}]


def test_what_is_begun_is_not_done(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    with open_results(path) as results:
        results.begin(3)
    with open_results(path) as results:
        assert results.done == set()
    assert read_results(path) == [{"begun": 3}]


def test_no_file_has_no_lines(tmp_path: Path) -> None:
    assert read_results(tmp_path / "results.jsonl") == []


def test_numbers_that_json_lacks_are_refused(tmp_path: Path) -> None:
    with open_results(tmp_path / "results.jsonl") as results, pytest.raises(ValueError, match=r"."):
        results.append({"energy": float("nan")})
    assert read_results(tmp_path / "results.jsonl") == []
