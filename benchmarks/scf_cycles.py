"""SCF cycles of a relaxed scan: PySCF's own first guess, the nearest density, and ours.

    .venv-compute/bin/python benchmarks/scf_cycles.py [-o FILE.json]

A bond each of methanol and ethylene carbonate, nine lengths from the middle outwards, the rest
relaxed with GFN2-xTB; then PBE/def2-SVP, converged to 1e-9 hartree. It runs in the compute
environment, and uses the runner as a job does.
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyscf

sys.path.insert(0, str(Path(__file__).parents[1] / "src" / "aiida_forcefield"))
from runner.coordinate import Coordinate
from runner.engines import find_engine
from runner.engines.pyscf.guess import Memory
from runner.engines.tblite import Tblite
from runner.order import nearest_first
from runner.relax import Relaxer

Array = np.ndarray

SETTINGS = {
    "mean_field": {"method": "RKS", "xc": "pbe", "conv_tol": 1e-9},
    "structure": {"basis": "def2-svp"},
    "density_fit": True,
}
MOLECULES = {
    "methanol, C-O": (
        "C O H H H H",
        [
            [0.0, 0.0, 0.0],
            [1.41, 0.0, 0.0],
            [1.72, 0.9, 0.0],
            [-0.36, 0.51, 0.89],
            [-0.36, 0.51, -0.89],
            [-0.36, -1.03, 0.0],
        ],
        (0, 1),
    ),
    "ethylene carbonate, C=O": (
        "C O O O C C H H H H",
        [
            [0.0, 0.86, 0.0],
            [0.0, 2.05, 0.0],
            [1.11, 0.1, 0.1],
            [-1.11, 0.1, -0.1],
            [0.75, -1.28, -0.1],
            [-0.75, -1.28, 0.1],
            [1.12, -1.65, -1.06],
            [1.22, -1.86, 0.7],
            [-1.12, -1.65, 1.06],
            [-1.22, -1.86, -0.7],
        ],
        (0, 1),
    ),
}
STEPS = 0.04 * np.array([0, 1, -1, 2, -2, 3, -3, 4, 5])  # Å from the minimum


class Cold(Memory):
    """Remembers nothing: PySCF guesses."""

    def guess(self, positions: Array, overlap: Array) -> None:
        """No guess."""


class Nearest(Memory):
    """Remembers densities, and gives the nearest as it is."""

    def __init__(self) -> None:
        self._all: list[tuple[Array, tuple[Array, ...]]] = []

    def add(self, positions: Array, overlap: Array, orbitals: tuple[Array, ...]) -> None:
        """Remember the orbitals as they are."""
        self._all.append((positions, orbitals))

    def guess(self, positions: Array, overlap: Array) -> tuple[Array, ...] | None:
        """Those of the geometry that is nearest."""
        if not self._all:
            return None
        return min(self._all, key=lambda entry: np.abs(entry[0] - positions).max())[1]


def main() -> None:
    """Measure all molecules, print a line for each, and write JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    pyscf.lib.num_threads(1)
    report = {"pyscf": pyscf.__version__, "settings": SETTINGS, "molecules": {}}
    for name, (symbols, positions, atoms) in MOLECULES.items():
        structures = relaxed_scan(tuple(symbols.split()), np.array(positions), atoms)
        rows = {
            label: cycles(tuple(symbols.split()), structures, memory)
            for label, memory in (("cold", Cold), ("nearest", Nearest), ("extrapolated", Memory))
        }
        # The first point has nothing to start from.
        totals = {label: sum(counts[1:]) for label, counts in rows.items()}
        ratio = totals["cold"] / totals["extrapolated"]
        report["molecules"][name] = {"cycles": rows, "cold_over_extrapolated": ratio}
        print(f"{name:25s} {totals}  cold/extrapolated {ratio:.2f}")
    if arguments.output:
        arguments.output.write_text(json.dumps(report, indent=2) + "\n")


def relaxed_scan(symbols: tuple[str, ...], positions: Array, atoms: tuple[int, ...]) -> Array:
    """Geometries along a bond in the order in which a job computes them, shape (9, n, 3), Å."""
    relaxer = Relaxer(symbols, None, Tblite(symbols, 0, 1, "GFN2-xTB"))
    minimum, coordinate = relaxer.relax(positions), Coordinate(atoms)
    length = coordinate.value(minimum)
    structures = np.array([relaxer.relax(minimum, coordinate, length + step) for step in STEPS])
    return structures[nearest_first(structures)]


def cycles(symbols: tuple[str, ...], structures: Array, memory: Callable[[], Memory]) -> list[int]:
    """SCF cycles of each geometry with a kind of guess."""
    engine = find_engine("pyscf").molecule(symbols, 0, 1, SETTINGS)
    engine._memory = memory()
    return [int(engine.solved(positions).cycles) for positions in structures]


if __name__ == "__main__":
    main()
