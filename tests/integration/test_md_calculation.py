"""MdCalculation, run by AiiDA with real LAMMPS: one leg that holds and one that does not."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiida.engine import run_get_node
from aiida.orm import CalcJobNode, Computer, InstalledCode

from aiida_forcefield.calculations.jobs.md import MdCalculation
from tests.argon import leg

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def lammps(computer: Computer, compute_python: Path) -> InstalledCode:
    program = os.environ.get("AIIDA_FORCEFIELD_LMP", str(compute_python.parent / "lmp"))
    return InstalledCode(
        computer, program, label="lammps", prepend_text="export OMP_NUM_THREADS=1"
    ).store()


def run_leg(code: InstalledCode, timestep: float) -> tuple[dict[str, Any], CalcJobNode]:
    outputs, node = run_get_node(MdCalculation, code=code, **leg(timestep))
    return outputs, node


def test_stable_leg(lammps: InstalledCode) -> None:
    outputs, node = run_leg(lammps, timestep=2.0)
    assert node.is_finished_ok, node.exit_message
    thermo = outputs["thermo"].value
    np.testing.assert_allclose(thermo.time, np.linspace(0.0, 0.2, 11))  # ps
    energy = thermo.total_energy
    assert np.ptp(energy) < 1e-3 * np.abs(energy).max()
    assert outputs["final"].get_content().startswith("LAMMPS data file")


def test_leg_that_explodes(lammps: InstalledCode) -> None:
    outputs, node = run_leg(lammps, timestep=1000.0)
    assert node.exit_status == 312
    assert "final" not in outputs
