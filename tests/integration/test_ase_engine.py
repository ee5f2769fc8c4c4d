"""The engine ase: tblite as ASE has it against our own engine, and GPAW of the system's Python."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiida.engine import run_get_node
from aiida.orm import Computer, Dict, InstalledCode
from ase.build import bulk

from aiida_forcefield.data import StructuresData
from aiida_forcefield.scans import Cluster, Origin, Structures
from aiida_forcefield.topology import from_smiles
from aiida_forcefield.workflows.qm import QmWorkChain
from tests.integration.test_runner import (
    LITHIUM_AND_WATER,
    METHANOL,
    METHANOL_POSITIONS,
    WATER,
    WATER_POSITIONS,
    XTB,
    Runner,
)

pytestmark = pytest.mark.integration

SYSTEM_PYTHON = Path("/usr/bin/python3")
TBLITE = {
    "engine": "ase",
    "ase": {"calculator": "tblite", "settings": {"method": "GFN2-xTB", "accuracy": 0.01}},
}
GPAW: dict[str, Any] = {"mode": {"name": "pw", "ecut": 300}, "xc": "PBE"}
BOX = [6.0, 6.0, 6.0]
CONSTANTS = 1e-8
"""Relative, by which ASE's hartree differs from ours: it is that of an earlier CODATA."""

NewRunner = Callable[[], Runner]


@pytest.fixture
def new_runner(compute_python: Path, tmp_path_factory: Any) -> NewRunner:
    return lambda: Runner(compute_python, tmp_path_factory.mktemp("job"))


@pytest.fixture(scope="module")
def has_gpaw() -> None:
    """Skip where the system's Python, which has nothing else of ours, has no GPAW."""
    command = [SYSTEM_PYTHON, "-E", "-c", "import gpaw"]
    if not SYSTEM_PYTHON.exists() or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("no GPAW: apt-get install gpaw gpaw-data")


@pytest.fixture
def gpaw_runner(has_gpaw: None, tmp_path_factory: Any) -> NewRunner:
    return lambda: Runner(SYSTEM_PYTHON, tmp_path_factory.mktemp("gpaw"))


def settings(calculator: str, box: list[float] | None = None, **more: Any) -> dict[str, Any]:
    section = {"calculator": calculator, "settings": GPAW | more} | ({"box": box} if box else {})
    return {"engine": "ase", "ase": section}


def test_same_method_by_two_engines(new_runner: NewRunner) -> None:
    job = {"symbols": WATER, "positions": [WATER_POSITIONS, WATER_POSITIONS * 1.05]}
    asked = {"gradient": True, "dipole": True, "hessian": True}
    found = new_runner().run(job | {"parameters": TBLITE | asked})
    expected = new_runner().run(job | {"parameters": XTB | asked})
    for one, other in zip(found, expected, strict=True):
        assert one["energy"] == pytest.approx(other["energy"], rel=CONSTANTS)
        np.testing.assert_allclose(one["gradient"], other["gradient"], atol=1e-5)
        np.testing.assert_allclose(one["dipole"], other["dipole"], atol=1e-4)
        np.testing.assert_allclose(one["hessian"], other["hessian"], atol=1e-2)


def test_relaxation_with_a_coordinate_held(new_runner: NewRunner) -> None:
    job = {
        **METHANOL,
        "positions": [METHANOL_POSITIONS],
        "constraint": {"atoms": [0, 1], "values": [1.5]},
    }
    asked = {"gradient": True, "relaxation": {"engine": "ase"}}
    (found,) = new_runner().run(job | {"parameters": TBLITE | asked})
    asked = {"gradient": True, "relaxation": {"engine": "tblite", "method": "GFN2-xTB"}}
    (expected,) = new_runner().run(job | {"parameters": XTB | asked})
    assert found["status"] == "ok", found["message"]
    assert found["energy"] == pytest.approx(expected["energy"], abs=2e-5)
    assert found["slope"] == pytest.approx(expected["slope"], abs=1e-3)


