"""Lattice constants and bulk moduli of LiF and Li2O by a calculator of ASE, through the runner.

    python benchmarks/engine_crystals.py sevenn '{"model": "7net-0", "device": "cpu"}'

It takes an interpreter with NumPy, SciPy, ASE and the calculator; nothing of the package has to be
installed there. A job of nine cells a crystal is run as on a compute node, and an equation of
state of Birch and Murnaghan is fitted to its energies.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.build import bulk
from scipy.optimize import curve_fit

GPA = 160.21766208  # eV/Å³
STRAINS = np.linspace(-0.03, 0.03, 9)
SOURCE = Path(__file__).parents[1] / "src" / "aiida_forcefield"


def antifluorite(a: float) -> Atoms:
    """The primitive cell of Li2O, with the lattice constant of its cubic cell in Å."""
    scaled = [[0.0, 0.0, 0.0], [0.25, 0.25, 0.25], [0.75, 0.75, 0.75]]
    return Atoms("OLi2", cell=bulk("X", "fcc", a=a).cell, scaled_positions=scaled, pbc=True)


# Measured, at room temperature: LiF by C. V. Briscoe and C. F. Squire, Phys. Rev. 106, 1175 (1957);
# Li2O by S. Hull et al., J. Nucl. Mater. 160, 125 (1988).
CRYSTALS = {
    "LiF": (lambda a: bulk("LiF", "rocksalt", a=a), 4.03, "67-70"),
    "Li2O": (antifluorite, 4.62, "82-90"),
}


def main() -> None:
    """Print lattice constant (Å) and bulk modulus (GPa) of each crystal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("calculator")
    parser.add_argument("settings", type=json.loads)
    arguments = parser.parse_args()
    for name, (make, measured, modulus) in CRYSTALS.items():
        begun = time.monotonic()
        cells = [make(measured * (1.0 + strain)) for strain in STRAINS]
        points = run(cells, arguments.calculator, arguments.settings)
        volumes = np.array([cell.get_volume() for cell in cells])
        energies = np.array([point["energy"] for point in points])
        pressures = np.array([-np.trace(point["stress"]) / 3 for point in points])
        v, b = fit(volumes, energies)
        a = measured * (v / cells[4].get_volume()) ** (1 / 3)
        slope = -np.gradient(energies, volumes)[1:-1]
        off = np.abs(slope - pressures[1:-1]).max() * GPA
        print(
            f"{name:5s} a0 {a:.3f} Å (measured {measured}), B0 {b * GPA:.1f} GPa (measured "
            f"{modulus}), pressures from stress and energy within {off:.2f} GPa, "
            f"{time.monotonic() - begun:.0f} s"
        )


def run(cells: list[Atoms], calculator: str, settings: dict) -> list[dict]:
    """The points of a job of the engine ``ase``, as the runner writes them."""
    job = {
        "parameters": {
            "engine": "ase",
            "ase": {"calculator": calculator, "settings": settings},
            "gradient": True,
        },
        "symbols": cells[0].get_chemical_symbols(),
        "positions": [cell.positions.tolist() for cell in cells],
        "cells": [np.asarray(cell.cell).tolist() for cell in cells],
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "job.json"
        path.write_text(json.dumps(job))
        command = [sys.executable, "-m", "runner", path]
        subprocess.run(command, cwd=SOURCE, check=True, stdout=subprocess.DEVNULL)
        lines = (Path(folder) / "results.jsonl").read_text().splitlines()
    points = [point for point in map(json.loads, lines) if "index" in point]
    failed = [point["message"] for point in points if point["status"] != "ok"]
    if failed:
        sys.exit(f"{len(failed)} points failed: {failed[0]}")
    return sorted(points, key=lambda point: point["index"])


def fit(volumes: np.ndarray, energies: np.ndarray) -> tuple[float, float]:
    """Volume (Å³) and bulk modulus (eV/Å³) of the minimum.

    F. Birch, Phys. Rev. 71, 809 (1947).
    """

    def curve(v: np.ndarray, e0: float, v0: float, b: float, slope: float) -> np.ndarray:
        x = (v0 / v) ** (2 / 3)
        return e0 + 9 * v0 * b / 16 * ((x - 1) ** 3 * slope + (x - 1) ** 2 * (6 - 4 * x))

    lowest = energies.argmin()
    start = (energies[lowest], volumes[lowest], 0.5, 4.0)
    (_, v0, b, _), _ = curve_fit(curve, volumes, energies, start)
    return v0, b


if __name__ == "__main__":
    main()
