"""OpenMM moves Drude particles as polarizable electrostatics say."""

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import openmm
import pytest
from openmm import app

from aiida_forcefield.dynamics import (
    ENGINES,
    Conditions,
    ManyBody,
    Thermo,
    openmm_job,
    rigid_bonds,
    summarise,
    vacuum_box,
    vacuum_cutoff,
)
from aiida_forcefield.potentials.electrostatics import Polarizable
from aiida_forcefield.potentials.electrostatics.damping import screening
from aiida_forcefield.potentials.electrostatics.polarizable import SPRING
from aiida_forcefield.potentials.energy import Layout
from aiida_forcefield.potentials.ewald import coulomb, split
from aiida_forcefield.potentials.export.lammps_drudes import particles_of
from aiida_forcefield.potentials.export.molecule import write_pdb
from aiida_forcefield.potentials.export.openmm import write_openmm
from aiida_forcefield.potentials.forcefield import ForceField
from aiida_forcefield.topology.box import Box
from aiida_forcefield.topology.system import System
from aiida_forcefield.units import BOLTZMANN, COULOMB, KJ_PER_MOL, NM

from ..fields import Array, build, droplet, liquid, ours, polarizable
from .test_lammps_drudes import FORMS, FULL, SMILES, expected
from .test_lammps_drudes import relaxed as relaxed_by_lammps
from .test_lammps_export import forces
from .test_openmm_dynamics import Runner

pytestmark = pytest.mark.integration

ENGINE = ENGINES["openmm"]
ONLY_LITHIUM = {"Li": "[Li+]", "EC": "C1COC(=O)O1"}


def at_rest(
    system: openmm.System, positions: Array, held: Array, tolerance: float = 1e-5
) -> tuple[float, Array, Array]:
    """Energy, eV, forces on all, eV/Å, and positions, Å, after all but what is held moved."""
    still = openmm.XmlSerializer.clone(system)
    for particle in np.flatnonzero(held):
        still.setParticleMass(int(particle), 0)
    while still.getNumConstraints():
        still.removeConstraint(0)
    platform = openmm.Platform.getPlatformByName("Reference")
    context = openmm.Context(still, openmm.VerletIntegrator(0.001), platform)
    context.setPositions(positions / NM)
    if openmm_job.SHIFT in context.getParameters():
        context.setParameter(openmm_job.SHIFT, 0)
    openmm.LocalEnergyMinimizer.minimize(context, tolerance)
    state = context.getState(getEnergy=True, getForces=True, getPositions=True)
    return (
        state.getPotentialEnergy()._value * KJ_PER_MOL,
        state.getForces(asNumpy=True)._value * KJ_PER_MOL / NM,
        state.getPositions(asNumpy=True)._value * NM,
    )


def from_files(field: ForceField, system: System, box: Box) -> tuple[float, Array]:
    """Energy and forces on the atoms, as a user of the exported files has them."""
    pdb = app.PDBFile(StringIO(write_pdb(system, box)))
    read = app.ForceField(StringIO(write_openmm(field, system)))
    molecules = app.Modeller(pdb.topology, pdb.positions)
    molecules.addExtraParticles(read)
    atoms = np.array([atom.element is not None for atom in molecules.topology.atoms()])
    positions = np.array(molecules.positions.value_in_unit(openmm.unit.angstrom))
    positions[atoms] = box.positions
    made = read.createSystem(molecules.topology, nonbondedMethod=app.NoCutoff)
    energy, acting, _ = at_rest(made, positions, atoms)
    assert np.abs(acting[~atoms]).max(initial=0.0) < 1e-5
    return energy, acting[atoms]


