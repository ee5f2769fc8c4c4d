"""An engine of a plugin: one file and one entry point, and it runs as a real job."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiida.engine import run_get_node
from aiida.orm import Computer, Dict, InstalledCode, WorkChainNode

from aiida_forcefield.data import StructuresData
from aiida_forcefield.scans import Cluster, Origin, Structures
from aiida_forcefield.topology import from_smiles
from aiida_forcefield.workflows.engines import check_qm
from aiida_forcefield.workflows.qm import QmWorkChain

pytestmark = pytest.mark.integration

PLUGINS = Path(__file__).parents[1] / "plugins"
METHANE = from_smiles("C")
TOY: dict[str, Any] = {"engine": "toy", "gradient": True}

RunBatch = Callable[..., WorkChainNode]


@pytest.fixture
def run_batch(
    computer: Computer, compute_python: Path, monkeypatch: pytest.MonkeyPatch
) -> RunBatch:
    monkeypatch.syspath_prepend(PLUGINS)
    prepend = "export OMP_NUM_THREADS=1\nunset PYTHONPATH"
    code = InstalledCode(computer, str(compute_python), label="toy", prepend_text=prepend).store()

    def run(structures: Structures, parameters: dict[str, Any]) -> WorkChainNode:
        qm = {
            "code": code,
            "structures": StructuresData(structures),
            "parameters": Dict(parameters),
        }
        return run_get_node(QmWorkChain, qm=qm)[1]

    return run


def methane(*stretched: float) -> Structures:
    positions = np.array([METHANE.conformers[0] * factor for factor in stretched])
    return Structures.rigid(Origin("random"), Cluster.of(METHANE), positions)


def test_batch(run_batch: RunBatch) -> None:
    node = run_batch(methane(1.05, 1.051, 1.049), TOY | {"dipole": True})
    assert node.is_finished_ok, node.exit_message
    points = node.outputs.points.value
    assert points.statuses == ("ok",) * 3
    slope = np.sum(points.gradients[0] * METHANE.conformers[0])
    numerical = (points.energies[1] - points.energies[2]) / 0.002
    assert slope == pytest.approx(numerical, abs=1e-3)
    assert {"numpy"} == {*points.versions}


def test_reference(run_batch: RunBatch) -> None:
    """Relaxed to its minimum, with the potential of its charges."""
    relaxation = {"engine": "toy", "max_steps": 100}
    parameters = {"engine": "toy", "relaxation": relaxation, "reference": {"density": 1.0}}
    node = run_batch(methane(1.1), parameters)
    assert node.is_finished_ok, node.exit_message
    (positions,) = node.outputs.points.value.positions
    lengths = np.linalg.norm(positions[1:] - positions[0], axis=1)
    np.testing.assert_allclose(lengths, 1.092, atol=1e-3)
    cosines = (positions[1:] - positions[0]) @ (positions[1:] - positions[0]).T
    assert cosines[0, 1] / (lengths[0] * lengths[1]) == pytest.approx(-1 / 3, abs=1e-3)
    assert node.outputs.reference.get_array("frequencies").min() > 100.0


def test_what_it_cannot_do_is_refused(run_batch: RunBatch) -> None:
    del run_batch
    for change, message in (
        ({"solvent": {"eps": 80.0}}, "parameters.solvent: the engine toy cannot do it"),
        ({"toy": {"seconds": "long"}}, "parameters.toy.seconds: 'long' is not a number"),
        ({"toy": {"minutes": 1}}, "parameters.toy: unknown key 'minutes'"),
    ):
        with pytest.raises(ValueError, match=message):
            check_qm(TOY | change)
