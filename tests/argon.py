"""A leg of molecular dynamics that takes a second: argon at its boiling point."""

from io import StringIO
from typing import Any

import numpy as np
from aiida.orm import Dict, SinglefileData

from aiida_forcefield.data import BoxData
from aiida_forcefield.dynamics import DATA, FINAL_DATA, FORCE_FIELD, MEASURED
from aiida_forcefield.dynamics.log import THERMO_KEYWORDS
from aiida_forcefield.topology import Box

FIELD = "pair_style lj/cut 8.5\npair_modify shift yes\npair_coeff 1 1 0.238 3.405\n"
SYSTEM = "argon\n\n1 atoms\n1 atom types\n\n0 5.8 xlo xhi\n0 5.8 ylo yhi\n0 5.8 zlo zhi\n\n"
SYSTEM += "Masses\n\n1 39.948\n\nAtoms # atomic\n\n1 1 0 0 0\n"
SCRIPT = f"""\
units real
atom_style atomic
read_data {DATA}
replicate 5 5 5
include {FORCE_FIELD}
velocity all create 87 {{seed}}
fix 1 all nve
thermo_style custom {THERMO_KEYWORDS}
thermo_modify line one flush yes format float %.10g
thermo 10
timestep {{timestep}}
print "{MEASURED}"
run 100
write_data {FINAL_DATA}
"""


def leg(timestep: float = 2.0, seed: int = 1) -> dict[str, Any]:
    """Inputs of an `MdCalculation` but for its code; it is stable with a time step of 2 fs."""
    script = SCRIPT.format(timestep=timestep, seed=seed)
    return {
        "script": SinglefileData(StringIO(script), filename="leg.in"),
        "files": {
            "force_field": SinglefileData(StringIO(FIELD), filename=FORCE_FIELD),
            "system": SinglefileData(StringIO(SYSTEM), filename="as_it_was.data"),
        },
        "filenames": Dict({"system": DATA}),
        "box": BoxData(Box((125,), np.zeros((125, 3)), np.full(3, 29.0))),
        "simulation": Dict({"temperature": 87.0}),
    }
