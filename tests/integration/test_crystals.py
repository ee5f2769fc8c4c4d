"""Crystals with periodic PySCF: derivatives, failures, and a lattice scan against PySCF itself."""

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiida.engine import run_get_node
from aiida.orm import Computer, Dict, InstalledCode, StructureData
from ase import Atoms
from ase.build import bulk
from numpy.typing import NDArray

from aiida_forcefield.calculations.functions.crystal_fit import (
    fit_crystal,
    perceive_ions,
    sample_cells,
)
from aiida_forcefield.calculations.functions.lattice import measure_equation_of_state
from aiida_forcefield.potentials import ForceFieldCalculator
from aiida_forcefield.scans.equation_of_state import equation_of_state
from aiida_forcefield.units import GPA
from aiida_forcefield.workflows.protocols import get_protocol
from aiida_forcefield.workflows.qm import QmWorkChain
from aiida_forcefield.workflows.scan import ScanWorkChain
from tests.integration.test_runner import Runner

pytestmark = pytest.mark.integration

BASIS = "gth-dzvp-molopt-sr"
# A coarse mesh: an energy on it is far from converged, but its derivatives are as exact.
LIF: dict[str, Any] = {
    "engine": "pyscf",
    "mean_field": {"method": "RKS", "xc": "pbe", "conv_tol": 1e-10},
    "structure": {"basis": {"Li": BASIS, "F": BASIS}},
    "crystal": {
        "pseudo": "gth-pbe",
        "mesh": [19, 19, 19],
        "kmesh": [2, 2, 2],
        "smallest_exponent": 0.1,
    },
}
CELL = 2.03 * (np.ones((3, 3)) - np.eye(3))
SALT = np.array([[0.0, 0.0, 0.0], [2.06, 2.0, 2.03]])  # fluorine is not where symmetry has it
LITHIUM = LIF | {"structure": {"basis": BASIS}}

# PySCF itself: all k-points for the first energy, half of them for the others, as that takes long.
DIRECT = """
import json
import numpy as np
from pyscf.pbc import dft, gto

job, energies, density = json.load(open("job.json")), [], None
for cell, positions in zip(job["cells"], job["positions"]):
    crystal = gto.Cell()
    crystal.exp_to_discard = job["parameters"]["crystal"]["smallest_exponent"]
    crystal.build(
        dump_input=False,
        parse_arg=False,
        a=cell,
        atom=list(zip(job["symbols"], positions)),
        basis=job["parameters"]["structure"]["basis"],
        pseudo="gth-pbe",
        mesh=job["parameters"]["crystal"]["mesh"],
        verbose=0,
    )
    kpts = crystal.make_kpts(job["parameters"]["crystal"]["kmesh"], with_gamma_point=False)
    if energies:
        kpts = kpts[crystal.get_scaled_kpts(kpts)[:, 0] > 0]
    field = dft.KRKS(crystal, kpts).set(xc="pbe", conv_tol=1e-8)
    energies.append(float(field.kernel(density if len(energies) > 1 else None)))
    density = field.make_rdm1()
print(json.dumps(energies))
"""


@pytest.fixture
def runner(compute_python: Path, tmp_path: Path) -> Runner:
    return Runner(compute_python, tmp_path)


def job(parameters: dict[str, Any], *points: tuple[Any, Any], symbols: str = "Li F") -> Any:
    """A job with cells and positions."""
    cells, positions = zip(*points, strict=True)
    return {
        "parameters": parameters,
        "symbols": symbols.split(),
        "cells": cells,
        "positions": positions,
    }