def test_energies_on_the_geometry_of_another_engine(new_runner: NewRunner) -> None:
    parameters = XTB | {"ase": TBLITE["ase"], "relaxation": {"engine": "ase"}}
    job = {**METHANOL, "positions": [METHANOL_POSITIONS]}
    runner = new_runner()
    (found,) = runner.run(job | {"parameters": parameters})
    (expected,) = new_runner().run(job | {"parameters": TBLITE | {"relaxation": {"engine": "ase"}}})
    assert found["energy"] == pytest.approx(expected["energy"], abs=2e-5)
    versions = runner.lines()[0]["header"]["versions"]
    assert {*versions} == {"numpy", "tblite", "ase", "geometric"}


def test_interaction_of_an_ion_and_a_molecule(new_runner: NewRunner) -> None:
    """Charges reach the calculator; nothing corrects for basis sets."""
    asked = {"interaction": True, "gradient": True}
    found, expected = (
        new_runner().run(LITHIUM_AND_WATER | {"parameters": parameters | asked})[0]
        for parameters in (TBLITE, XTB)
    )
    assert found["energy"] == pytest.approx(expected["energy"], abs=1e-5)
    np.testing.assert_allclose(found["gradient"], expected["gradient"], atol=1e-4)
    assert [found[name] for name in ("electrostatics", "exchange", "induction")] == [None] * 3


def test_open_shells_reach_the_calculator(new_runner: NewRunner) -> None:
    job = {"symbols": ["O", "O"], "multiplicity": 3, "positions": [[[0, 0, 0], [0, 0, 1.21]]]}
    found, expected, singlet = (
        new_runner().run(job | change)[0]
        for change in (
            {"parameters": TBLITE},
            {"parameters": XTB},
            {"parameters": TBLITE, "multiplicity": 1},
        )
    )
    assert found["energy"] == pytest.approx(expected["energy"], abs=1e-5)
    assert abs(found["energy"] - singlet["energy"]) > 0.05


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ase": {"calculator": "emt"}, "dipole": True}, "dipole: the engine ase with emt cannot"),
        ({"ase": {"calculator": "nosuch"}}, "ase.calculator: 'nosuch' is not one of abinit, ace"),
        ({"ase": {"calculator": "gpaw", "box": BOX}}, "gpaw is missing; install it where the job"),
        ({"ase": {"calculator": "mace"}}, "mace-torch is missing; install it where the job runs"),
        ({"ase": {"calculator": "asap"}}, "the calculator asap cannot be imported where"),
    ],
)
def test_what_cannot_begin_says_why(
    new_runner: NewRunner, change: dict[str, Any], message: str
) -> None:
    job = {"symbols": ["H", "H"], "positions": [[[0, 0, 0], [0, 0, 0.75]]]}
    said = new_runner().fails(job | {"parameters": TBLITE | change})
    assert message in said
    assert said.count("\n") == 1, said


def test_a_potential_knows_no_electrons(new_runner: NewRunner) -> None:
    job = {"symbols": ["H", "H"], "positions": [[[0, 0, 0], [0, 0, 0.75]]], "multiplicity": 3}
    said = new_runner().fails(job | {"parameters": TBLITE | {"ase": {"calculator": "emt"}}})
    assert "the calculator emt knows no electrons and takes only neutral molecules" in said


def test_gpaw_of_a_molecule(gpaw_runner: NewRunner) -> None:
    """Its gradient is the derivative of its energy, and ions feel their charge."""
    lengths = (0.80, 0.803, 0.797)
    positions = [[[0, 0, 0], [0, 0, r]] for r in lengths]
    parameters = settings("gpaw", BOX, convergence={"density": 1e-6}) | {"gradient": True}
    runner = gpaw_runner()
    job = {"symbols": ["H", "H"], "positions": positions, "parameters": parameters}
    middle, longer, shorter = runner.run(job)
    versions = runner.lines()[0]["header"]["versions"]
    assert {*versions} == {"numpy", "ase", "gpaw"}
    assert versions["gpaw"][0].isdigit()
    slope = (longer["energy"] - shorter["energy"]) / 0.006
    assert middle["gradient"][1][2] == pytest.approx(slope, abs=0.02)
    ion = {"charge": 1, "multiplicity": 2, "positions": positions[:1]}
    (cation,) = gpaw_runner().run(job | ion | {"parameters": settings("gpaw", BOX)})
    # Measured: 15.43 eV, adiabatic, at lengths that are 0.74 and 1.05 Å.
    assert cation["energy"] - middle["energy"] == pytest.approx(15.5, abs=0.7)


