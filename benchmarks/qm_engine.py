"""The engine ``pyscf`` beside ``pyscf.base``, the stock calculation of aiida-pyscf.

    OMP_NUM_THREADS=1 .venv/bin/python benchmarks/qm_engine.py -o benchmarks/results/qm_engine.json

Both run in one process, in an AiiDA profile of its own that is deleted afterwards, on the compute
environment of this clone. Both relax the same scan with the same method and thresholds; the stock
calculation, one job a point, has all its jobs at once, ours is a single job on one core.
The overhead is the time of the cores that are kept busy, less that of the QM itself, over the CPU
time of the QM: for ours as the points tell it, for the stock calculation that of a plain script.
The latter, and all wall times, want a quiet machine.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PYTHON = ROOT / ".venv-compute" / "bin" / "python"
METHOD = {"mean_field": {"method": "RKS", "xc": "pbe", "conv_tol": 1e-9}}
BASIS = {"structure": {"basis": "def2-svp"}}
MOLECULES = {"methanol": "CO", "ethylene carbonate": "C1COC(=O)O1"}
XTB = {"engine": "tblite", "tblite": {"method": "GFN2-xTB"}}
TIMES = "times.txt"
POINTS = 9
"""Of each relaxed scan."""
PLAIN_SCRIPT = """
import json, sys
from time import process_time
from pyscf import dft, gto
data, results = json.load(sys.stdin), []
for positions in data["positions"]:
    begun = process_time()
    mol = gto.M(atom=list(zip(data["symbols"], positions)), basis="def2-svp", verbose=0)
    field = dft.RKS(mol, xc="pbe").set(conv_tol=1e-9).run()
    gradient = field.nuc_grad_method().kernel().tolist()
    cpu = process_time() - begun
    results.append({"energy": field.e_tot, "gradient": gradient, "cpu": cpu})
print(json.dumps(results))
"""
STOCK_POINTS = 20
"""For the overhead, which of the stock calculation is one of each job."""


def main() -> None:
    """Measure what the arguments name, print it, and keep it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, required=True, help="JSON file")
    parser.add_argument("--parts", nargs="*", help="only these, and what the file has of others")
    options = parser.parse_args()
    kept = options.parts is not None and options.output.exists()
    found: dict[str, Any] = json.loads(options.output.read_text()) if kept else {}
    with tempfile.TemporaryDirectory() as folder:
        os.environ["AIIDA_PATH"] = folder  # before AiiDA is imported
        code = set_up(Path(folder))
        found |= {"points": POINTS, "cores": os.cpu_count()}
        for name, measure in {
            **{name: partial(compare, code, smiles) for name, smiles in MOLECULES.items()},
            "overhead": partial(overhead, code, MOLECULES["ethylene carbonate"], 100),
            "agreement": partial(agreement, code),
            "growth": partial(growth, code, Path(folder)),
        }.items():
            if options.parts is not None and name not in options.parts:
                continue
            found[name] = measure()
            print(name, json.dumps(found[name], indent=2), flush=True)
            options.output.write_text(json.dumps(found, indent=2) + "\n")  # none is lost


def set_up(folder: Path) -> Any:
    """A profile with a code for the compute environment."""
    from aiida import load_profile
    from aiida.manage.configuration import create_profile, get_config
    from aiida.orm import Computer, InstalledCode

    profile = create_profile(
        get_config(create=True),
        storage_backend="core.sqlite_dos",
        storage_config={"filepath": str(folder / "storage")},
        name="benchmark",
        email="benchmark@localhost",
    )
    get_config().set_option("runner.poll.interval", 1, scope=profile.name)
    load_profile(profile, allow_switch=True)
    scratch = str(folder / "scratch")
    computer = Computer("here", "localhost", "", "core.local", "core.direct", scratch).store()
    computer.set_minimum_job_poll_interval(0.5)
    computer.configure(safe_interval=0)
    return InstalledCode(
        computer,
        str(PYTHON),
        label="compute",
        prepend_text="export OMP_NUM_THREADS=1\nunset PYTHONPATH",
        append_text=f"times > {TIMES}",  # of the shell, and below it those of its children
    ).store()


