"""Batches of points through AiiDA: jobs cut short, programs that are missing, engines."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiida.engine import run_get_node
from aiida.manage.caching import enable_caching
from aiida.orm import CalcJobNode, Computer, Dict, InstalledCode, WorkChainNode

from aiida_forcefield.data import StructuresData
from aiida_forcefield.scans import Cluster, Coordinate, Origin, Points, Structures
from aiida_forcefield.topology import from_smiles
from aiida_forcefield.workflows.protocols import get_protocol
from aiida_forcefield.workflows.pyscf_base import PyscfBaseWorkChain
from aiida_forcefield.workflows.qm import QmWorkChain

pytestmark = pytest.mark.integration

WATER = from_smiles("O")
HYDROGEN = from_smiles("[H][H]")
HF = {
    "engine": "pyscf",
    "mean_field": {"method": "RHF", "conv_tol": 1e-10},
    "structure": {"basis": "sto-3g"},
    "gradient": True,
}
RELAXED = {**HF, "gradient": False, "relaxation": {"engine": "pyscf"}}

RunBatch = Callable[..., tuple[WorkChainNode, Points | None]]


@pytest.fixture(scope="module")
def code(computer: Computer, compute_python: Path) -> InstalledCode:
    return make_code(computer, str(compute_python))


@pytest.fixture(scope="module")
def run_batch(code: InstalledCode) -> RunBatch:
    """Run a batch; its node and, where it has any, its points."""

    def run(
        structures: Structures,
        parameters: dict[str, Any],
        code: InstalledCode = code,
        **options: Any,
    ) -> tuple[WorkChainNode, Points | None]:
        qm = {
            "code": code,
            "structures": StructuresData(structures),
            "parameters": Dict(parameters),
            "metadata": {"options": options},
        }
        _, node = run_get_node(QmWorkChain, qm=qm)
        return node, node.outputs.points.value if "points" in node.outputs else None

    return run


def make_code(computer: Computer, python: str) -> InstalledCode:
    prepend = "export OMP_NUM_THREADS=1\nunset PYTHONPATH"
    return InstalledCode(computer, python, label="compute", prepend_text=prepend).store()


def jobs_of(batch: WorkChainNode) -> list[CalcJobNode]:
    jobs = (job for job in batch.called if isinstance(job, CalcJobNode))
    return sorted(jobs, key=lambda job: job.pk)


def waters(*stretched: float) -> Structures:
    """Water molecules, each stretched by a factor."""
    positions = np.array([WATER.conformers[0] * factor for factor in stretched])
    return Structures.rigid(Origin("thermal"), Cluster.of(WATER), positions)


def hydrogens(*lengths: float) -> Structures:
    """Hydrogen molecules, each with its bond held at a length."""
    positions = np.array([[[0.0, 0.0, 0.0], [0.0, 0.0, r]] for r in lengths])
    origin = Origin("scan", Coordinate("bond", ("H1", "H1"), (0, 1)))
    return Structures(origin, Cluster.of(HYDROGEN), positions, (0, 1), np.array(lengths))


def test_job_that_is_killed_is_continued(run_batch: RunBatch, tmp_path: Path) -> None:
    # The first job loses all but the lines of its header and of its first point, as if it had been
    # killed after it.
    killed = tmp_path / "killed"
    cut = f"[ -e {killed} ] || {{ head -n 3 results.jsonl > kept; mv kept results.jsonl; }}\n"
    batch = partial(run_batch, waters(1.0, 1.1, 1.2), HF, append_text=f"{cut}touch {killed}")
    node, points = batch()
    assert node.is_finished_ok, node.exit_message
    first, second = jobs_of(node)
    assert first.exit_status == 411
    assert second.is_finished_ok
    assert first.outputs.points.value.statuses == ("ok", "missing", "missing")
    assert second.inputs.structures.value.positions.shape == (2, 3, 3)  # nothing twice
    assert points is not None
    assert points.statuses == ("ok",) * 3
    np.testing.assert_array_equal(points.positions, waters(1.0, 1.1, 1.2).positions)
    assert points.energies[0] == first.outputs.points.value.energies[0]
    np.testing.assert_array_equal(points.energies[1:], second.outputs.points.value.energies)
    with enable_caching(identifier="aiida.calculations:forcefield.qm"):
        again, replayed = batch()
    assert all(job.base.caching.is_created_from_cache for job in jobs_of(again))
    assert [job.exit_status for job in jobs_of(again)] == [411, 0]
    assert replayed is not None
    np.testing.assert_array_equal(replayed.energies, points.energies)


def test_job_keeps_to_its_walltime(run_batch: RunBatch) -> None:
    # In this basis a point takes longer than a second on any machine; so each job comes to one.
    slow = {**HF, "structure": {"basis": "def2-qzvp"}}
    node, points = run_batch(waters(1.0, 1.1), slow, max_wallclock_seconds=1)
    assert node.is_finished_ok, node.exit_message
    assert [job.exit_status for job in jobs_of(node)] == [411, 0]
    assert points is not None
    assert points.statuses == ("ok", "ok")


def test_an_interaction_energy_has_its_components(run_batch: RunBatch) -> None:
    oxygen, hydrogen = WATER.conformers[0][:2]
    along = (hydrogen - oxygen) / np.linalg.norm(hydrogen - oxygen)
    bonded = np.concatenate([WATER.conformers[0], WATER.conformers[0] + 2.95 * along])[None]
    structures = Structures.rigid(Origin("random"), Cluster.of(WATER, WATER), bonded)
    _, points = run_batch(structures, get_protocol("fast")["dimers"])
    assert points is not None
    assert points.electrostatics is not None
    assert points.exchange is not None
    assert points.induction is not None
    correlation = points.energies - points.electrostatics - points.exchange - points.induction
    assert points.electrostatics < points.induction < 0 < points.exchange
    assert points.electrostatics < points.energies < 0
    assert correlation < 0


def test_points_get_more_memory(run_batch: RunBatch) -> None:
    node, points = run_batch(waters(1.0, 1.1), HF, max_memory_kb=50_000)
    assert node.is_finished_ok, node.exit_message
    first, *_, last = jobs_of(node)
    assert first.outputs.points.value.statuses == ("out_of_memory",) * 2
    assert "50000 kB allowed" in first.outputs.points.value.messages[0]
    assert last.get_option("max_memory_kb") >= 100_000
    assert points is not None
    assert points.statuses == ("ok", "ok")


HUNGRY = """\
import os, runpy, sys, time
import numpy as np
from pyscf import gto

