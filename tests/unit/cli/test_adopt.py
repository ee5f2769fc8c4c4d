"""What is no archive is refused, and what is one waits for what runs."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from aiida.manage.configuration import Profile
from aiida.orm import CalcFunctionNode, Int, WorkChainNode
from aiida.tools import delete_nodes
from aiida.tools.archive import create_archive
from click.testing import Result
from sqlalchemy.exc import OperationalError

from aiida_forcefield.study.adoption import adopt_archive, in_the_way
from aiida_forcefield.study.aiida_profile import STUDY
from aiida_forcefield.study.errors import InputError


@pytest.mark.parametrize(
    ("content", "expected"), [(None, "no such file"), (b"text", "cannot be imported")]
)
def test_file_that_is_no_archive(
    tmp_path: Path, profile: Profile, content: bytes | None, expected: str
) -> None:
    path = tmp_path / "a.aiida"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=expected):
        adopt_archive(path, {})


def test_archive_without_calculations(tmp_path: Path, profile: Profile) -> None:
    create_archive([Int(3).store()], filename=tmp_path / "a.aiida")
    assert adopt_archive(tmp_path / "a.aiida", {}) == 0


@pytest.fixture
def archive(tmp_path: Path, profile: Profile) -> Path:
    """A calculation of elsewhere."""
    node = CalcFunctionNode().store()
    node.set_process_state("finished")
    node.seal()
    create_archive([node], filename=tmp_path / "a.aiida")
    delete_nodes([node.pk], dry_run=False)
    return tmp_path / "a.aiida"


@pytest.fixture
def working(monkeypatch: pytest.MonkeyPatch) -> None:
    """The daemon runs."""
    client = SimpleNamespace(is_daemon_running=True)
    monkeypatch.setattr("aiida.engine.daemon.client.get_daemon_client", lambda _: client)


@pytest.mark.usefixtures("working")
def test_nothing_is_imported_beside_a_study(archive: Path) -> None:
    study = WorkChainNode(process_type=STUDY).store()
    study.set_process_state("waiting")
    assert in_the_way(archive) == f"study {study.pk}"
    with pytest.raises(InputError) as refused:
        adopt_archive(archive, {})
    expected = f"{archive}: cannot be imported while study {study.pk} runs; adopt it later"
    assert refused.value.message == expected
    study.set_process_state("finished")
    assert in_the_way(archive) == ""
    assert adopt_archive(archive, {}) == 1
    # What is there already needs no import, and nothing is written.
    study.set_process_state("waiting")
    assert in_the_way(archive) == ""
    assert adopt_archive(archive, {}) == 1


def test_without_a_daemon_nothing_is_in_the_way(archive: Path) -> None:
    WorkChainNode(process_type=STUDY).store().set_process_state("waiting")
    assert in_the_way(archive) == ""


def test_busy_database(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OperationalError("INSERT", {}, Exception("database is locked"))

    monkeypatch.setattr("aiida.tools.archive.import_archive", refuse)
    with pytest.raises(InputError, match=r"a\.aiida: the database of \S+ is busy; adopt it later"):
        adopt_archive(archive, {})


@pytest.mark.parametrize(("minutes", "looks"), [(0, 0), (10, 3)])
def test_wait_for_what_runs(
    invoke: Callable[..., Result],
    monkeypatch: pytest.MonkeyPatch,
    profile: Profile,
    minutes: int,
    looks: int,
) -> None:
    answers, where = ["study 12", "study 12", ""], "aiida_forcefield.study"
    monkeypatch.setattr(f"{where}.adoption.in_the_way", lambda _: answers.pop(0))
    monkeypatch.setattr(f"{where}.adoption.adopt_archive", lambda *_: 7)
    monkeypatch.setattr(f"{where}.aiida_profile.find_code", lambda *_: None)
    monkeypatch.setattr("time.sleep", lambda _: None)
    result = invoke("-p", profile.name, "adopt", "--wait", minutes, "a.aiida")
    assert result.exit_code == 0, result.output
    assert len(answers) == 3 - looks
    said = "waiting until study 12 has ended, 10 minutes at most\n" if minutes else ""
    assert result.output == f"{said}adopted 7 calculations of a.aiida\n"


def test_command_needs_a_profile(invoke: Callable[..., Result], tmp_path: Path) -> None:
    result = invoke("-p", "none", "adopt", tmp_path / "a.aiida")
    assert result.exit_code == 2
    assert "profile 'none' does not exist" in result.stderr
