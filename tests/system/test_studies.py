"""What is done with studies that ended: shown, exported, launched again, moved, fitted again."""

import json
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Installation

pytestmark = pytest.mark.system

LEFT = str(Path(__file__).with_name("left.py"))
COMPUTE = Path(__file__).parents[2] / ".venv-compute"


def test_worker_may_be_killed(installation: "Installation", finished: int) -> None:
    results = installation.show(finished)
    assert results["status"] == "finished"
    assert results["qm"]["points"] > 30
    assert results["qm"]["failed_points"] == 0
    # A sane liquid of a toy.
    assert 0.3 < results["properties"]["density"]["value"] < 1.2


def test_work_directories_are_gone(installation: "Installation", finished: int) -> None:
    assert re.search(
        r"cleaned \d\d work directories", installation.verdi("process", "report", str(finished))
    )
    assert json.loads(installation.verdi("run", LEFT, str(finished)).splitlines()[-1]) == []


def test_export(installation: "Installation", finished: int, tmp_path: Path) -> None:
    installation.forcefield("export", str(finished), "-o", tmp_path)
    run = subprocess.run(
        [COMPUTE / "bin" / "lmp", "-in", "in.lammps"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode == 0, run.stdout
    assert "Total wall time" in run.stdout


def test_launched_again_nothing_is_computed_twice(
    installation: "Installation", study: Path, finished: int
) -> None:
    # Twice at the same moment, of which one finds that the other came first.
    with ThreadPoolExecutor() as pool:
        said = list(pool.map(installation.forcefield, ["launch"] * 2, [study] * 2))
    assert sorted("is the same and has not ended" in text for text in said) == [False, True]
    (pk,) = {int(number) for text in said for number in re.findall(r"study (\d+)", text)}
    again = installation.wait(pk)
    before = installation.show(finished)
    assert again["status"] == "finished"
    assert again["qm"]["cached_points"] == again["qm"]["points"] == before["qm"]["points"]
    assert again["qm"]["cpu_seconds"] == 0
    assert again["properties"] == before["properties"]


def test_archive_is_replayed_elsewhere(
    installation: "Installation",
    another: "Installation",
    study: Path,
    finished: int,
    tmp_path: Path,
) -> None:
    archive = tmp_path / "methane.aiida"
    assert f"wrote {archive}" in installation.forcefield("archive", str(finished), "-o", archive)
    another.forcefield("adopt", archive)
    before, again = installation.show(finished), another.wait(another.launch(study))
    assert again["status"] == "finished"
    assert again["qm"]["cached_points"] == again["qm"]["points"] == before["qm"]["points"]
    assert again["properties"] == before["properties"]


def test_points_are_fitted_again_without_qm(
    installation: "Installation", study: Path, finished: int, tmp_path: Path
) -> None:
    """With the form that GROMACS has."""
    text, usual = study.read_text(), "overrides:\n"
    assert usual in text
    other = tmp_path / "lennard_jones.yaml"
    form = "  fit: {forms: {nonbonded: lennard_jones}}\n"
    other.write_text(text.replace(usual, usual + form))
    pk = installation.launch(other, "--points-of", str(finished))
    before, again = installation.show(finished), installation.wait(pk)
    assert again["status"] == "finished"
    assert again["qm"]["cached_points"] == again["qm"]["points"] == before["qm"]["points"]
    assert again["qm"]["cpu_seconds"] == 0
    assert [scan["name"] for scan in again["scans"]] == [scan["name"] for scan in before["scans"]]
    forms = {term["form"] for term in again["force_field"]["terms"] if term["kind"] == "nonbonded"}
    assert forms == {"lennard_jones"}
    assert 0.3 < again["properties"]["density"]["value"] < 1.2
    assert again["properties"] != before["properties"]
    told = installation.forcefield("export", str(pk), "--to", "gromacs", "-o", tmp_path / "gmx")
    assert "set the barostat to" in told
    assert (tmp_path / "gmx" / "profiles.png").exists()
