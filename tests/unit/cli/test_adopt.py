"""What is no archive is refused."""

from collections.abc import Callable
from pathlib import Path

import pytest
from aiida.manage.configuration import Profile
from aiida.orm import Int
from aiida.tools.archive import create_archive
from click.testing import Result

from aiida_forcefield.study.adoption import adopt_archive
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


def test_command_needs_a_profile(invoke: Callable[..., Result], tmp_path: Path) -> None:
    result = invoke("-p", "none", "adopt", tmp_path / "a.aiida")
    assert result.exit_code == 2
    assert "profile 'none' does not exist" in result.stderr
