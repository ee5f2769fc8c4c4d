"""PySCF's linear algebra: with the processor's vector instructions, and right."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from aiida_forcefield.runner.engines.pyscf import kernels

SOURCE = Path(kernels.__file__).parents[4]
REPORT = """
import ctypes, json, os
from pathlib import Path
import numpy as np
from aiida_forcefield.runner.engines.pyscf.kernels import OLD, VARIABLE, choose_kernels
choose_kernels()
import pyscf.lib
a = np.random.default_rng(1).normal(size=(300, 200))
name = ""
for library in Path(pyscf.__file__).parent.glob(f"lib/{OLD}"):
    blas = ctypes.CDLL(str(library))
    blas.openblas_get_corename.restype = ctypes.c_char_p
    name = blas.openblas_get_corename().decode()
error = float(abs(pyscf.lib.dot(a, a.T) - np.einsum("ik,jk", a, a)).max())
print(json.dumps({"name": name, "error": error, "left": os.environ.get(VARIABLE)}))
"""


def loaded(**environment: str) -> dict[str, Any]:
    env = {key: value for key, value in os.environ.items() if key != kernels.VARIABLE}
    command = [sys.executable, "-c", REPORT]
    output = subprocess.check_output(command, env=env | environment, cwd=SOURCE, text=True)
    report: dict[str, Any] = json.loads(output.splitlines()[-1])
    return report


def test_instructions_are_used() -> None:
    found = loaded()
    assert found["left"] is None  # for programs that are started later
    assert found["error"] < 1e-10
    if not found["name"]:
        pytest.skip("this PySCF has another OpenBLAS")
    if not {"avx2", "fma"} <= kernels.instructions():
        pytest.skip("the processor has no AVX2")
    assert found["name"] == "Haswell"


def test_the_environment_decides() -> None:
    found = loaded(OPENBLAS_CORETYPE="Prescott")
    assert found["left"] == "Prescott"
    assert found["name"] in ("", "Prescott")


def test_unknown_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", refuse)
    assert kernels.instructions() == set()