@pytest.mark.parametrize("rule", [FULL, {}], ids=["pairs 1-4", "none"])
@pytest.mark.parametrize("form", ["exp6", "tang_toennies", "lennard_jones"])
@pytest.mark.parametrize("name", SMILES)
def test_energies_and_forces(name: str, form: str, rule: dict) -> None:
    system, fixed = build(SMILES[name], f"{FORMS} {form}", rule)
    field = polarizable(fixed, system)
    box = droplet(system)
    energy, gradient = expected(field, system, box)
    found, acting = from_files(field, system, box)
    assert found == pytest.approx(energy, rel=0, abs=1e-6)
    np.testing.assert_allclose(acting, -gradient, rtol=0, atol=2e-6)


def test_a_polarizable_ion_and_pairs_of_their_own() -> None:
    system, fixed = build(
        ONLY_LITHIUM, f"{FORMS} lennard_jones", FULL | {"combination": "geometric"}
    )
    field = polarizable(fixed, system)
    assert isinstance(field.electrostatics, Polarizable)
    held = field.electrostatics.polarizabilities | {"Li:Li1": 0.2}
    field = replace(field, electrostatics=replace(field.electrostatics, polarizabilities=held))
    box = droplet(system)
    energy, gradient = expected(field, system, box)
    found, acting = from_files(field, system, box)
    assert found == pytest.approx(energy, rel=0, abs=1e-6)
    np.testing.assert_allclose(acting, -gradient, rtol=0, atol=2e-6)


def of_job(
    field: ForceField, system: System, box: Box, cutoff: float
) -> tuple[openmm.System, Array, Array]:
    """What the job makes of its files, where particles start, Å, and which of them are atoms."""
    files = ENGINE.files(field, system, box, cutoff, periodic=True)
    state = json.loads(files["system"].text)
    molecules = json.loads(files["molecules"].text)
    made = openmm_job.make_system(files["force_field"].text, molecules, state["edges"])
    atoms = np.ones(made.getNumParticles(), dtype=bool)
    atoms[[*openmm_job.drude_particles(made)]] = False
    return made, np.array(state["positions"]) * NM, atoms


def energy_of_particles(
    field: ForceField, system: System, box: Box, positions: Array, atoms: Array
) -> float:
    """By Ewald's sums over all charges, eV: pairs of bonded neighbours taken off, and damped."""
    polarising = field.electrostatics
    assert isinstance(polarising, Polarizable)
    charges, net, lengths, rest, near, start = [], [], [], [], set(), 0
    for name, count in zip(system.names, box.counts, strict=True):
        species, types = system.of_name(name), system.types_of(name)
        particles, n = particles_of(polarising, system, name), len(types)
        own = np.array([polarising.net[each] for each in types])
        held = own.copy()
        held[[*particles.hosts]] -= particles.charges
        owners = [*range(n), *particles.hosts]
        bonded = np.eye(n, dtype=bool)
        for i, j in species.bonds:
            bonded[i, j] = bonded[j, i] = True
        bonded = bonded @ bonded
        for _ in range(count):
            charges += [*held, *particles.charges]
            net += [*own, *np.zeros(len(particles.hosts))]
            lengths += [polarising.lengths[types[owner]] for owner in owners]
            place = positions[start : start + n]
            rest += [*(particles.anchors @ place)]
            near |= {
                (start + a, start + b)
                for b, j in enumerate(owners)
                for a, i in enumerate(owners[:b])
                if bonded[i, j]
            }
            start += len(owners)
    q, plain, length = map(np.array, (charges, net, lengths))
    energy, _, _ = coulomb(positions, q, np.diag(box.edges), split(9.0))
    i, j = np.array(sorted(near)).T
    energy -= COULOMB * np.sum(q[i] * q[j] / np.linalg.norm(positions[i] - positions[j], axis=1))
    i, j = np.triu_indices(len(q), 1)
    counts = np.array([pair not in near for pair in zip(i.tolist(), j.tolist(), strict=True)])
    i, j = i[counts], j[counts]
    apart = positions[i] - positions[j]
    r = np.linalg.norm(apart - np.round(apart / box.edges) * box.edges, axis=1)
    lost, _ = screening(r, np.sqrt(length[i] * length[j]), polarising.damping)
    energy += COULOMB * np.sum((q[i] * q[j] - plain[i] * plain[j]) * lost)
    return float(energy + SPRING / 2 * np.sum((positions[~atoms] - np.array(rest)) ** 2))


