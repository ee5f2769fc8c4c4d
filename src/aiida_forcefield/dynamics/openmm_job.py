"""One leg of molecular dynamics in OpenMM: ``python openmm_job.py leg.json > openmm.out``

The file is sent along with each job: it needs openmm and numpy, and nothing of this package. All is
in OpenMM's units: nm, ps, kJ/mol, K; pressures in bar. What it reads is written, and what it writes
is read by `dynamics.openmm`.
"""

import json
import os
import sys
import time
from io import StringIO
from pathlib import Path
from typing import Any, TextIO
from xml.etree import ElementTree

import numpy as np

try:
    import openmm
    from openmm import app
except ImportError:
    print(f"ERROR: OpenMM is missing; install it: {sys.executable} -m pip install openmm")
    sys.exit(1)

Json = dict[str, Any]

EWALD_TOLERANCE = 1e-5
PLATFORMS = ("CUDA", "CPU")
"""In order of preference."""
TAIL_GROUP = 1
SHIFT = "shift"
"""Parameter: 1 while it moves, 0 for the energies that are told."""
DRUDE_DAMPING = "DrudeDamping"
"""The force that damps what is induced; it reaches less far than any cutoff."""
GAS_CONSTANT = 8.31446261815324e-3  # kJ/mol/K
DENSITY = 1.66053906660e-3  # g/cm³ of 1 dalton/nm³
LARGEST_SEED = 900_000_000
NEXT = 7_368_787
"""A prime, by which the noise of a leg differs from that of the one before."""


def main(path: str) -> None:
    """Run a leg; a reason to stop is the last line that is printed."""
    start, cpu = time.perf_counter(), time.process_time()
    try:
        leg = json.loads(Path(path).read_text())
        names = leg["files"]
        state = json.loads(Path(names["state"]).read_text())
        molecules = json.loads(Path(names["molecules"]).read_text())
        system = make_system(Path(names["force_field"]).read_text(), molecules, state["edges"])
        final = Leg(system, leg, state).run()
        Path(names["final"]).write_text(json.dumps(final) + "\n")
    except (openmm.OpenMMException, OSError, ValueError) as error:
        say(f"ERROR: {' '.join(str(error).split())}")
        sys.exit(1)
    wall, used = time.perf_counter() - start, time.process_time() - cpu
    say(f"Total wall time: {wall:.2f} s, CPU time: {used:.2f} s")


def say(line: str) -> None:
    """Print at once: a job may be ended at any time."""
    print(line, flush=True)


def make_system(force_field: str, molecules: Json, edges: list[float]) -> openmm.System:
    """What acts between the atoms of a box.

    Args:
        force_field: XML as of `potentials.write_openmm`.
        molecules: `counts` of residues by name; `constraints`, by name a list of two atoms and
            their distance; of a liquid what `treat_cutoff` takes.
        edges: of the box, for which the mesh of PME is laid out.
    """
    root = ElementTree.fromstring(force_field)
    topology = make_topology(root, molecules["counts"])
    periodic = "cutoff" in molecules
    charged = any(float(atom.get("charge", 0)) for atom in root.iterfind("Residues/Residue/Atom"))
    method = app.NoCutoff if not periodic else app.PME if charged else app.CutoffPeriodic
    topology.setUnitCellDimensions(openmm.Vec3(*edges))
    system = app.ForceField(StringIO(force_field)).createSystem(
        topology,
        nonbondedMethod=method,
        nonbondedCutoff=molecules.get("cutoff", 1.0),
        ewaldErrorTolerance=EWALD_TOLERANCE,
        constraints=None,
        rigidWater=False,
        removeCMMotion=periodic,
    )
    for residue in topology.residues():
        (first, *_) = (atom.index for atom in residue.atoms())
        for i, j, distance in molecules["constraints"].get(residue.name, ()):
            system.addConstraint(first + i, first + j, distance)
    if periodic:
        kinds = [kind for each in topology.residues() for kind in molecules["types"][each.name]]
        treat_cutoff(system, molecules, kinds)
    return system


