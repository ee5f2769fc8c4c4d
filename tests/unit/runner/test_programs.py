"""What is said of programs that are not there."""

from pathlib import Path

import pytest

from aiida_forcefield.runner.programs import ProgramError, _gpu_version


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