def test_a_periodic_box(lmp: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openmm_job, "EWALD_TOLERANCE", 1e-7)
    mixture = SMILES["methanol and lithium in carbonate"]
    system, fixed = build(mixture, f"{FORMS} tang_toennies", FULL)
    field = polarizable(fixed, system)
    box = liquid(system)
    made, start, atoms = of_job(field, system, box, 9.0)
    found, acting, placed = at_rest(made, start, atoms, tolerance=1e-2)
    bare, _ = ours(fixed, system, box, periodic=True)
    energy = bare["energy"] - bare["coulomb"]
    energy += energy_of_particles(field, system, box, placed, atoms)
    tail = json.loads(ENGINE.files(field, system, box, 9.0, True)["molecules"].text)["tail"]
    energy += tail * KJ_PER_MOL * NM**3 / float(np.prod(box.edges))
    assert found == pytest.approx(energy, rel=1e-6)
    # LAMMPS has erfc to 1e-7, which host and particle, 0.03 Å apart, feel.
    theirs = relaxed_by_lammps(lmp, tmp_path, field, system, box, periodic=True, cutoff=9.0)
    assert found == pytest.approx(theirs, rel=0, abs=1e-4 * (~atoms).sum())
    scale = acting[atoms].std()
    np.testing.assert_allclose(
        acting[atoms], forces(tmp_path)[: atoms.sum()], rtol=0, atol=3e-4 * scale
    )


@pytest.mark.parametrize("form", ["tang_toennies", "lennard_jones"])
def test_single_precision_is_enough(form: str) -> None:
    system, fixed = build(SMILES["ethylene carbonate"], f"{FORMS} {form}", FULL)
    made, start, _ = of_job(polarizable(fixed, system), system, liquid(system), 9.0)
    found = []
    for name in ("Reference", "CPU"):
        platform = openmm.Platform.getPlatformByName(name)
        context = openmm.Context(made, openmm.VerletIntegrator(0.001), platform)
        context.setPositions(start / NM)
        state = context.getState(getForces=True)
        found.append(np.array(state.getForces(asNumpy=True)._value))
    assert np.abs(found[0] - found[1]).max() < 1e-4 * found[0].std()


class Legs(Runner):
    """Legs that also tell the temperature of Drude particles."""

    def leg(self, script: str, status: str = "ok", temperature: float = 300.0) -> Thermo:
        """See `Runner`."""
        thermo = super().leg(script, status, temperature)
        log = (self.folder / "log").read_text()
        assert self.engine.read_log(log).warnings == ()
        rows = (line.split() for line in log.splitlines())
        self.drudes = np.array([row[9] for row in rows if len(row) == 10][1:], dtype=float)
        return thermo


@pytest.fixture(scope="module")
def methanol() -> tuple[ForceField, System]:
    system, fixed = build(SMILES["methanol"], f"{FORMS} tang_toennies", FULL)
    return polarizable(fixed, system), system


