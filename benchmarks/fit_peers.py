"""The bonded part of a force field against those of Q-Force and ForceBalance, on the same QM data.

    python benchmarks/fit_peers.py [MOLECULE] -o benchmarks/results/fit_peers.json

The peers come from PyPI into an environment that is thrown away; uv makes it, from the cache or the
network. All see what `benchmarks/points` has of the molecule: the minimum with its Hessian and
charges, and energies and gradients of its scans.

- Q-Force reads minimum, Hessian, charges and bond orders through its own function for outsiders,
  and takes Lennard-Jones parameters of OPLS. It wants torsions in steps that its own QM programs
  make, which the scans here are not: its flexible dihedrals stay at zero, so energies are compared
  without the scans of dihedrals, too.
- ForceBalance optimises harmonic bonds and angles and Fourier dihedrals from the prior of the fit
  here, which has damped dispersion beside them, to energies and gradients, with OpenMM.

Energies of points above the energy cap of the scans do not count. Frequencies are those of the
Hessian at the minimum of QM.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import openmm
from ase.data import atomic_masses, atomic_numbers
from numpy.typing import NDArray
from openmm import app, unit
from points import MOLECULES, Stored, stored

from aiida_forcefield.fitting import PHYSICAL, Reference, Settings, choose_forms
from aiida_forcefield.fitting.fit import SCALE_14
from aiida_forcefield.potentials import (
    FixedCharges,
    ForceField,
    molecule_energies,
    read_openmm,
    write_openmm,
    write_pdb,
)
from aiida_forcefield.potentials.forms import FORM_OF_KIND, HARMONIC_BOND
from aiida_forcefield.runner.vibrations import normal_modes
from aiida_forcefield.topology import Box, Species, System
from aiida_forcefield.units import BOHR, HARTREE, KCAL_PER_MOL, KJ_PER_MOL

Array = NDArray[np.float64]
Evaluate = Callable[[Array], tuple[Array, Array]]
"""From positions (s, n, 3) in Å to energies (s,) in eV and gradients (s, n, 3) in eV/Å."""

ROOT = Path(__file__).parents[1]
CAP = 0.65  # eV
STEP = 1e-3  # Å
QFORCE = ["qforce==0.6.14", "setuptools<81", "numpy<2"]
FORCEBALANCE = [
    *("forcebalance==1.9.5", "openmm==8.6.1", "pymbar<4", "numpy<2", "setuptools<81"),
    *("scipy", "networkx", "lxml", "six", "future"),
]

RUN_QFORCE = """
import json, sys, time
import numpy as np
from qforce.main import run_hessian_fitting_for_external
data = json.load(open("data.json"))
arrays = {name: np.array(values) for name, values in data.items()}
begun = time.perf_counter()
run_hessian_fitting_for_external(
    "mol_qforce",
    {"n_atoms": len(arrays["coords"]), "charge": 0, "multiplicity": 1, **arrays},
    config="options",
)
print("seconds", time.perf_counter() - begun)
"""
QFORCE_OPTIONS = "[ff]\ncharge_scaling = 1.0\n[scan]\ndo_scan = no\n"
FORCEBALANCE_OPTIONS = """
$options
forcefield forcefield.xml
jobtype newton
maxstep 50
trust0 0.1
penalty_additive 0.01
convergence_objective 1e-4
convergence_step 1e-4
convergence_gradient 1e-3
backup false
priors
  HarmonicBondForce/Bond/k : 1e5
  HarmonicBondForce/Bond/length : 0.002
  HarmonicAngleForce/Angle/k : 2e2
  HarmonicAngleForce/Angle/angle : 0.05
  PeriodicTorsionForce/Proper/k : 10
