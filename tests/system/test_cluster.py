"""The same study through SSH and Slurm, on PostgreSQL and RabbitMQ."""

import json
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from .cluster import HOST, Cluster
from .production import Services

if TYPE_CHECKING:
    from .conftest import Installation

pytestmark = pytest.mark.system

COMPUTE = Path(__file__).parents[2] / ".venv-compute"
CODES = f"codes: {{qm: compute@{HOST}, md: lammps@{HOST}}}\n"
RESOURCES = "resources: {qm: {walltime: '00:05:00', memory: 2 GB}, md: {walltime: '00:08:00'}}\n"


@pytest.fixture(scope="module")
def on_the_cluster(production: "Installation", study: Path) -> int:
    """PK of the study, its QM and MD run on the cluster."""
    path = study.with_name("on_the_cluster.yaml")
    path.write_text(study.read_text() + CODES + RESOURCES)
    pk = production.launch(path)
    results = production.wait(pk)
    assert results["status"] == "finished", results
    return pk


# Run by `verdi run`: the force field before any liquid, whose trajectory no two runs share.
FIRST_FIELD = """
import json, sys
from aiida.orm import load_node

processes = load_node(int(sys.argv[1])).called_descendants
fits = [node for node in processes if node.process_label == "FitCalculation"]
field = min(fits, key=lambda node: node.pk).outputs.force_field.value
print(json.dumps({term.name: term.parameters for term in field.terms}))
"""


def test_same_force_field_as_on_one_machine(
    installation: "Installation",
    finished: int,
    production: "Installation",
    on_the_cluster: int,
    tmp_path: Path,
) -> None:
    runs = ((installation, finished), (production, on_the_cluster))
    here, there = (where.show(pk)["qm"] for where, pk in runs)
    assert there["points"] == here["points"]
    assert there["failed_points"] == here["failed_points"]
    script = tmp_path / "first_field.py"
    script.write_text(FIRST_FIELD)
    ours, theirs = (
        json.loads(where.verdi("run", str(script), str(pk)).splitlines()[-1]) for where, pk in runs
    )
    assert list(theirs) == list(ours)
    for term, parameters in ours.items():
        # Two fits end within some 1e-6 of each other, more where the data leave a valley.
        assert theirs[term] == pytest.approx(parameters, rel=1e-3, abs=1e-6), term


# Run by `verdi run`: the scripts of the jobs of a study, whose work directories are gone by now.
SCRIPTS = """
import json, sys
from aiida.orm import CalcJobNode, load_node

processes = load_node(int(sys.argv[1])).called_descendants
jobs = [node for node in processes if isinstance(node, CalcJobNode)]
print(json.dumps([job.base.repository.get_object_content("_aiidasubmit.sh") for job in jobs]))
"""


def test_jobs_had_what_the_study_asked_for(
    production: "Installation", cluster: Cluster, on_the_cluster: int, tmp_path: Path
) -> None:
    script = tmp_path / "scripts.py"
    script.write_text(SCRIPTS)
    output = production.verdi("run", str(script), str(on_the_cluster))
    scripts = json.loads(output.splitlines()[-1])
    assert not any(cluster.work.glob("*/*/*/_aiidasubmit.sh"))
    qm = next(text for text in scripts if "runner.pyz" in text)
    md = next(text for text in scripts if "lmp" in text)
    assert "#SBATCH --time=00:05:00" in qm
    assert "#SBATCH --mem=" in qm
    assert "#SBATCH --time=00:08:00" in md
    assert "#SBATCH --mem=" not in md


def test_verdi_takes_what_setup_wrote(production: "Installation", tmp_path: Path) -> None:
    written = production.folder / ".aiida" / "machines" / HOST
    for name, renamed, *command in (
        ("computer", {"label": "again"}, "computer", "setup"),
        ("compute", {"computer": "again"}, "code", "create", "core.code.installed"),
        ("lammps", {"computer": "again"}, "code", "create", "core.code.installed"),
    ):
        path = tmp_path / f"{name}.yaml"
        path.write_text(
            yaml.safe_dump(yaml.safe_load((written / f"{name}.yaml").read_text()) | renamed)
        )
        production.verdi(*command, "--non-interactive", "--config", str(path))
    production.verdi(
        "computer", "configure", "core.ssh_async", "again", "--non-interactive", "--host", HOST
    )
    assert "all 6 tests succeeded" in production.verdi("computer", "test", "again")


def test_setup_tells_what_is_missing(production: "Installation", cluster: Cluster) -> None:
    # The other transport, which does without aliases.
    result = subprocess.run(
        [
            *("aiida-forcefield", "-p", production.profile, "setup", "--hostname", "127.0.0.1"),
            *("--transport", "core.ssh", "--workdir", cluster.work),
            *("--python", "/usr/bin/python3", "--lammps", "/no/lmp"),
        ],
        env=production.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    first, second = result.stderr.splitlines()[-2:]
    assert "pyscf is missing" in first
    assert "install it: ssh 127.0.0.1 '/usr/bin/python3 -m pip install" in first
    assert "--lammps: bash: line 3: /no/lmp: No such file" in second
    assert "127.0.0.1" not in production.verdi("computer", "list")


def test_profile_of_one_machine_moves_to_the_services(
    installation: "Installation",
    production: "Installation",
    finished: int,
    study: Path,
    tmp_path: Path,
) -> None:
    """The upgrade path: everything in one archive, adopted by the new profile."""
    archive = tmp_path / "all.aiida"
    installation.verdi("archive", "create", "--all", str(archive))
    assert re.search(r"adopted \d+ calculations", production.forcefield("adopt", archive))
    results = production.wait(production.launch(study))
    assert results["status"] == "finished"
    assert results["qm"]["cached_points"] == results["qm"]["points"]
    assert results["properties"] == installation.show(finished)["properties"]


def test_services_listen_on_loopback_only_and_know_no_default_password(services: Services) -> None:
    listening = subprocess.check_output(["ss", "-Hltn"], text=True)
    for name in ("postgres_port", "broker_port", "node_port", "epmd_port"):
        port = services.secrets[name]
        addresses = re.findall(rf"(\S+):{port}\s", listening)
        assert addresses
        assert set(addresses) <= {"127.0.0.1", "[::1]", "[::ffff:127.0.0.1]"}, (name, addresses)
    assert (services.folder / "secrets.env").stat().st_mode & 0o077 == 0


def test_no_secret_is_shown(production: "Installation", services: Services) -> None:
    secrets = [value for name, value in services.secrets.items() if name.endswith("password")]
    shown = services.run("status") + services.run("start")
    shown += services.run("profile", "production", environment=production.environment)
    logs = (production.folder / ".aiida").rglob("*.log")
    shown += "".join(path.read_text(errors="replace") for path in logs)
    assert len(secrets) == 3
    assert not any(secret in shown for secret in secrets)