def make_topology(root: ElementTree.Element, counts: dict[str, int]) -> app.Topology:
    """Molecules as the templates of a force field say, one species after the other."""
    elements = {each.get("name"): each.get("element") for each in root.iterfind("AtomTypes/Type")}
    templates = {each.get("name"): each for each in root.iterfind("Residues/Residue")}
    topology = app.Topology()
    chain = topology.addChain()
    for name, count in counts.items():
        for _ in range(count):
            residue, atoms = topology.addResidue(name, chain), {}
            for each in templates[name].iterfind("Atom"):
                symbol, label = elements[each.get("type")], each.get("name")
                element = symbol and app.Element.getBySymbol(symbol)  # a Drude particle has none
                atoms[label] = topology.addAtom(label, element, residue)
            for bond in templates[name].iterfind("Bond"):
                topology.addBond(atoms[bond.get("atomName1")], atoms[bond.get("atomName2")])
    return topology


def treat_cutoff(system: openmm.System, molecules: Json, kinds: list[int]) -> None:
    """Add what is beyond the cutoff, and let the energies that a barostat compares end at zero.

    OpenMM's own corrections count pairs of n atoms as n (n + 1) / 2, which is off by 0.1 % in a box
    of a thousand atoms.

    Args:
        system: of a liquid.
        molecules: `cutoff`; `tail`, the energy beyond it times the volume; ``at_cutoff``, the
            energy of two atoms there, by their kinds; `jump`, what the volume adds for it.
        kinds: of the atoms.
    """
    size = len(molecules["at_cutoff"])
    table = openmm.Discrete2DFunction(size, size, np.ravel(molecules["at_cutoff"]).tolist())
    pairs = pair_force(system)
    energy, *definitions = pairs.getEnergyFunction().split(";")
    shifted = f"{energy}-{SHIFT}*at_cutoff(kind1,kind2)"
    pairs.setEnergyFunction(";".join([shifted, *definitions]))
    pairs.setUseLongRangeCorrection(False)
    pairs.addGlobalParameter(SHIFT, 1)
    pairs.addTabulatedFunction("at_cutoff", table)
    pairs.addPerParticleParameter("kind")
    for atom, kind in enumerate(kinds):
        pairs.setParticleParameters(atom, [*pairs.getParticleParameters(atom), kind])
    beyond = openmm.CustomVolumeForce(f"({molecules['tail']!r}+{SHIFT}*{molecules['jump']!r})/v")
    beyond.addGlobalParameter(SHIFT, 1)
    beyond.setForceGroup(TAIL_GROUP)
    system.addForce(beyond)


def pair_force(system: openmm.System) -> openmm.CustomNonbondedForce:
    """The force with the nonbonded form; one without energy where that is OpenMM's own."""
    found = [
        each
        for each in system.getForces()
        if isinstance(each, openmm.CustomNonbondedForce) and each.getName() != DRUDE_DAMPING
    ]
    if found:
        return found[0]
    own = next(each for each in system.getForces() if isinstance(each, openmm.NonbondedForce))
    own.setUseDispersionCorrection(False)
    force = openmm.CustomNonbondedForce("0")
    force.setNonbondedMethod(openmm.CustomNonbondedForce.CutoffPeriodic)
    force.setCutoffDistance(own.getCutoffDistance())
    for _ in range(system.getNumParticles()):
        force.addParticle([])
    for k in range(own.getNumExceptions()):
        force.addExclusion(*own.getExceptionParameters(k)[:2])
    system.addForce(force)
    return force