/priors
$end
$target
type abinitio_openmm
name molecule
energy 1
force 1
openmm_platform Reference
pdb conf.pdb
coords all.xyz
$end
"""
PARAMETERIZED = {"Bond": ("k", "length"), "Angle": ("k", "angle"), "Proper": ("k",)}


@dataclass(frozen=True, eq=False)
class Data:
    """What QM found of a molecule: its minimum, and points with the kinds of their scans."""

    system: System
    reference: Reference
    charges: dict[str, float]
    positions: Array
    energies: Array
    gradients: Array
    kinds: NDArray[np.str_]

    @property
    def species(self) -> Species:
        """The one of the system."""
        return self.system.species[0]


def main() -> None:
    """Fit with all three, print what was found, and write JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("molecule", nargs="?", choices=MOLECULES, default="dimethyl_carbonate")
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    report, case = {}, stored(arguments.molecule)
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        _, field = choose_forms(case.system, case.electrostatics, case.data)
        seconds = time.perf_counter() - begun
        data = data_of(case)
        report["this package"] = {**errors(data, of_field(field, data)), "seconds": seconds}
        report["its prior, harmonic"] = errors(data, of_field(prior_field(data), data))
        print(report, flush=True)
        for name, peer in (("Q-Force 0.6.14", qforce), ("ForceBalance 1.9.5", forcebalance)):
            try:
                evaluate, seconds = peer(data, Path(folder))
                report[name] = {**errors(data, evaluate), "seconds": seconds}
            except subprocess.CalledProcessError as error:
                report[name] = {"failed": (error.stderr or error.stdout or "")[-2000:]}
            print(name, report[name], flush=True)
    arguments.output.write_text(json.dumps(report, indent=2) + "\n")


def data_of(case: Stored) -> Data:
    """The points of single molecules, those below the cap."""
    (points,), (reference,) = case.data.molecules, case.data.references.values()
    kinds = np.array([o.coordinate.kind if o.coordinate else "" for o in points.origins])
    low = points.energies - points.energies.min() < CAP
    return Data(
        case.system,
        reference,
        case.electrostatics.gas,
        *(each[low] for each in (points.positions, points.energies, points.gradients, kinds)),
    )


def errors(data: Data, evaluate: Evaluate) -> dict[str, float]:
    """RMSE of energies (kcal/mol), gradients (kcal/mol/Å) and frequencies (1/cm)."""
    energies, gradients = evaluate(data.positions)
    off = (energies - data.energies) / KCAL_PER_MOL
    stiff = data.kinds != "dihedral"
    slopes = (gradients - data.gradients)[stiff] / KCAL_PER_MOL
    x = data.reference.positions
    masses = atomic_masses[[atomic_numbers[symbol] for symbol in data.species.symbols]]
    shifts = STEP * np.concatenate([np.eye(x.size), -np.eye(x.size)])
    displaced = evaluate((x.ravel() + shifts).reshape(-1, *x.shape))[1]
    forward, backward = displaced.reshape(2, x.size, x.size)
    hessian = (forward - backward) / (2 * STEP)
    found = normal_modes((hessian + hessian.T) / 2, x, masses)[0]
    qm = normal_modes(data.reference.hessian, x, masses)[0]
    hard = qm > 300.0  # torsions are below
    return {
        "energies, all scans": float(np.std(off)),
        "energies without dihedrals": float(np.std(off[stiff])),
        "gradients without dihedrals": float(np.sqrt(np.mean(slopes**2))),
        "frequencies": float(np.sqrt(np.mean((found - qm) ** 2))),
        "frequencies above 300 1/cm": float(np.sqrt(np.mean((found - qm)[hard] ** 2))),
    }


def environment(folder: Path, packages: list[str]) -> Path:
    """An interpreter with some packages."""
    uv = shutil.which("uv") or str(ROOT / ".venv-uv/bin/uv")
    subprocess.run([uv, "venv", "-q", "-p", sys.executable, folder], check=True)
    python = folder / "bin/python"
    run([uv, "pip", "install", "-q", "-p", str(python), *packages], folder)
    return python


def run(command: list[str], folder: Path) -> str:
    """Standard output; raises CalledProcessError."""
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout


def qforce(data: Data, folder: Path) -> tuple[Evaluate, float]:
    """Q-Force's field, by OpenMM from its GROMACS files, and seconds of its fit."""
    python = environment(folder / "qforce", QFORCE)
    work = folder / "qforce_run"
    (work / "mol_qforce").mkdir(parents=True)
    n, symbols = len(data.species.symbols), data.species.symbols
    orders = np.zeros((n, n))
    for i, j in data.species.bonds:
        double = {symbols[i], symbols[j]} == {"C", "O"} and 1 in (
            sum(k in bond for bond in data.species.bonds) for k in (i, j)
        )
        orders[i, j] = orders[j, i] = 2.0 if double else 1.0
    hessian = data.reference.hessian / KJ_PER_MOL
    values = {
        "elements": [atomic_numbers[symbol] for symbol in symbols],
        "coords": data.reference.positions.tolist(),
        "hessian": hessian[np.tril_indices(3 * n)].tolist(),
        "b_orders": orders.tolist(),
        "point_charges": [
            data.charges[each] for each in data.system.types_of(data.system.names[0])
        ],
    }
    (work / "data.json").write_text(json.dumps(values))
    (work / "options").write_text(QFORCE_OPTIONS)
    output = run([str(python), "-c", RUN_QFORCE], work)
    seconds = float(output.rsplit("seconds", 1)[1])
    return by_openmm(work / "mol_qforce/gas.top"), seconds


