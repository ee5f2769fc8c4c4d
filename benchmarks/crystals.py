"""Lattice constants and bulk moduli of crystals: what they cost, how far they are from convergence.

    python benchmarks/crystals.py [-o FILE.json] [--compute .venv-compute/bin/python] [MATERIAL ...]

Each crystal is strained isotropically by up to 4 % in five steps, with the settings of the
protocol `fast` and with changes of one setting at a time; last, all atoms are moved against the
grid. The jobs are those of `forcefield.qm`, run one after another. Cases that the file has already
are kept.
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
from numpy.typing import NDArray

from aiida_forcefield.scans import Scan
from aiida_forcefield.scans.crystal_qm import CrystalSettings, scan_parameters
from aiida_forcefield.scans.equation_of_state import equation_of_state
from aiida_forcefield.scans.lattice import lattice_scan, lattice_structures
from aiida_forcefield.topology.crystal import Crystal, conventional_lengths, from_atoms
from aiida_forcefield.workflows.protocols import get_protocol

Array = NDArray[np.float64]

ROOT = Path(__file__).parents[1]
STRAINS = np.array([-0.04, -0.02, 0.0, 0.02, 0.04])
FAST = CrystalSettings(**get_protocol("fast")["crystal"])
CASES = {
    **{name: CrystalSettings(**get_protocol(name)["crystal"]) for name in ("draft", "fast")},
    "balanced": CrystalSettings(**get_protocol("balanced")["crystal"]),
    "finer grid": replace(FAST, strain_spacing=0.38),
    "larger basis": replace(FAST, basis="triple"),
    "more k-points": replace(FAST, k_spacing=FAST.k_spacing / 2),
}


RIPPLE = "ripple"
"""Not an equation of state, but how much displaced atoms feel the grid."""


def material(name: str) -> Atoms:
    """A crystal near its lattice constant with PBE."""
    if name == "Li2O":
        sites = [(0.0, 0.0, 0.0), (0.25, 0.25, 0.25)]
        return from_spacegroup(["O", "Li"], sites, spacegroup=225, cellpar=[4.63] * 3 + [90] * 3)
    return bulk(name, "rocksalt", a={"LiF": 4.07, "NaCl": 5.70, "MgO": 4.26}[name])


def measure(crystal: Crystal, settings: CrystalSettings, python: Path) -> dict[str, Any]:
    """The equation of state with some settings, and what it cost."""
    scan = lattice_scan(crystal, "isotropic", float(STRAINS.min()), float(STRAINS.max()))
    parameters = scan_parameters(crystal, scan, settings)
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
    crystal: Crystal, scan: Scan, parameters: dict[str, Any], python: Path
) -> list[dict[str, Any]]:
    """The points of a job, in the order of the strains."""
    structures = lattice_structures(crystal, scan, STRAINS)
    assert structures.cells is not None
    return run(
        structures.cluster.symbols, structures.cells, structures.positions, parameters, python
    )


def measure_ripple(crystal: Crystal, settings: CrystalSettings, python: Path) -> dict[str, Any]:
    """How much the energy changes, eV, when all atoms move by half a step of the grid."""
    found = {}
    for mode, element in (("isotropic", ""), ("x", crystal.symbols[0])):
        scan = lattice_scan(crystal, mode, -0.01, 0.01, element)
        parameters = scan_parameters(crystal, scan, settings)
        step = crystal.cell.sum(axis=0) / parameters["crystal"]["mesh"][0]
        cells = np.array([crystal.cell] * 2)
        positions = np.array([crystal.positions, crystal.positions + step / 2])
        points = run(crystal.symbols, cells, positions, parameters, python)
        found[scan.kind] = {
            "mesh": parameters["crystal"]["mesh"],
            "ripple": abs(points[1]["energy"] - points[0]["energy"]),
            "cpu_seconds_per_point": points[1]["cpu_seconds"],
        }
    return {"ripples": found}


def run(
    symbols: tuple[str, ...],
    cells: Array,
    positions: Array,
    parameters: dict[str, Any],
    python: Path,
) -> list[dict[str, Any]]:
    """The points of a job, in the order of its structures."""
    job = {
        "parameters": parameters,
        "symbols": symbols,
        "positions": positions.tolist(),
        "cells": cells.tolist(),
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "job.json"
        path.write_text(json.dumps(job))
        package = ROOT / "src" / "aiida_forcefield"
        subprocess.run([python, "-m", "runner", path], cwd=package, check=True)
        lines = [json.loads(line) for line in path.with_name("results.jsonl").open()]
    points = [line for line in lines if "index" in line]
    return sorted(points, key=lambda point: point["index"])


def summary(found: dict[str, Any]) -> str:
    """What was found, in one line."""
    if "failed" in found:
        return str(found["failed"])
    if "ripples" in found:
        return "  ".join(
            f"{kind}: mesh {part['mesh'][0]}, {1000 * part['ripple']:.2f} meV"
            for kind, part in found["ripples"].items()
        )
    return (
        f"mesh {found['parameters']['crystal']['mesh'][0]}  a {found['lattice_constant']:.4f} Å  "
        f"B {found['bulk_modulus']:.1f} GPa  {found['cpu_seconds_per_point']:.1f} s a point"
    )


def main() -> None:
    """Measure all cases, print a line for each, and write JSON after each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("materials", nargs="*", default=["LiF", "Li2O", "MgO", "NaCl"])
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--compute", type=Path, default=ROOT / ".venv-compute" / "bin" / "python")
    everything = [*CASES, RIPPLE]
    parser.add_argument("--cases", nargs="*", default=everything, choices=everything)
    arguments = parser.parse_args()
    python, output = arguments.compute.absolute(), arguments.output
    kept = output is not None and output.exists()
    report: dict[str, dict[str, Any]] = json.loads(output.read_text()) if kept else {}
    for case in arguments.cases:
        for name in arguments.materials:
            cases, crystal = report.setdefault(name, {}), from_atoms(material(name))
            if case not in cases and case == RIPPLE:
                cases[case] = measure_ripple(crystal, FAST, python)
            elif case not in cases:
                cases[case] = measure(crystal, CASES[case], python)
            print(f"{name:5s} {case:22s} {summary(cases[case])}", flush=True)
            if output:
                output.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
