"""What is said of programs that are not there."""

from pathlib import Path

import pytest

from aiida_forcefield.runner.job_file import read_job
from aiida_forcefield.runner.programs import ProgramError, _gpu_version, needed

from .test_job import GOOD, PBC, crystal, write


@pytest.mark.parametrize(
    ("fault", "reason"), [("RuntimeError", "RuntimeError"), ("ImportError('a\\nb')", "a")]
)
def test_fault_of_a_gpu_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str, reason: str
) -> None:
    (tmp_path / "gpu4pyscf.py").write_text(f"raise {fault}\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ProgramError, match=rf"where the job runs \({reason}\); pip install"):
        _gpu_version()


def test_what_tells_c6_of_a_crystal_is_asked_for_before_its_qm(tmp_path: Path) -> None:
    asked = crystal() | {"parameters": PBC | {"c6": True}}
    without, with_c6 = (read_job(write(tmp_path, GOOD | job)) for job in (crystal(), asked))
    assert {*needed(with_c6)} - {*needed(without)} == {"dftd4"}
