"""Lattice constants and bulk moduli of crystals: what they cost, how far they are from convergence.

    python benchmarks/crystals.py [-o FILE.json] [--compute .venv-compute/bin/python] [MATERIAL ...]

Each crystal is strained isotropically by up to 4 % in five steps, with the settings of the
protocol `fast` and with changes of one setting at a time. The jobs are those of `forcefield.qm`,
run one after another. Cases that the file has already are kept.
"""

import argparse
import json
import subprocess
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms
from ase.build import bulk
from ase.spacegroup import crystal as from_spacegroup

from aiida_forcefield.scans.crystal_qm import CrystalSettings, crystal_parameters
from aiida_forcefield.scans.equation_of_state import equation_of_state
from aiida_forcefield.scans.lattice import LatticeScan, lattice_scan, lattice_structures
from aiida_forcefield.topology.crystal import Crystal, conventional_lengths, from_atoms
from aiida_forcefield.workflows.protocols import get_protocol

ROOT = Path(__file__).parents[1]
STRAINS = np.array([-0.04, -0.02, 0.0, 0.02, 0.04])
FAST = CrystalSettings(**get_protocol("fast")["crystal"])
COARSE = replace(FAST, strain_spacing=0.9)
"""For the k-points, whose effect hardly depends on the grid; a finer one would cost hours."""
CASES = {
    **{name: CrystalSettings(**get_protocol(name)["crystal"]) for name in ("draft", "fast")},
    "balanced": CrystalSettings(**get_protocol("balanced")["crystal"]),
    "finer grid": replace(FAST, strain_spacing=0.38),
    "larger basis": replace(FAST, basis="triple"),
    "coarse": COARSE,
    "coarse, more k-points": replace(COARSE, k_spacing=FAST.k_spacing / 2),
}


def material(name: str) -> Atoms:
    """A crystal near its lattice constant with PBE."""
    if name == "Li2O":
        sites = [(0.0, 0.0, 0.0), (0.25, 0.25, 0.25)]
        return from_spacegroup(["O", "Li"], sites, spacegroup=225, cellpar=[4.63] * 3 + [90] * 3)
    return bulk(name, "rocksalt", a={"LiF": 4.07, "NaCl": 5.70, "MgO": 4.26}[name])


def measure(crystal: Crystal, settings: CrystalSettings, python: Path) -> dict[str, Any]:
    """The equation of state with some settings, and what it cost."""
    scan = lattice_scan(crystal, "isotropic", float(STRAINS.min()), float(STRAINS.max()))
    parameters = crystal_parameters(crystal, scan, settings)
    points = compute(crystal, scan, parameters, python)
    failed = [point["message"] for point in points if point["status"] != "ok"]
    if failed:
        return {"parameters": parameters, "failed": failed}
    energies = np.array([point["energy"] for point in points])
    state = equation_of_state(STRAINS, energies, np.full(len(STRAINS), np.nan), crystal.volume)
    return {
        "parameters": parameters,
        "lattice_constant": float(conventional_lengths(crystal)[0] * (1 + state.strain)),
        "cpu_seconds_per_point": float(np.median([point["cpu_seconds"] for point in points])),
        "energies": energies.tolist(),
        **asdict(state),
    }


def compute(
    crystal: Crystal, scan: LatticeScan, parameters: dict[str, Any], python: Path
) -> list[dict[str, Any]]:
    """The points of a job, in the order of the strains."""
    structures = lattice_structures(crystal, scan, STRAINS)
    assert structures.cells is not None
    job = {
        "parameters": parameters,
        "symbols": structures.symbols,
        "positions": structures.positions.tolist(),
        "cells": structures.cells.tolist(),
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "job.json"
        path.write_text(json.dumps(job))
        package = ROOT / "src" / "aiida_forcefield"
        subprocess.run([python, "-m", "runner", path], cwd=package, check=True)
        lines = [json.loads(line) for line in path.with_name("results.jsonl").open()]
    points = [line for line in lines if "index" in line]
    return sorted(points, key=lambda point: point["index"])


def main() -> None:
    """Measure all cases, print a line for each, and write JSON after each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("materials", nargs="*", default=["LiF", "Li2O", "MgO", "NaCl"])
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--compute", type=Path, default=ROOT / ".venv-compute" / "bin" / "python")
    parser.add_argument("--cases", nargs="*", default=list(CASES), choices=list(CASES))
    arguments = parser.parse_args()
    kept = arguments.output is not None and arguments.output.exists()
    report: dict[str, dict[str, Any]] = json.loads(arguments.output.read_text()) if kept else {}
    for case in arguments.cases:
        for name in arguments.materials:
            cases = report.setdefault(name, {})
            if case not in cases:
                crystal = from_atoms(material(name))
                cases[case] = measure(crystal, CASES[case], arguments.compute.absolute())
            found = cases[case]
            print(
                f"{name:5s} {case:22s} mesh {found['parameters']['crystal']['mesh'][0]:3d}",
                f"a {found['lattice_constant']:.4f} Å  B {found['bulk_modulus']:6.1f} GPa"
                f"  {found['cpu_seconds_per_point']:6.1f} s a point"
                if "failed" not in found
                else found["failed"],
                flush=True,
            )
            if arguments.output:
                arguments.output.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