def of_field(field: ForceField, data: Data) -> Evaluate:
    """Energies and gradients of a force field of ours."""
    (name,) = data.system.names
    return lambda x: molecule_energies(field, data.system, name, x)


def prior_field(data: Data) -> ForceField:
    """The prior of a fit with harmonic bonds."""
    forms = FORM_OF_KIND | {"bond": HARMONIC_BOND}
    references = {data.system.names[0]: data.reference}
    terms = PHYSICAL.prior(data.system, references, Settings(), forms).terms
    charges, covariance = FixedCharges(data.charges, data.charges), np.zeros((0, 0))
    return ForceField(data.system.atom_types, terms, charges, covariance, scale_14=SCALE_14)


def by_openmm(top: Path) -> Evaluate:
    """Energies and gradients of a GROMACS topology."""
    system = app.GromacsTopFile(str(top)).createSystem(nonbondedMethod=app.NoCutoff)
    platform = openmm.Platform.getPlatformByName("Reference")
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), platform)

    def evaluate(positions: Array) -> tuple[Array, Array]:
        energies, gradients = [], []
        for x in positions:
            context.setPositions(x / 10)
            state = context.getState(getEnergy=True, getForces=True)
            energy = state.getPotentialEnergy().value_in_unit(unit.kilojoule_per_mole)
            forces = state.getForces(asNumpy=True)
            energies.append(energy * KJ_PER_MOL)
            per_angstrom = unit.kilojoule_per_mole / unit.angstrom
            gradients.append(-forces.value_in_unit(per_angstrom) * KJ_PER_MOL)
        return np.array(energies), np.array(gradients)

    return evaluate


def forcebalance(data: Data, folder: Path) -> tuple[Evaluate, float]:
    """ForceBalance's field, read back, and seconds of its optimisation."""
    python = environment(folder / "forcebalance", FORCEBALANCE)
    work = folder / "forcebalance_run"
    target = work / "targets/molecule"
    target.mkdir(parents=True)
    (work / "forcefield").mkdir()
    symbols = data.species.symbols
    root = ElementTree.fromstring(write_openmm(prior_field(data), data.system))
    for tag, names in PARAMETERIZED.items():
        for force in ("HarmonicBondForce", "HarmonicAngleForce", "PeriodicTorsionForce"):
            for entry in root.iterfind(f"{force}/{tag}"):
                own = [a for a in entry.attrib if a.rstrip("0123456789") in names]
                for name in own:
                    if float(entry.attrib[name]) == 0:  # OpenMM leaves out dihedrals of 0
                        entry.set(name, "0.01")
                entry.set("parameterize", ", ".join(own))
    (work / "forcefield/forcefield.xml").write_text(ElementTree.tostring(root, encoding="unicode"))
    pdb = write_pdb(data.system, Box((1,), data.reference.positions, np.full(3, 100.0)))
    (target / "conf.pdb").write_text(pdb)
    frames, quantum = [], []
    for number, (x, energy, gradient) in enumerate(
        zip(data.positions, data.energies, data.gradients, strict=True)
    ):
        rows = (f"{s} {a:.8f} {b:.8f} {c:.8f}" for s, (a, b, c) in zip(symbols, x, strict=True))
        frames.append("\n".join([str(len(symbols)), f"frame {number}", *rows]))
        slopes = " ".join(f"{g:.10f}" for g in (gradient * BOHR / HARTREE).ravel())
        coordinates = " ".join(f"{c:.8f}" for c in x.ravel())
        quantum.append(
            f"JOB {number}\nCOORDS {coordinates}\nENERGY {energy / HARTREE:.10f}\nFORCES {slopes}\n"
        )
    (target / "all.xyz").write_text("\n".join(frames) + "\n")
    (target / "qdata.txt").write_text("\n".join(quantum))
    (work / "optimize.in").write_text(FORCEBALANCE_OPTIONS)
    begun = time.perf_counter()
    run([str(python), str(python.with_name("ForceBalance.py")), "optimize.in"], work)
    seconds = time.perf_counter() - begun
    (result,) = work.glob("result/*/forcefield.xml")
    return of_field(read_openmm(result.read_text(), data.system), data), seconds


if __name__ == "__main__":
    main()
