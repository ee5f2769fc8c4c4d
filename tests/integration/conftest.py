"""The compute environment, as a cluster has it: apart from AiiDA's."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def compute_python() -> Path:
    """The interpreter with PySCF and tblite: $AIIDA_FORCEFIELD_COMPUTE or .venv-compute."""
    default = Path(__file__).parents[2] / ".venv-compute" / "bin" / "python"
    interpreter = Path(os.environ.get("AIIDA_FORCEFIELD_COMPUTE", default))
    if not interpreter.exists():
        pytest.fail(f"no compute environment at {interpreter}; set AIIDA_FORCEFIELD_COMPUTE")
    return interpreter
