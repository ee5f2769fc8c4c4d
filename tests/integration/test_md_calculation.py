"""MdCalculation, run by AiiDA with real LAMMPS: one leg that holds and one that does not."""

import os
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiida.engine import run_get_node
from aiida.orm import CalcJobNode, Computer, Dict, InstalledCode, SinglefileData

from aiida_forcefield.calculations.jobs.md import MdCalculation
from aiida_forcefield.data import BoxData
from aiida_forcefield.dynamics import DATA, FINAL_DATA, FORCE_FIELD
from aiida_forcefield.dynamics.log import MEASURED, THERMO_KEYWORDS
from aiida_forcefield.topology import Box

pytestmark = pytest.mark.integration

# Argon at its boiling point: small, and stable at a time step of 2 fs.
FIELD = "pair_style lj/cut 8.5\npair_modify shift yes\npair_coeff 1 1 0.238 3.405\n"
SYSTEM = "argon\n\n1 atoms\n1 atom types\n\n0 5.8 xlo xhi\n0 5.8 ylo yhi\n0 5.8 zlo zhi\n\n"
SYSTEM += "Masses\n\n1 39.948\n\nAtoms # atomic\n\n1 1 0 0 0\n"
SCRIPT = f"""\
units real
atom_style atomic
read_data {DATA}
replicate 5 5 5
include {FORCE_FIELD}
velocity all create 87 1
fix 1 all nve
thermo_style custom {THERMO_KEYWORDS}
thermo_modify line one format float %.10g
thermo 10
timestep {{timestep}}
print "{MEASURED}"
run 100
write_data {FINAL_DATA}
"""


@pytest.fixture(scope="module")
def lammps(computer: Computer, compute_python: Path) -> InstalledCode:
    program = os.environ.get("AIIDA_FORCEFIELD_LMP", str(compute_python.parent / "lmp"))
    return InstalledCode(
        computer, program, label="lammps", prepend_text="export OMP_NUM_THREADS=1"
    ).store()


def run_leg(code: InstalledCode, timestep: float) -> tuple[dict[str, Any], CalcJobNode]:
    outputs, node = run_get_node(
        MdCalculation,
        code=code,
        script=SinglefileData(StringIO(SCRIPT.format(timestep=timestep)), filename="leg.in"),
        files={
            "force_field": SinglefileData(StringIO(FIELD), filename=FORCE_FIELD),
            "system": SinglefileData(StringIO(SYSTEM), filename="as_it_was.data"),
        },
        filenames=Dict({"system": DATA}),
        box=BoxData(Box((125,), np.zeros((125, 3)), np.full(3, 29.0))),
        simulation=Dict({"temperature": 87.0}),
    )
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