def compute(code: Any, structures: Any, parameters: dict[str, Any]) -> tuple[Any, dict[str, float]]:
    """Points of a batch; wall time from submission to parsed points and CPU time of jobs, s."""
    from aiida.engine import run_get_node
    from aiida.orm import CalcJobNode, Dict

    from aiida_forcefield.data import StructuresData
    from aiida_forcefield.workflows.qm import QmWorkChain

    begun = time.perf_counter()
    outputs, node = run_get_node(
        QmWorkChain,
        qm={
            "code": code,
            "structures": StructuresData(structures),
            "parameters": Dict(parameters),
        },
    )
    wall = time.perf_counter() - begun
    jobs = [each for each in node.called_descendants if isinstance(each, CalcJobNode)]
    folders = [Path(job.get_remote_workdir()) for job in jobs]
    cost = {"wall": wall, "cpu": sum(map(cpu_seconds, folders)), "jobs": len(jobs)}
    return outputs["points"].value, {**cost, "qm": sum(map(wall_seconds_of_points, folders))}


def cpu_seconds(job: Path) -> float:
    """User and system time of the children of a shell, the second line of its ``times``."""
    words = (job / TIMES).read_text().splitlines()[1].split()
    return sum(60 * float(m) + float(s) for m, s in (w.rstrip("s").split("m") for w in words))


def wall_seconds_of_points(job: Path) -> float:
    """What the points of a job of ours took, as it tells; 0 of others."""
    results = job / "results.jsonl"
    lines = results.read_text().splitlines() if results.exists() else []
    return sum(json.loads(line).get("wall_seconds", 0.0) for line in lines)


def compare(code: Any, smiles: str) -> dict[str, Any]:
    """The same relaxed scan of a C-O bond with both engines, and with ours as it is by default."""
    import numpy as np

    structures = scan(smiles, POINTS)
    relaxed = {**METHOD, **BASIS, "relaxation": {"engine": "pyscf"}}
    ours = {"engine": "pyscf", **relaxed}
    found: dict[str, Any] = {}
    energies = {}
    for name, parameters in {
        "ours": ours,
        "ours, density fitting": {**ours, "density_fit": True},
        "pyscf.base": {"engine": "pyscf.base", **relaxed},
    }.items():
        points, cost = compute(code, structures, parameters)
        energies[name] = points.energies
        found[name] = {**cost, "failed": int((~points.ok).sum())}
        print(name, found[name], flush=True)
    found["difference"] = float(np.abs(energies["ours"] - energies["pyscf.base"]).max())  # eV
    for name in ("ours", "ours, density fitting"):
        for cost in ("wall", "cpu"):
            found[f"{cost} ratio, {name}"] = found["pyscf.base"][cost] / found[name][cost]
    return found


def scan(smiles: str, count: int) -> Any:
    """Structures along the first C-O bond, nothing relaxed."""
    import numpy as np

    from aiida_forcefield.scans import Cluster, Coordinate, Scan, Structures, drive
    from aiida_forcefield.topology import from_smiles

    species = from_smiles(smiles)
    start, atoms = (
        species.conformers[0],
        next(
            bond
            for bond in species.bonds
            if sorted(species.symbols[atom] for atom in bond) == ["C", "O"]
        ),
    )
    length = float(np.linalg.norm(start[atoms[0]] - start[atoms[1]]))
    values = np.linspace(length - 0.08, length + 0.12, count)
    coordinate = Coordinate("bond", ("C", "O"), atoms)
    driven = Scan((species.key,), coordinate, values[0], values[-1])
    positions = np.array([drive(species, start, driven, value) for value in values])
    return Structures(driven.origin, Cluster.of(species), positions, atoms, values)


