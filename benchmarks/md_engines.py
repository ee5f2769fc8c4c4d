"""How fast each engine simulates a liquid of 1200 atoms.

    python benchmarks/md_engines.py [--compute .venv-compute] [-o FILE.json]

Methanol with an exp-6 field, NPT, on one core by processor time, so that other work on the machine
does not count; OpenMM by wall time where it finds a GPU. LAMMPS condenses the liquid, from which
both begin. What a job takes to start is left out: the speed is that of a long leg less a short one.
"""

import argparse
import json
import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from aiida_forcefield.dynamics import (
    ENGINES,
    Conditions,
    equilibration_script,
    judge,
    packmol_input,
    read_packed,
    rigid_bonds,
    starting_box,
    write_xyz,
)
from aiida_forcefield.dynamics.openmm import JOB, job_text
from aiida_forcefield.potentials.electrostatics import FixedCharges
from aiida_forcefield.potentials.forcefield import ForceField, Term
from aiida_forcefield.topology import Box, System, from_smiles

ATOMS, CUTOFF, TEMPERATURE = 1200, 9.0, 300.0
SHORT, LONG = 1.0, 3.0  # ps
SYSTEM = System.pure("MeOH", from_smiles("CO"))
CHARGES = {"MeOH:C1": 0.145, "MeOH:O1": -0.683, "MeOH:H1": 0.04, "MeOH:H2": 0.418}
BONDED = {
    ("bond", "C1-O1"): ("morse", {"D": 4.0, "alpha": 2.0, "r0": 1.42}),
    ("bond", "C1-H1"): ("morse", {"D": 4.4, "alpha": 1.9, "r0": 1.09}),
    ("bond", "H2-O1"): ("morse", {"D": 4.8, "alpha": 2.2, "r0": 0.96}),
    ("angle", "H1-C1-O1"): ("harmonic_angle", {"k": 1.5, "theta0": 109.5}),
    ("angle", "H1-C1-H1"): ("harmonic_angle", {"k": 1.4, "theta0": 107.8}),
    ("angle", "C1-O1-H2"): ("harmonic_angle", {"k": 2.4, "theta0": 108.5}),
    ("dihedral", "H1-C1-O1-H2"): ("threefold", {"k3": 0.01}),
}
MINIMA = {"C1": (3.93, 0.0029), "O1": (3.50, 0.0074), "H1": (2.81, 0.0013), "H2": (2.00, 0.0010)}
"""Distance (Å) and depth (eV) of the minimum of each curve, whose steepness is 13."""


def force_field() -> ForceField:
    """Methanol, roughly."""
    terms = [
        Term(kind, tuple(f"MeOH:{atom}" for atom in atoms.split("-")), *form)
        for (kind, atoms), form in BONDED.items()
    ]
    for atom, (minimum, depth) in MINIMA.items():
        scale = depth / 7
        parameters = {
            "A": 6 * scale * np.exp(13),
            "rho": minimum / 13,
            "C6": 13 * scale * minimum**6,
        }
        terms.append(Term("nonbonded", (f"MeOH:{atom}",), "exp6", parameters))
    charges = FixedCharges(CHARGES, CHARGES)
    return ForceField(SYSTEM.atom_types, tuple(terms), charges, np.empty((0, 0)))


def pack(folder: Path, bin_: Path) -> Box:
    """A box that packmol filled."""
    (geometry,) = (species.conformers[0] for species in SYSTEM.species)
    start = starting_box(SYSTEM, [geometry], CUTOFF, ATOMS)
    (folder / "MeOH.xyz").write_text(write_xyz(SYSTEM.species[0].symbols, geometry))
    (folder / "pack.inp").write_text(packmol_input(start, 1, ["MeOH.xyz"], "packed.xyz"))
    with (folder / "pack.inp").open() as file:
        subprocess.run(
            [bin_ / "packmol"], stdin=file, cwd=folder, check=True, stdout=subprocess.DEVNULL
        )
    return read_packed((folder / "packed.xyz").read_text(), SYSTEM, start)


def run(folder: Path, engine: str, bin_: Path, script: str) -> tuple[float, str]:
    """Time of a leg, s, and what it ran on; its final state is that of the next one."""
    program = ENGINES[engine]
    (folder / "leg").write_text(script)
    commands = {
        "lammps": [bin_ / "lmp", "-in", "leg", "-nocite", "-log", "none"],
        "openmm": [bin_ / "python", "-E", JOB, "leg"],
    }
    with (folder / "out").open("w") as file:
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        subprocess.run(commands[engine], cwd=folder, stdout=file, env=environment, check=True)
    text = (folder / "out").read_text()
    log = program.read_log(text)
    verdict = judge(log, TEMPERATURE, ATOMS, program.program)
    if verdict.status != "ok":
        raise SystemExit(f"{engine}: {verdict.message}")
    (folder / program.final).rename(folder / program.state)
    first = text.splitlines()[0]
    return log.wall_seconds if "CUDA" in first else log.cpu_seconds, first


def main() -> None:
    """Time both, print a table and write JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--compute", type=Path, default=Path(".venv-compute"))
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    bin_, field = arguments.compute.absolute() / "bin", force_field()
    conditions = Conditions(TEMPERATURE, 1.0, rigid_bonds(SYSTEM))
    report: dict[str, dict[str, float | str]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        box = pack(folder, bin_)
        (folder / JOB).write_text(job_text())
        for file in ENGINES["lammps"].files(field, SYSTEM, box, CUTOFF, periodic=True).values():
            (folder / file.name).write_text(file.text)
        run(folder, "lammps", bin_, equilibration_script(conditions, 5.0, 1))
        frames = (folder / ENGINES["lammps"].frames).read_text()
        liquid = ENGINES["lammps"].read_frames(frames, box.counts, len(box.positions))
        last = Box(box.counts, liquid.positions[-1], liquid.edges[-1])
        for label, engine in ENGINES.items():
            for file in engine.files(field, SYSTEM, last, CUTOFF, periodic=True).values():
                (folder / file.name).write_text(file.text)
            run(folder, label, bin_, engine.equilibration(field, SYSTEM, conditions, 1.0, 1))
            seconds = {}
            for duration in (SHORT, LONG):
                script = engine.production(field, SYSTEM, conditions, duration)
                seconds[duration], first = run(folder, label, bin_, script)
            per_day = (LONG - SHORT) / 1000 * 86400 / (seconds[LONG] - seconds[SHORT])
            report[label] = {"program": first, "ns_per_day": round(per_day, 2)}
            print(f"{label:8}{per_day:8.2f} ns/day   {first}")
    ratio = float(report["openmm"]["ns_per_day"]) / float(report["lammps"]["ns_per_day"])
    print(f"OpenMM is {ratio:.2f} times as fast as LAMMPS")
    result = {"atoms": len(box.positions), "engines": report, "openmm_over_lammps": round(ratio, 2)}
    if arguments.output:
        arguments.output.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