class Leg:
    """A simulation that is under way."""

    def __init__(self, system: openmm.System, leg: Json, state: Json) -> None:
        self.system, self.leg = system, leg
        self.seed = leg["seed"] or state["seed"]
        first = leg["stages"][0]
        self.integrator = make_integrator(leg)
        self.integrator.setRandomNumberSeed(self.seed)
        self.barostat = None
        if leg["target"] is not None:
            self.barostat = openmm.MonteCarloBarostat(0.0, first["temperature"][0], 0)
            self.barostat.setRandomNumberSeed(self.seed)
            system.addForce(self.barostat)
        self.context = make_context(system, self.integrator)
        self.context.setPositions(np.array(state["positions"]))
        if "velocities" in state:
            self.context.setVelocities(np.array(state["velocities"]))
        masses = [system.getParticleMass(i)._value for i in range(system.getNumParticles())]
        self.mass = sum(masses)
        self.particles = drude_particles(system)
        self.atoms = [i for i in range(len(masses)) if i not in self.particles]
        drifts = any(isinstance(each, openmm.CMMotionRemover) for each in system.getForces())
        free = 3 * sum(mass > 0 for mass in masses) - system.getNumConstraints()
        self.freedom = free - 3 * drifts

    def run(self) -> Json:
        """All stages; the state in which the last one ends."""
        leg = self.leg
        if leg["seed"]:  # the first leg
            openmm.LocalEnergyMinimizer.minimize(self.context, 10.0, 500)
            hot = leg["stages"][0]["temperature"][0]
            self.context.setVelocitiesToTemperature(hot, self.seed)
        for stage in leg["stages"][:-1]:
            self.run_stage(stage)
        say(leg["mark"])
        say(" ".join(leg["columns"]))
        with Path(leg["files"].get("frames", os.devnull)).open("w") as frames:
            self.run_stage(leg["stages"][-1], frames)
        return self.state() | {"seed": 1 + (self.seed + NEXT) % LARGEST_SEED}

    def run_stage(self, stage: Json, frames: TextIO | None = None) -> None:
        """Run a stage; with a file for frames, it is measured.

        Temperature and pressure are set anew after so many steps as it says. The last state is
        sampled, too: the next leg begins with it.
        """
        steps = stage["steps"]
        self.integrator.setStepSize(stage["timestep"])
        self.integrator.setFriction(stage["friction"])
        if self.particles:
            # As that of the atoms: some of the particles' motion is that of the atoms that they
            # follow, and one of 50/ps took so much heat from these that they were 20 K too cold.
            self.integrator.setDrudeFriction(stage["friction"])
        if self.barostat is not None:
            self.barostat.setFrequency(stage["barostat_every"])  # which it reads at every step
        control = stage["control_every"] or steps
        events = {0, steps, *range(0, steps, control)}
        if frames:
            events.update(range(0, steps, self.leg["sample_every"]))
            events.update(range(0, steps + 1, self.leg["frames_every"] or steps + 1))
        marks = sorted(events)
        for mark, following in zip(marks, [*marks[1:], steps], strict=True):
            if mark % control == 0 and mark < steps:
                self.control(stage, min(mark + control / 2, steps) / steps)
            if frames and (mark % self.leg["sample_every"] == 0 or mark == steps):
                self.sample(mark, stage["timestep"])
            if frames and self.leg["frames_every"] and mark % self.leg["frames_every"] == 0:
                frames.write(json.dumps(self.frame()) + "\n")
            self.integrator.step(following - mark)

    def control(self, stage: Json, done: float) -> None:
        """Aim at the temperature and pressure of a stage of which a part is ``done``."""
        first, last = stage["temperature"]
        temperature = first + (last - first) * done
        self.integrator.setTemperature(temperature)
        if self.barostat is None:
            return
        if stage["pressure"] is None:
            pressure = self.target()
        else:
            first, last = stage["pressure"]
            pressure = first + (last - first) * done
        self.context.setParameter(self.barostat.Temperature(), temperature)
        self.context.setParameter(self.barostat.Pressure(), pressure)

    def target(self) -> float:
        """The pressure from outside, less what three molecules make at the present volume."""
        pressure, outward = self.leg["target"]["pressure"], self.leg["target"]["outward"]
        if outward:
            volume = float(np.prod(self.edges()))
            pressure -= outward["pressure"] * (outward["volume"] / volume) ** outward["bodies"]
        return float(pressure)

    def edges(self) -> list[float]:
        """Of the box, nm."""
        vectors = self.context.getState().getPeriodicBoxVectors(asNumpy=True)._value
        return [float(vectors[axis][axis]) for axis in range(3)]

    def sample(self, step: int, timestep: float) -> None:
        """Print a row of the columns that the leg names."""
        pressure, liquid = self.pressure(), SHIFT in self.context.getParameters()
        if liquid:
            self.context.setParameter(SHIFT, 0)
        state = self.context.getState(getEnergy=True)
        kinetic = state.getKineticEnergy()._value
        potential = state.getPotentialEnergy()._value
        volume = state.getPeriodicBoxVolume()._value
        tail = self.context.getState(getEnergy=True, groups={TAIL_GROUP})
        if liquid:
            self.context.setParameter(SHIFT, 1)
        values = {
            "step": step,
            "time": step * timestep,
            **self.temperatures(kinetic),
            "pressure": pressure,
            "density": self.mass / volume * DENSITY,
            "volume": volume,
            "potential_energy": potential,
            "kinetic_energy": kinetic,
            "tail": tail.getPotentialEnergy()._value,
        }
        say(" ".join(f"{values[column]:.10g}" for column in self.leg["columns"]))

    def temperatures(self, kinetic: float) -> dict[str, float]:
        """That of the atoms, each with its Drude particle, and that of these on their atoms."""
        if isinstance(self.integrator, openmm.DrudeIntegrator):
            return {
                "temperature": self.integrator.computeSystemTemperature()._value,
                "drudes": self.integrator.computeDrudeTemperature()._value,
            }
        return {"temperature": 2 * kinetic / (GAS_CONSTANT * self.freedom)}

    def pressure(self) -> float:
        """That of a gas is none."""
        return (
            0.0
            if self.barostat is None
            else self.barostat.computeCurrentPressure(self.context)._value
        )

    def frame(self) -> Json:
        """Positions of the atoms and edges."""
        state = self.state()
        return {
            "positions": [state["positions"][i] for i in self.atoms],
            "edges": state["edges"],
        }

    def state(self) -> Json:
        """Positions, as whole molecules, velocities and edges."""
        state = self.context.getState(getPositions=True, getVelocities=True)
        return {
            "positions": state.getPositions(asNumpy=True)._value.round(7).tolist(),
            "velocities": state.getVelocities(asNumpy=True)._value.round(7).tolist(),
            "edges": self.edges(),
        }