def overhead(code: Any, smiles: str, count: int) -> dict[str, Any]:
    """What the engines cost beyond QM, for energies and gradients of a rigid scan."""
    from dataclasses import replace

    import numpy as np

    structures = scan(smiles, count)
    some = np.linspace(0, count - 1, STOCK_POINTS).astype(int)
    few = replace(structures, positions=structures.positions[some], values=structures.values[some])
    method = {**METHOD, **BASIS, "gradient": True}
    cold = float(np.mean([each["cpu"] for each in plain(few.cluster.symbols, few.positions[::4])]))
    points, ours = compute(code, structures, {"engine": "pyscf", **method})
    qm, cores = ours["qm"], os.cpu_count() or 1
    print("ours", ours, flush=True)
    stock_points, stock = compute(code, few, {"engine": "pyscf.base", **method})
    return {
        "points": {"ours": count, "pyscf.base": STOCK_POINTS},
        "failed": int((~points.ok).sum() + (~stock_points.ok).sum()),
        "qm, seconds a point": {"ours": qm / count, "pyscf.base": cold},
        "ours": ours,
        "pyscf.base": stock,
        "overhead, ours": (ours["wall"] - qm) / ours["cpu"],
        "overhead, pyscf.base": stock["wall"] * cores / (cold * STOCK_POINTS) - 1,
    }


def plain(symbols: tuple[str, ...], positions: Any) -> list[dict[str, Any]]:
    """Energies (hartree), gradients (hartree/bohr) and CPU seconds of a plain script."""
    result = subprocess.run(
        [PYTHON, "-E", "-c", PLAIN_SCRIPT],
        input=json.dumps({"symbols": symbols, "positions": positions.tolist()}),
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def agreement(code: Any) -> dict[str, float]:
    """Largest differences from a plain script of PySCF: hartree, hartree/bohr."""
    import numpy as np

    from aiida_forcefield.runner.units import BOHR, HARTREE
    from aiida_forcefield.scans import Cluster, Origin, Structures
    from aiida_forcefield.topology import from_smiles

    species = from_smiles(MOLECULES["methanol"])
    positions = np.array([species.conformers[0], 1.02 * species.conformers[0]])
    structures = Structures.rigid(Origin("conformers"), Cluster.of(species), positions)
    points, _ = compute(code, structures, {"engine": "pyscf", **METHOD, **BASIS, "gradient": True})
    reference = plain(species.symbols, positions)
    gradients = np.array([each["gradient"] for each in reference])
    apart = points.gradients * BOHR / HARTREE - gradients
    energies = np.array([each["energy"] for each in reference])
    return {
        "energy": float(np.abs(points.energies / HARTREE - energies).max()),
        "gradient": float(np.abs(apart).max()),
    }


def growth(code: Any, folder: Path) -> list[dict[str, float]]:
    """Memory and storage for more and more points of a cheap method."""
    import numpy as np
    import psutil

    from aiida_forcefield.scans import Cluster, Origin, Structures
    from aiida_forcefield.topology import from_smiles

    species = from_smiles("[H][H]")
    rows = []
    for count in (10, 100, 1000, 10000):
        lengths = np.linspace(0.6, 1.2, count)
        positions = np.zeros((count, 2, 3))
        positions[:, 1, 0] = lengths
        structures = Structures.rigid(Origin("conformers"), Cluster.of(species), positions)
        before = stored(folder)
        points, cost = compute(code, structures, {**XTB, "gradient": True})
        rows.append(
            {
                "points": count,
                "ok": int(points.ok.sum()),
                **cost,
                "bytes per point": (stored(folder) - before) / count,
                "memory of AiiDA, MB": psutil.Process().memory_info().rss / 1e6,
            }
        )
    return rows


def stored(folder: Path) -> int:
    """Bytes of database and repository."""
    storage = folder / "storage"
    return sum(path.stat().st_size for path in storage.rglob("*") if path.is_file())


if __name__ == "__main__":
    main()
