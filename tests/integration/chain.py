"""The chain from a molecule to the bonded part of its force field, without a workflow engine."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ase.data import atomic_masses, atomic_numbers
from scipy.optimize import minimize

from aiida_forcefield.calculations.jobs.qm import fragments_of, packed_runner
from aiida_forcefield.fitting import FittedCharges, Minimum, assemble, choose_forms, fit_charges
from aiida_forcefield.parsers.qm import collect_points
from aiida_forcefield.parsers.records import read_records
from aiida_forcefield.potentials import FixedCharges, ForceField, molecule_energies
from aiida_forcefield.runner.vibrations import normal_modes
from aiida_forcefield.scans import (
    Cluster,
    Coordinate,
    Origin,
    Plan,
    Points,
    Scan,
    Structures,
    drive,
    plan_scans,
)
from aiida_forcefield.scans.coordinates import evaluate
from aiida_forcefield.surrogate import (
    LearnedProfile,
    Observations,
    Settings,
    first_values,
    learn,
)
from aiida_forcefield.topology import Species, System, from_smiles
from aiida_forcefield.topology.system import type_name

Array = np.ndarray
NAME = "molecule"
XTB = {"engine": "tblite", "tblite": {"method": "GFN2-xTB"}, "gradient": True}
RELAXED = {"relaxation": {"engine": "tblite", "method": "GFN2-xTB", "max_steps": 200}}
REFERENCE = {
    **XTB,
    **RELAXED,
    "mean_field": {"method": "RHF"},
    "structure": {"basis": "sto-3g"},
    "reference": {"density": 1.0},
}
LEARNING = Settings(batch=7)
RUN = """
import sys
sys.path.insert(0, "runner.pyz")
from runner.__main__ import main
sys.exit(any(main([job]) for job in sys.argv[1:]))
"""


@dataclass(frozen=True, eq=False)
class Chain:
    """What the chain found of a molecule; `record` is the reference as the runner wrote it, and
    `scans` are by the name of their coordinate."""

    system: System
    record: dict[str, Any]
    charges: FittedCharges
    plan: Plan
    scans: dict[str, Points]
    field: ForceField

    @property
    def species(self) -> Species:
        return self.system.species[0]

    @property
    def minimum(self) -> Array:
        return np.array(self.record["positions"])


def run_chain(smiles: str, python: Path, folder: Path, basis: str) -> Chain:
    """Reference, seven points to a scan and the fit, all with GFN2-xTB; charges from HF."""
    parameters = REFERENCE | {"structure": {"basis": basis}}
    species = from_smiles(smiles)
    system, cluster = System.pure(NAME, species), Cluster.of(species)
    structures = Structures.rigid(Origin("conformers"), cluster, species.conformers)
    (records,) = run_jobs([job_of(structures, parameters)], python, folder / "reference")
    (record,) = records
    assert record["status"] == "ok", record["message"]
    x = np.array(record["positions"])
    plan = plan_scans(species, x)
    jobs = []
    for scan in plan:
        values = first_values(scan.kind, scan.lower, scan.upper, LEARNING)
        driven = np.array([drive(species, x, scan, value) for value in values])
        jobs.append(Structures(scan.origin, cluster, driven, scan.coordinate.atoms, values))
    found = run_jobs([job_of(each, XTB | RELAXED) for each in jobs], python, folder / "scans")
    scans = {
        scan.name: collect_points(each, dict(enumerate(rows)), len(rows), {})
        for scan, each, rows in zip(plan, jobs, found, strict=True)
    }
    charges = fit_charges(species, x, record["grid"], record["potential"])
    both = {type_name(NAME, label): charge for label, charge in charges.charges.items()}
    rest = collect_points(structures, {0: record}, 1, {})
    minimum = Minimum(rest, np.array(record["hessian"]), np.array(record["c6"]))
    profiles = [_learned(scan, scans[scan.name]) for scan in plan]
    data = assemble(system, {NAME: minimum}, list(scans.values()), profiles)
    _, field = choose_forms(system, FixedCharges(both, both), data)
    return Chain(system, record, charges, plan, scans, field)


def run_jobs(jobs: list[dict[str, Any]], python: Path, folder: Path) -> list[list[dict[str, Any]]]:
    """The records of each job, in the order of its structures; one process runs all jobs."""
    folder.mkdir()
    (folder / "runner.pyz").write_bytes(packed_runner())
    for number, job in enumerate(jobs):
        (folder / str(number)).mkdir()
        (folder / f"{number}/job.json").write_text(json.dumps(job, default=np.ndarray.tolist))
    paths = [f"{number}/job.json" for number in range(len(jobs))]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run([python, "-E", "-c", RUN, *paths], cwd=folder, env=environment, check=True)
    found = []
    for number, job in enumerate(jobs):
        content = (folder / f"{number}/results.jsonl").read_bytes()
        _, records, _ = read_records(content, len(job["symbols"]), len(job["positions"]))
        found.append([records[index] for index in sorted(records)])
    return found


def job_of(structures: Structures, parameters: dict[str, Any]) -> dict[str, Any]:
    """What the runner reads."""
    constraint = {"atoms": structures.constraint, "values": structures.values}
    cluster = structures.cluster
    return {
        "parameters": parameters,
        "symbols": cluster.symbols,
        "charge": cluster.charge,
        "positions": structures.positions,
        "bonds": cluster.bonds,
        "fragments": fragments_of(cluster),
        "constraint": constraint if structures.constraint else None,
    }


def _learned(scan: Scan, points: Points) -> LearnedProfile:
    ok = points.ok
    seen = Observations(points.requested[ok], points.energies[ok], points.slopes[ok])
    return LearnedProfile(scan, learn(scan.kind, scan.lower, scan.upper, seen, LEARNING))


def relaxed(chain: Chain, held: tuple[int, ...] = (), value: float = 0.0) -> tuple[Array, float]:
    """Minimum of the force field near the reference, and its energy, eV.

    A dihedral may be held near a value in degrees; the spring's energy is not counted.
    """
    stiff = 50.0  # eV/rad²

    def energy(flat: Array) -> tuple[float, Array]:
        x = flat.reshape(1, -1, 3)
        found, gradient = molecule_energies(chain.field, chain.system, NAME, x)
        if not held:
            return found[0], gradient.ravel()
        q, by = evaluate(x[0], [held])
        off = np.angle(np.exp(1j * (q[0] - np.radians(value))))
        gradient[0, list(held)] += 2 * stiff * off * by[0]
        return found[0] + stiff * off**2, gradient.ravel()

    start = chain.minimum
    if held:
        coordinate = Coordinate("dihedral", (), held)
        scan = Scan((chain.species.key,), coordinate, -180.0, 180.0, periodic=True)
        start = drive(chain.species, start, scan, value)
    x = minimize(energy, start.ravel(), jac=True, method="BFGS", options={"gtol": 1e-5}).x
    x = x.reshape(start.shape)
    return x, float(molecule_energies(chain.field, chain.system, NAME, x[None])[0][0])


def frequencies(chain: Chain, positions: Array) -> Array:
    """Harmonic frequencies of the force field at its minimum, 1/cm."""
    step, size = 1e-3, positions.size
    shifts = step * np.concatenate([np.eye(size), -np.eye(size)])
    displaced = (positions.ravel() + shifts).reshape(-1, *positions.shape)
    gradients = molecule_energies(chain.field, chain.system, NAME, displaced)[1]
    forward, backward = gradients.reshape(2, size, size)
    hessian = (forward - backward) / (2 * step)
    masses = atomic_masses[[atomic_numbers[symbol] for symbol in chain.species.symbols]]
    return normal_modes((hessian + hessian.T) / 2, positions, masses)[0]
