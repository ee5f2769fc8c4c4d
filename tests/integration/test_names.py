"""The names that pass before submission are those that PySCF of the compute environment knows."""

import json
import subprocess
from importlib import resources
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

SCRIPT = Path(__file__).parents[2] / "setup_scripts" / "compute" / "names.py"


def test_names_are_those_of_pyscf(compute_python: Path) -> None:
    printed = subprocess.run([compute_python, SCRIPT], capture_output=True, check=True).stdout
    kept = resources.files("aiida_forcefield.calculations").joinpath("names.json").read_bytes()
    assert json.loads(printed) == json.loads(kept)