def test_from_a_packed_box_to_frames(
    tmp_path: Path, compute_python: Path, methanol: tuple[ForceField, System]
) -> None:
    """Particles stay cold, and stay with their hosts from contacts of 1.3 Å on."""
    box = liquid(methanol[1])
    x = np.concatenate([each - each[0] for each in np.split(box.positions, 27)])
    sites = np.stack(np.meshgrid(*3 * [np.arange(3)]), axis=-1).reshape(-1, 3) * 4.2
    packed = Box(box.counts, x + np.repeat(sites, 6, axis=0), np.full(3, 14.0))
    legs = Legs(tmp_path, ENGINE, "", compute_python)
    legs.begin(*methanol, packed, 5.0)
    state = Conditions(300.0, 1.0, rigid_bonds(methanol[1]))
    first = legs.leg(ENGINE.equilibration(*methanol, state, 2.0, 3))
    ended = ENGINE.read_frames((tmp_path / ENGINE.frames).read_text(), (27,), 162)
    assert ended.positions.shape == (2, 162, 3)
    push = ManyBody(0.0, 300.0, 65.0), 27
    second = legs.leg(ENGINE.production(*methanol, state, 1.0, 0.5, *push))
    frames = ENGINE.read_frames((tmp_path / ENGINE.frames).read_text(), (27,), 162)
    assert frames.positions.shape == (3, 162, 3)
    for run in (first, second):
        assert run.temperature.mean() == pytest.approx(300.0, rel=0.15)
        assert 0.7 < run.density.mean() < 1.15
    assert legs.drudes.mean() < 3
    # It goes on where the leg before ended, with molecules that are whole.
    assert second.potential_energy[0] == pytest.approx(first.potential_energy[-1], abs=1e-2)
    assert second.volume[0] == pytest.approx(first.volume[-1])
    np.testing.assert_allclose(frames.positions[0], ended.positions[-1], atol=1e-5)
    (molecules,) = frames.molecules(methanol[1])
    lengths = np.linalg.norm(molecules[:, :, 0] - molecules[:, :, 1], axis=-1)
    assert 1.2 < lengths.min() < lengths.max() < 1.7


def test_a_molecule_alone(
    tmp_path: Path, compute_python: Path, methanol: tuple[ForceField, System]
) -> None:
    field, system = methanol
    box = vacuum_box(system, "MeOH", system.species[0].conformers[0])
    legs = Legs(tmp_path, ENGINE, "", compute_python)
    legs.begin(*methanol, box, vacuum_cutoff(box), periodic=False)
    state = Conditions(300.0, 0.0, rigid_bonds(system))
    legs.leg(ENGINE.gas_equilibration(*methanol, state, 20.0, 5))
    runs = []
    for number in range(4):
        runs.append(legs.leg(ENGINE.gas_production(*methanol, state, 50.0, 5, number)))
        ended = json.loads((tmp_path / ENGINE.state).read_text())
        positions = np.array(ended["positions"])[None, : len(box.positions)] * NM
        at_rest, _ = Layout.of(field, system).molecules("MeOH", positions).gradient(field.vector)
        # What the particles at 1 to 2 K have beside their energy at rest: 3/2 kT each.
        assert -1e-5 < runs[-1].potential_energy[-1] - at_rest[0] < 2e-3
        # They move with the bonds that they are tied to, too.
        assert 0.5 < legs.drudes.mean() < 6
    assert runs[0].kinetic_energy[50] != runs[1].kinetic_energy[50]  # noise of its own
    # Eighteen degrees of freedom, less four bonds that are held.
    found = summarise([run.kinetic_energy for run in runs], runs[0].time[1] - runs[0].time[0])
    assert abs(found.mean - 7 * BOLTZMANN * 300.0) < 4 * found.standard_error
    temperatures = summarise([run.temperature for run in runs], runs[0].time[1] - runs[0].time[0])
    assert abs(temperatures.mean - 300.0) < 4 * temperatures.standard_error


def test_a_molecule_without_particles_beside_one_that_has_some(
    tmp_path: Path, compute_python: Path
) -> None:
    system, fixed = build(ONLY_LITHIUM, f"{FORMS} tang_toennies", FULL)
    field = polarizable(fixed, system)
    box = vacuum_box(system, "Li", np.zeros((1, 3)))
    legs = Legs(tmp_path, ENGINE, "", compute_python)
    legs.begin(field, system, box, vacuum_cutoff(box), periodic=False)
    script = ENGINE.gas_equilibration(
        field, system, Conditions(300.0, 0.0, rigid_bonds(system)), 5.0, 5
    )
    run = legs.leg(script)
    assert run.temperature.mean() > 0