def strained(
    parameters: dict[str, Any], symbols: list[str], a: float, step: float
) -> dict[str, Any]:
    """A job of a cell off symmetry: as it is, larger and smaller, one atom moved to both sides."""
    scaled = np.array([[0.0, 0.0, 0.0], [0.51, 0.5, 0.5]])
    cells = [bulk("X", "fcc", a=a * (1 + e)).cell[:] for e in (0.0, step, -step)]
    positions = [scaled @ lattice for lattice in cells]
    moved = [positions[0] + sign * step * np.array([[0, 0, 0], [1, 0, 0]]) for sign in (1, -1)]
    return {
        "symbols": symbols,
        "parameters": parameters | {"gradient": True},
        "positions": [*positions, *moved],
        "cells": [*cells, cells[0], cells[0]],
    }


def check_derivatives(
    job: dict[str, Any], points: list[dict[str, Any]], step: float, accuracy: float
) -> None:
    """Gradient and stress of the first point of `strained`, by energies of the others."""
    assert [point["status"] for point in points] == ["ok"] * 5, points[0]["message"]
    middle, larger, smaller, right, left = points
    slope = (larger["energy"] - smaller["energy"]) / (2 * step)
    volume = np.linalg.det(job["cells"][0])
    assert np.trace(middle["stress"]) * volume == pytest.approx(slope, rel=accuracy)
    pull = (right["energy"] - left["energy"]) / (2 * step)
    assert middle["gradient"][1][0] == pytest.approx(pull, abs=accuracy)


def test_derivatives_of_a_crystal(new_runner: NewRunner) -> None:
    job = strained({"engine": "ase", "ase": {"calculator": "emt"}}, ["Cu", "Au"], a=5.0, step=1e-3)
    check_derivatives(job, new_runner().run(job), step=1e-3, accuracy=1e-3)


def test_gpaw_of_a_crystal(gpaw_runner: NewRunner) -> None:
    """With plane waves, whose number changes with the cell; squeezed, so that stress is large."""
    parameters = settings(
        "gpaw", mode={"name": "pw", "ecut": 600}, kpts={"size": [2, 2, 2]}, gpts=[20, 20, 20]
    )
    job = strained(parameters, ["Li", "F"], a=3.8, step=0.01)
    check_derivatives(job, gpaw_runner().run(job), step=0.01, accuracy=0.07)


def test_gpaw_as_a_job(has_gpaw: None, computer: Computer) -> None:
    """The system's interpreter is the code; the same batch, statuses and versions as of others."""
    code = InstalledCode(computer, str(SYSTEM_PYTHON), label="system").store()
    hydrogen = Cluster.of(from_smiles("[H][H]"))
    positions = np.array([[[0, 0, 0], [0, 0, r]] for r in (0.75, 0.01)])
    qm = {
        "code": code,
        "structures": StructuresData(Structures.rigid(Origin("random"), hydrogen, positions)),
        "parameters": Dict(settings("gpaw", BOX) | {"gradient": True}),
    }
    _, node = run_get_node(QmWorkChain, qm=qm)
    assert node.is_finished_ok, node.exit_message
    points = node.outputs.points.value
    assert points.statuses == ("ok", "atoms_overlap")
    assert points.energies[0] == pytest.approx(-6.6, abs=0.2)
    assert {*points.versions} == {"numpy", "ase", "gpaw"}


def test_gpaw_refuses_settings(gpaw_runner: NewRunner) -> None:
    job = {"symbols": ["H", "H"], "positions": [[[0, 0, 0], [0, 0, 0.75]]]}
    said = gpaw_runner().fails(job | {"parameters": settings("gpaw", BOX, nosuch=1)})
    assert "parameters.ase.settings: gpaw refuses them: " in said
    assert "nosuch" in said


def test_gpaw_needs_a_box_for_a_molecule(gpaw_runner: NewRunner) -> None:
    job = {"symbols": ["H", "H"], "positions": [[[0, 0, 0], [0, 0, 0.75]]]}
    said = gpaw_runner().fails(job | {"parameters": settings("gpaw")})
    assert "parameters.ase.box: gpaw needs it: the edges of a box, three in Å" in said
