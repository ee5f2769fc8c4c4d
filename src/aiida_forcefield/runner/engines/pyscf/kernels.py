"""How PySCF's linear algebra makes use of the processor."""

import os
from importlib.util import find_spec
from pathlib import Path

VARIABLE = "OPENBLAS_CORETYPE"
OLD = "libopenblas*0.3.3.so"
"""The OpenBLAS that wheels of PySCF bring, of 2018."""


def choose_kernels() -> None:
    """Have PySCF's OpenBLAS use AVX2, which it does by itself on processors up to 2018 only.

    Those that it does not know it takes for one of 2004 (Prescott), and is less than half as fast.
    It reads the environment once, when it is loaded; those of NumPy and SciPy, which know newer
    processors, are loaded before.
    """
    package = find_spec("pyscf")
    if package is None or package.origin is None or VARIABLE in os.environ:
        return
    if any(Path(package.origin).parent.glob(f"lib/{OLD}")) and {"avx2", "fma"} <= instructions():
        import scipy.linalg  # noqa: F401

        os.environ[VARIABLE] = "Haswell"
        import pyscf.lib  # noqa: F401

        del os.environ[VARIABLE]


def instructions() -> set[str]:
    """Instruction sets of the processor, as Linux names them."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return set()
    return {word for line in lines if line.startswith("flags") for word in line.split()}
