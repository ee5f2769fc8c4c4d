"""How many relaxations the scans of a molecule take, beside uniform scans of 15 or 24 points.

    OMP_NUM_THREADS=1 .venv/bin/python benchmarks/scan_points.py methanol

runs the loop of `forcefield.scan` with the settings of the protocol `fast`, but with energies of
GFN2-xTB, which are cheap enough for a grid twice as dense that both are measured
against. The uniform scan is a cubic spline through 15 relaxations, 24 of a circle.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from curves import MOLECULES, RELAXED, XTB, Array, description, relaxed, run
from scipy.interpolate import CubicSpline

from aiida_forcefield.scans import Scan, drive, plan_scans
from aiida_forcefield.surrogate import Observations, Settings, Surrogate, first_values, learn
from aiida_forcefield.topology import Species, read_material
from aiida_forcefield.workflows.protocols import get_protocol


def points(species: Species, reference: Array, plan: Scan, x: Array) -> Observations:
    """Relaxations at coordinates x; what failed is left out."""
    job = {
        **description(species),
        "positions": [drive(species, reference, plan, value) for value in x],
        "constraint": {"atoms": plan.coordinate.atoms, "values": x.tolist()},
        "parameters": {**XTB, **RELAXED},
    }
    done = run(job)
    ok = np.array([point["status"] == "ok" for point in done])
    energy = np.array([point.get("energy", np.nan) for point in done])
    slope = np.array([point.get("slope", np.nan) for point in done])
    return Observations(x[ok], energy[ok], slope[ok], x[~ok])


def scan(species: Species, reference: Array, plan: Scan, settings: Settings) -> Surrogate:
    """The loop of a scan."""
    seen, x = Observations([], [], []), first_values(plan.kind, plan.lower, plan.upper, settings)
    while len(x):
        new = points(species, reference, plan, x)
        seen = Observations(
            np.append(seen.x, new.x),
            np.append(seen.energy, new.energy),
            np.append(seen.slope, new.slope),
            np.append(seen.failed, new.failed),
        )
        learned = learn(plan.kind, plan.lower, plan.upper, seen, settings)
        x = learned.proposals
    return learned


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("molecule", choices=MOLECULES)
    name = parser.parse_args().molecule
    species = read_material({"smiles": MOLECULES[name]})
    reference = relaxed(species)
    settings = Settings(**get_protocol("fast", None)["learning"]["molecule"])
    found = []
    for plan in plan_scans(species, reference):
        learned = scan(species, reference, plan, settings)
        count = 24 if plan.periodic else 15
        dense = np.linspace(plan.lower, plan.upper, 49 if plan.periodic else 29)
        truth = points(species, reference, plan, dense)
        low = truth.energy - truth.energy.min() <= settings.energy_cap
        coarse = truth.where(np.arange(len(truth)) % 2 == 0)
        ends = "periodic" if plan.periodic else "not-a-knot"
        energy = coarse.energy.copy()
        if plan.periodic:
            energy[-1] = energy[0]
        uniform = CubicSpline(coarse.x, energy, bc_type=ends)(truth.x)
        errors = [
            float(np.ptp((profile - truth.energy)[low]) / 2)
            for profile in (learned.predict(truth.x)[0], uniform)
        ]
        found.append(
            {
                "scan": plan.name,
                "points": len(learned.observations) + len(learned.observations.failed),
                "uniform": count,
                "status": learned.status,
                "error eV": round(errors[0], 5),
                "uniform error eV": round(errors[1], 5),
                "goal eV": round(learned.goal, 5),
            }
        )
        print(found[-1], flush=True)
    total = [sum(entry[key] for entry in found) for key in ("points", "uniform")]
    print(f"{name}: {total[0]} relaxations, {total[1]} uniform: {total[1] / total[0]:.1f} times")
    target = Path(__file__).parent / "results" / "scan_points.json"
    kept = json.loads(target.read_text()) if target.exists() else {}
    target.write_text(json.dumps({**kept, name: found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