M = gto.M

def stretched(**arguments):
    atoms = np.array([position for _, position in arguments["atom"]])
    if 2.0 < np.linalg.norm(atoms[1] - atoms[0]) < 3.0:  # Bohr; not where settings are checked
        {does}
    return M(**arguments)

gto.M = stretched
sys.argv = sys.argv[2:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.fixture
def hungry(
    computer: Computer, compute_python: Path, tmp_path: Path
) -> Callable[[str], InstalledCode]:
    """A code that does something more where a water molecule is stretched by a fifth or more."""

    def make(does: str) -> InstalledCode:
        (tmp_path / "hungry.py").write_text(HUNGRY.format(does=does))
        python = tmp_path / "python"
        python.write_text(f'#!/bin/sh\nexec {compute_python} {tmp_path}/hungry.py "$@"\n')
        python.chmod(0o755)
        return make_code(computer, str(python))

    return make


@pytest.mark.parametrize("place", [0, 1])
def test_a_point_that_its_limit_is_too_small_for(
    run_batch: RunBatch, hungry: Callable[[str], InstalledCode], place: int
) -> None:
    factors = [1.0, 1.02, 1.04]
    factors.insert(place, 1.3)
    code = hungry("kept = np.ones(40_000_000); time.sleep(1)")  # 320 MB
    node, points = run_batch(waters(*factors), HF, code=code, max_memory_kb=300_000)
    assert node.is_finished_ok, node.exit_message
    assert points is not None
    assert points.statuses == ("ok",) * 4
    first, second = jobs_of(node)
    statuses = ["ok"] * 3
    statuses.insert(place, "out_of_memory")
    assert first.outputs.points.value.statuses == tuple(statuses)
    assert second.get_option("max_memory_kb") == 600_000
    assert len(second.inputs.structures.value.positions) == 1


@pytest.mark.parametrize(("place", "limits"), [(0, {}), (1, {}), (0, {"max_memory_kb": 300_000})])
def test_a_point_that_ends_its_job(
    run_batch: RunBatch,
    hungry: Callable[[str], InstalledCode],
    place: int,
    limits: dict[str, int],
) -> None:
    # As the kernel does where memory runs out.
    factors = [1.0, 1.02, 1.04]
    factors.insert(place, 1.3)
    node, points = run_batch(waters(*factors), HF, code=hungry("os.kill(os.getpid(), 9)"), **limits)
    assert node.is_finished_ok, node.exit_message
    assert points is not None
    expected = ["ok"] * 3
    expected.insert(place, "interrupted")
    assert points.statuses == tuple(expected)
    parts = [job.outputs.points.value for job in jobs_of(node)]
    assert sum(part.ok.sum() for part in parts) == 3  # nothing twice
    assert {job.get_option("max_memory_kb") for job in jobs_of(node)} == {
        limits.get("max_memory_kb")
    }


def test_missing_interpreter(run_batch: RunBatch, computer: Computer) -> None:
    node, points = run_batch(waters(1.0), HF, code=make_code(computer, "/no/such/python"))
    assert node.exit_status == 312
    assert "/no/such/python" in node.exit_message
    assert points is None
    assert len(jobs_of(node)) == 1


def test_missing_program(run_batch: RunBatch, computer: Computer, tmp_path: Path) -> None:
    python = tmp_path / "python"  # an interpreter without any package
    python.write_text('#!/bin/sh\nexec python3 -S "$@"\n')
    python.chmod(0o755)
    node, _ = run_batch(waters(1.0), HF, code=make_code(computer, str(python)))
    assert node.exit_status == 312
    assert "numpy is missing; pip install numpy" in node.exit_message


def test_missing_gpu(run_batch: RunBatch, gpu: bool) -> None:
    if gpu:
        pytest.skip("there is a GPU")
    node, _ = run_batch(waters(1.0), HF | {"gpu": True})
    assert node.exit_status == 312
    assert "gpu: true needs gpu4pyscf and a GPU where the job runs" in node.exit_message


@pytest.mark.parametrize(
    "change",
    [{}, {"density_fit": True}, {"solvent": {"eps": 80.0}}, {"relaxation": {"engine": "pyscf"}}],
)
def test_gpu_gives_the_same_points(run_batch: RunBatch, gpu: bool, change: dict[str, Any]) -> None:
    if not gpu:
        pytest.skip("no GPU")
    _, ours = run_batch(waters(1.0, 1.1), HF | change)
    node, theirs = run_batch(waters(1.0, 1.1), HF | change | {"gpu": True})
    assert node.is_finished_ok, node.exit_message
    assert ours is not None
    assert theirs is not None
    np.testing.assert_allclose(theirs.energies, ours.energies, rtol=0, atol=1e-5)
    np.testing.assert_allclose(theirs.gradients, ours.gradients, rtol=0, atol=1e-3)


def test_wrong_version(
    run_batch: RunBatch, computer: Computer, compute_python: Path, tmp_path: Path
) -> None:
    old = tmp_path / "pyscf-2.3.0.dist-info"  # found before the one that is installed
    old.mkdir()
    (old / "METADATA").write_text("Metadata-Version: 2.1\nName: pyscf\nVersion: 2.3.0\n")
    python = tmp_path / "python"
    begin = f"import sys, runpy; sys.path.insert(0, {str(tmp_path)!r}); sys.argv = sys.argv[2:]"
    run = "runpy.run_path(sys.argv[0], run_name='__main__')"
    python.write_text(f'#!/bin/sh\nexec {compute_python} -c "{begin}; {run}" "$@"\n')
    python.chmod(0o755)
    node, _ = run_batch(waters(1.0), HF, code=make_code(computer, str(python)))
    assert node.exit_status == 313
    assert "pyscf 2.3.0 is too old; install it where the job runs: pip install" in node.exit_message


def test_stock_engine_gives_the_same_energies_and_gradients(run_batch: RunBatch) -> None:
    structures = waters(1.0, 1.1)
    _, ours = run_batch(structures, HF)
    node, stock = run_batch(structures, HF | {"engine": "pyscf.base"})
    assert node.is_finished_ok, node.exit_message
    assert [child.process_class for child in node.called] == [PyscfBaseWorkChain]
    assert ours is not None
    assert stock is not None
    hartree, bohr = 27.211386, 0.529177
    np.testing.assert_allclose(stock.energies, ours.energies, rtol=0, atol=1e-6 * hartree)
    np.testing.assert_allclose(stock.gradients, ours.gradients, rtol=0, atol=1e-5 * hartree / bohr)


def test_stock_engine_relaxes_to_the_same_energy(run_batch: RunBatch) -> None:
    origin = Origin("scan", Coordinate("angle", ("H1", "O1", "H1"), (1, 0, 2)))
    rest = waters(1.0)
    bent = Structures(origin, rest.cluster, rest.positions, (1, 0, 2), np.array([112.0]))
    _, ours = run_batch(bent, RELAXED)
    node, stock = run_batch(bent, RELAXED | {"engine": "pyscf.base"})
    assert node.is_finished_ok, node.exit_message
    assert ours is not None
    assert stock is not None
    np.testing.assert_allclose(stock.energies, ours.energies, rtol=0, atol=2e-4)
    lengths = [np.linalg.norm(p.positions[0, 1] - p.positions[0, 0]) for p in (ours, stock)]
    assert lengths[0] == pytest.approx(lengths[1], abs=1e-3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"density_fit": True}, "parameters.density_fit"),
        ({"dipole": True}, "parameters.dipole: the engine pyscf.base cannot do it; it can: grad"),
        ({"solvent": {"eps": 80.0}}, "parameters.solvent: the engine pyscf.base cannot do it"),
        ({"mean_field": {"method": "RHF", "init_guess": "x'; import os"}}, "no plain word"),
        ({"relaxation": {"engine": "pyscf"}, "gradient": True}, "parameters.gradient"),
    ],
)
def test_stock_engine_refuses_what_it_cannot(
    run_batch: RunBatch, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        run_batch(waters(1.0), HF | {"engine": "pyscf.base"} | change)


def test_failures_of_the_stock_engine_cost_a_point_each(run_batch: RunBatch) -> None:
    short = HF | {"engine": "pyscf.base", "mean_field": {"method": "RHF", "max_cycle": 3}}
    node, points = run_batch(waters(1.0, 3.0), short)
    assert points is not None
    assert points.statuses[1] == "scf_not_converged"
    assert node.exit_status in (0, 311)
