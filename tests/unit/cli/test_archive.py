"""What cannot be archived is refused."""

from collections.abc import Callable
from pathlib import Path

from aiida.manage.configuration import Profile
from aiida.orm import WorkChainNode
from click.testing import Result

STUDY = "aiida.workflows:forcefield.material"


def test_a_study_that_runs(invoke: Callable[..., Result], profile: Profile, tmp_path: Path) -> None:
    running = WorkChainNode(process_type=STUDY).store()
    result = invoke("-p", profile.name, "archive", running.pk, "-o", tmp_path / "a.aiida")
    assert result.exit_code == 2
    assert "has not ended yet" in result.stderr
    assert not (tmp_path / "a.aiida").exists()


def test_no_such_folder(invoke: Callable[..., Result], profile: Profile, tmp_path: Path) -> None:
    ended = WorkChainNode(process_type=STUDY).store().seal()
    result = invoke("-p", profile.name, "archive", ended.pk, "-o", tmp_path / "none" / "a.aiida")
    assert result.exit_code == 2
    assert f"there is no folder {tmp_path / 'none'}" in result.stderr