def drude_particles(system: openmm.System) -> set[int]:
    """Those of a box of polarizable molecules."""
    forces = [each for each in system.getForces() if isinstance(each, openmm.DrudeForce)]
    return {
        each.getParticleParameters(k)[0] for each in forces for k in range(each.getNumParticles())
    }


def make_integrator(leg: Json) -> openmm.Integrator:
    """Langevin's, with a temperature of their own for Drude particles."""
    first = leg["stages"][0]
    bath = first["temperature"][0], first["friction"]
    if "drude_temperature" not in leg:
        return openmm.LangevinMiddleIntegrator(*bath, first["timestep"])
    cold = leg["drude_temperature"], first["friction"]
    return openmm.DrudeLangevinIntegrator(*bath, *cold, first["timestep"])


def make_context(system: openmm.System, integrator: openmm.Integrator) -> openmm.Context:
    """On a GPU where there is one, else on as many threads as the job has."""
    known = {
        openmm.Platform.getPlatform(i).getName() for i in range(openmm.Platform.getNumPlatforms())
    }
    properties = {
        "CUDA": {"Precision": "mixed"},
        "CPU": {"Threads": os.environ.get("OMP_NUM_THREADS", "1")},
    }
    name = next(each for each in PLATFORMS if each in known)
    say(f"OpenMM {openmm.__version__} on {name}")
    platform = openmm.Platform.getPlatformByName(name)
    return openmm.Context(system, integrator, platform, properties[name])


if __name__ == "__main__":
    main(sys.argv[1])