def strained(strain: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Cell and positions of the salt; vectors are rows."""
    deformation = np.eye(3) + strain
    return CELL @ deformation.T, SALT @ deformation.T


def test_gradient_and_stress_are_the_finite_differences(
    runner: Runner, compute_python: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # On this mesh the energy ripples with a displacement, every 0.15 Å: the step is far smaller.
    rng, step = np.random.default_rng(3), 0.0005
    strain = rng.normal(size=(3, 3))
    strain = (strain + strain.T) / np.linalg.norm(strain + strain.T)
    shift = rng.normal(size=(2, 3))
    (at,) = runner.run(job(LIF | {"gradient": True}, (CELL, SALT)))
    differences = Runner(compute_python, tmp_path_factory.mktemp("job"))
    below, above, left, right = differences.run(
        job(
            LIF,
            strained(-step * strain),
            strained(step * strain),
            (CELL, SALT - step * shift),
            (CELL, SALT + step * shift),
        )
    )
    slope = (above["energy"] - below["energy"]) / (2 * step)
    along = np.linalg.det(CELL) * (np.array(at["stress"]) * strain).sum()
    assert along == pytest.approx(slope, rel=1e-3)
    slope = (right["energy"] - left["energy"]) / (2 * step)
    assert (np.array(at["gradient"]) * shift).sum() == pytest.approx(slope, rel=1e-3)


def test_what_fails_has_its_status(runner: Runner) -> None:
    small = {"mesh": [15, 15, 15], "pseudo": "gth-pbe", "kmesh": [2, 2, 2]}
    body = 1.75 * (np.ones((3, 3)) - 2 * np.eye(3))
    points = runner.run(
        job(
            LITHIUM | {"crystal": small},
            (body, np.zeros((1, 3))),  # the metal
            (0.25 * body, np.zeros((1, 3))),  # its basis functions all over each other
            (0.1 * body, np.zeros((1, 3))),
            symbols="Li",
        )
    )
    assert [p["status"] for p in points] == ["no_band_gap", "linear_dependence", "atoms_overlap"]


def test_an_scf_that_does_not_converge_has_its_status(runner: Runner) -> None:
    hasty = LIF | {"mean_field": LIF["mean_field"] | {"max_cycle": 1}}
    (point,) = runner.run(job(hasty, (CELL, SALT)))
    assert point["status"] == "scf_not_converged"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mean_field": {"method": "RKS", "xc": "pbe0"}}, "without exact exchange"),
        ({"mean_field": {"method": "RKS", "xc": "pbee"}}, "mean_field.xc"),
        ({"structure": {"basis": "gth-dzvpp"}}, "structure.basis"),
        (
            {"crystal": LIF["crystal"] | {"pseudo": "gth-olyp"}},
            "crystal.pseudo: PySCF does not have it: Pseudopotential for",
        ),
    ],
)
def test_unknown_names_are_refused(runner: Runner, change: Any, message: str) -> None:
    complaint = runner.fails(job(LIF | change, (CELL, SALT)))
    assert message in complaint
    assert len(complaint.strip().splitlines()) == 1


def test_a_lattice_scan_agrees_with_pyscf(
    computer: Computer, compute_python: Path, tmp_path: Path
) -> None:
    """The surrogate's points and PySCF's own, at other strains, give the same crystal."""
    code = InstalledCode(
        computer, str(compute_python), label="crystals", prepend_text="unset PYTHONPATH"
    ).store()
    crystal = StructureData(ase=bulk("LiF", "rocksalt", a=4.25, cubic=True))
    coordinate = {"mode": "isotropic", "lower": -0.05, "upper": 0.05}
    coarse = {"crystal": {"strain_spacing": 0.8}}
    builder = ScanWorkChain.get_builder_for_crystal(code, crystal, coordinate, "fast", coarse)
    parameters = builder.qm.parameters.get_dict()
    parameters["structure"]["basis"] = "gth-szv-molopt-sr"  # the smallest, for the sake of time
    builder.qm.parameters = Dict(parameters)
    outputs, node = run_get_node(builder)
    assert node.is_finished_ok, node.exit_message
    found = measure_equation_of_state(builder.scan, crystal, **outputs["points"])

    strains = np.linspace(-0.04, 0.05, 5)
    cells = 2.125 * (np.ones((3, 3)) - np.eye(3))
    positions = np.array([[0.0, 0.0, 0.0], [2.125, 2.125, 2.125]])
    points = [(cells * (1 + q), positions * (1 + q)) for q in strains]
    (tmp_path / "job.json").write_text(
        json.dumps(job(parameters, *points), default=np.ndarray.tolist)
    )
    output = subprocess.run(
        [compute_python, "-E", "-c", DIRECT],
        cwd=tmp_path,
        env={"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    energies = np.array(json.loads(output)) * 27.211386245988
    direct = equation_of_state(strains, energies, np.full(5, np.nan), 4.25**3 / 4)
    assert found["lattice_constants"][0] == pytest.approx(4.25 * (1 + direct.strain), abs=0.002)
    assert found["bulk_modulus"] == pytest.approx(direct.bulk_modulus, rel=0.01)
    assert found["energy"] == pytest.approx(direct.energy, abs=5e-4)


def test_a_force_field_of_a_crystal_has_its_pressures(
    computer: Computer, compute_python: Path
) -> None:
    """Of the cells that it was fitted to.

    Shears are not looked at: two k-points each way, shifted off Γ, are not as symmetric as the
    crystal, and more would take too long.
    """
    code = InstalledCode(
        computer, str(compute_python), label="cells", prepend_text="unset PYTHONPATH"
    ).store()
    crystal = StructureData(ase=bulk("LiF", "rocksalt", a=4.06, cubic=True))
    sampling = Dict({"count": 3, "strain": 0.03, "displacement": 0.06, "seed": 1})
    planned = sample_cells(crystal, sampling, Dict(get_protocol("fast")["crystal"]))
    parameters = planned["parameters"].get_dict()
    parameters["crystal"] |= {"mesh": [33] * 3, "kmesh": [2] * 3}
    qm = {"code": code, "structures": planned["structures"], "parameters": Dict(parameters)}
    outputs, node = run_get_node(QmWorkChain, qm=qm)
    assert node.is_finished_ok, node.exit_message
    (properties,) = outputs["properties"].values()
    assert properties.get_array("c6").shape == (3, 2, 2)

    system = perceive_ions(crystal, Dict({"Li": 1, "F": -1}))
    field = fit_crystal(system, properties, Dict({}), cells=outputs["points"]).value
    assert field.diagnostics.points("stress") == 3
    points, found = outputs["points"].value, []
    for x, cell in zip(points.positions, points.cells, strict=True):
        atoms = Atoms("LiF", x, cell=cell, pbc=True)
        atoms.calc = ForceFieldCalculator(field, system.value, (1, 1), cutoff=12.0)
        found.append(-np.trace(atoms.get_stress(voigt=False)) / 3 * GPA)
    expected = -np.trace(points.stresses, axis1=1, axis2=2) / 3 * GPA
    # With the prior they are 130 GPa off; the shear that is not there pulls at them by 4.
    np.testing.assert_allclose(found, expected, rtol=0, atol=1.0)
