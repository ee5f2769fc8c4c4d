"""C8 of atoms is what DFT-D4 makes of their C6."""

import json
import subprocess
from pathlib import Path

import pytest
from ase.data import chemical_symbols

from aiida_forcefield.fitting.priors.dispersion import c8_over_c6

pytestmark = pytest.mark.integration

# Of two like atoms without damping: C8/r⁸ over C6/r⁶.
D4 = """
import json
import numpy as np
from dftd4.interface import DampingParam, DispersionModel
r, ratios = 12.0, {}
for z in range(1, 87):
    model = DispersionModel(np.array([z, z]), np.array([[0, 0, 0], [0, 0, r]]))
    six, eight = (
        model.get_dispersion(DampingParam(s6=s6, s8=1 - s6, s9=0, a1=0, a2=0), grad=False)["energy"]
        for s6 in (1, 0)
    )
    ratios[z] = eight / six * r**2 * 0.529177210544**2
print(json.dumps(ratios))
"""


def test_c8_of_all_elements(compute_python: Path) -> None:
    done = subprocess.run([compute_python, "-c", D4], capture_output=True, text=True, check=True)
    for number, ratio in json.loads(done.stdout).items():
        assert c8_over_c6(chemical_symbols[int(number)]) == pytest.approx(ratio, rel=1e-4), number
