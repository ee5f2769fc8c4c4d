"""The same box in LAMMPS and in OpenMM: energies, forces and densities; and OpenMM by itself."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import openmm
import pytest
from aiida.engine import run_get_node
from aiida.orm import CalcJobNode, Computer, Dict, InstalledCode, SinglefileData

from aiida_forcefield.calculations.jobs.openmm import OpenmmCalculation
from aiida_forcefield.data import BoxData
from aiida_forcefield.dynamics import (
    ENGINES,
    Conditions,
    Engine,
    ManyBody,
    Thermo,
    check_tail,
    judge,
    openmm_job,
    packmol_input,
    read_packed,
    rigid_bonds,
    starting_box,
    summarise,
    tail_coefficient,
    vacuum_box,
    vacuum_cutoff,
    write_xyz,
)
from aiida_forcefield.dynamics.openmm import JOB, job_text
from aiida_forcefield.potentials import write_force_field
from aiida_forcefield.potentials.electrostatics import FixedCharges
from aiida_forcefield.potentials.forcefield import ForceField, Term
from aiida_forcefield.topology import Box, System, from_smiles
from aiida_forcefield.units import BAR, BAR_PER_ATM, BOLTZMANN, KCAL_PER_MOL, KJ_PER_MOL, NM

from ..fields import FIELDS, Array, build, liquid
from . import solution

pytestmark = pytest.mark.integration

METHANOL = solution.system(MeOH=1)
LIQUID = solution.field(METHANOL), METHANOL
ARGON = System.pure("Ar", from_smiles("[Ar]"))
ARGON_FIELD = ForceField(
    ARGON.atom_types,
    (Term("nonbonded", ("Ar:Ar1",), "lennard_jones", {"epsilon": 0.01032, "sigma": 3.405}),),
    FixedCharges({"Ar:Ar1": 0.0}, {"Ar:Ar1": 0.0}),
    np.zeros((0, 0)),
)


def pack(folder: Path, system: System, cutoff: float, atoms: int, compute_python: Path) -> Box:
    """A box that packmol filled."""
    geometries = [species.conformers[0] for species in system.species]
    start = starting_box(system, geometries, cutoff, atoms)
    files = [f"{name}.xyz" for name in system.names]
    for name, species in zip(files, system.species, strict=True):
        (folder / name).write_text(write_xyz(species.symbols, species.conformers[0]))
    (folder / "pack.inp").write_text(packmol_input(start, 11, files, "packed.xyz"))
    with (folder / "pack.inp").open() as file:
        program = compute_python.parent / "packmol"
        subprocess.run([program], stdin=file, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return read_packed((folder / "packed.xyz").read_text(), system, start)


class Runner:
    """Legs in a folder, each of which begins where the one before ended."""

    def __init__(self, folder: Path, engine: Engine, lmp: str, python: Path) -> None:
        self.folder, self.engine = folder, engine
        folder.mkdir(exist_ok=True)
        (folder / JOB).write_text(job_text())
        self.command = {
            "LAMMPS": [lmp, "-in", "leg", "-screen", "none", "-nocite", "-log", "log"],
            "OpenMM": [str(python), "-E", JOB, "leg"],
        }[engine.program]

    def begin(
        self, field: ForceField, system: System, box: Box, cutoff: float, **kind: bool
    ) -> None:
        """Write the files of a simulation."""
        kind = kind or {"periodic": True}
        for file in self.engine.files(field, system, box, cutoff, **kind).values():
            (self.folder / file.name).write_text(file.text)

    def leg(self, script: str, status: str = "ok", temperature: float = 300.0) -> Thermo:
        """Run one that ends as it should."""
        (self.folder / "leg").write_text(script)
        own = self.engine.program == "OpenMM"
        with (self.folder / ("log" if own else "screen")).open("w") as file:
            environment = os.environ | {"OMP_NUM_THREADS": "1"}
            subprocess.run(self.command, cwd=self.folder, env=environment, stdout=file)
        log = self.engine.read_log((self.folder / "log").read_text())
        assert judge(log, temperature, 1, self.engine.program).status == status, log.errors
        final = self.folder / self.engine.final
        if status == "ok":
            assert self.engine.is_whole(final.read_text())
            final.rename(self.folder / self.engine.state)
        assert log.thermo is not None
        return log.thermo


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory, lmp: str, compute_python: Path) -> Any:
    def make(engine: str) -> Runner:
        return Runner(tmp_path_factory.mktemp(engine), ENGINES[engine], lmp, compute_python)

    return make


def in_lammps(
    runner: Runner, field: ForceField, system: System, box: Box
) -> tuple[float, Array, float]:
    """Energy, eV, forces, eV/Å, and virial pressure, bar; as good as exact at long range."""
    runner.begin(field, system, box, 9.0)
    tight = write_force_field(field, system, 9.0, kspace_accuracy=1e-7).replace("pppm", "ewald")
    (runner.folder / "forcefield.lmp").write_text(tight)
    lines = ["units real", "atom_style full", f"read_data {runner.engine.state}"]
    lines += [
        "include forcefield.lmp",
        "thermo_style custom pe press",
        "thermo_modify format float %.14g",
    ]
    lines += ["run 0", "write_dump all custom f id fx fy fz modify sort id format float %.12g", ""]
    (runner.folder / "leg").write_text("\n".join(lines))
    subprocess.run(runner.command, cwd=runner.folder, check=True)
    log = (runner.folder / "log").read_text().splitlines()
    values = log[next(i for i, line in enumerate(log) if line.split()[:1] == ["PotEng"]) + 1]
    energy, pressure = map(float, values.split())
    rows = (runner.folder / "f").read_text().splitlines()[9:]
    forces = np.array([row.split()[1:] for row in rows], dtype=float)
    return energy * KCAL_PER_MOL, forces * KCAL_PER_MOL, pressure * BAR_PER_ATM


def openmm_system(field: ForceField, system: System, box: Box, rigid: bool) -> openmm.System:
    """What the job makes of its files."""
    files = ENGINES["openmm"].files(field, system, box, 9.0, periodic=True)
    molecules = json.loads(files["molecules"].text)
    if not rigid:
        molecules["constraints"] = {}
    edges = json.loads(files["system"].text)["edges"]
    return openmm_job.make_system(files["force_field"].text, molecules, edges)


def in_openmm(
    field: ForceField, system: System, box: Box, platform: str = "CPU"
) -> tuple[float, Array]:
    """Energy, eV, and forces, eV/Å, as the job computes them."""
    made = openmm_system(field, system, box, rigid=False)
    chosen = openmm.Platform.getPlatformByName(platform)
    context = openmm.Context(made, openmm.VerletIntegrator(0.001), chosen)
    context.setPositions(box.positions / NM)
    context.setParameter(openmm_job.SHIFT, 0)
    state = context.getState(getEnergy=True, getForces=True)
    forces = state.getForces(asNumpy=True)._value * KJ_PER_MOL / NM
    return state.getPotentialEnergy()._value * KJ_PER_MOL, np.asarray(forces)


def pressure_in_openmm(field: ForceField, system: System, box: Box) -> float:
    """What the barostat sees of it, bar: by how much the energy changes with the volume."""
    made = openmm_system(field, system, box, rigid=False)
    platform = openmm.Platform.getPlatformByName("Reference")
    context = openmm.Context(made, openmm.VerletIntegrator(0.001), platform)
    energies = []
    for scale in (1 + 1e-6, 1 - 1e-6):
        context.setPeriodicBoxVectors(*np.diag(scale * box.edges / NM))
        context.setPositions(scale * box.positions / NM)
        energies.append(context.getState(getEnergy=True).getPotentialEnergy()._value)
    volume = float(np.prod(box.edges))
    return float(energies[1] - energies[0]) * KJ_PER_MOL / (6e-6 * volume) * BAR


def assert_equal(found: tuple[float, Array], expected: tuple[float, Array]) -> None:
    """To 1e-5, forces relative to the typical one."""
    assert found[0] == pytest.approx(expected[0], rel=1e-5)
    assert np.sqrt(np.square(found[1] - expected[1]).mean()) < 1e-5 * expected[1].std()


CASES = ("opls", "damped", "water and methanol", "lithium fluoride in carbonate", "ions of opls")


@pytest.mark.parametrize("name", CASES)
def test_energy_forces_and_pressure_are_those_of_lammps(runner: Any, name: str) -> None:
    system, field = build(*FIELDS[name])
    box = liquid(system)
    energy, forces, pressure = in_lammps(runner("lammps"), field, system, box)
    assert_equal(in_openmm(field, system, box), (energy, forces))
    assert pressure_in_openmm(field, system, box) == pytest.approx(pressure, rel=1e-3)


@pytest.fixture(scope="module")
def methanol(runner: Any, tmp_path_factory: pytest.TempPathFactory, compute_python: Path) -> Any:
    """A small liquid after equilibration and a leg with frames: runner, box, and both legs."""
    folder = tmp_path_factory.mktemp("methanol")
    box = pack(folder, METHANOL, 6.5, 270, compute_python)
    here = runner("openmm")
    here.begin(*LIQUID, box, 6.5)
    state = Conditions(300.0, 1.0, rigid_bonds(METHANOL))
    first = here.leg(here.engine.equilibration(*LIQUID, state, 4.0, 12))
    frames = (here.folder / here.engine.frames).read_text()
    both = here.engine.read_frames(frames, box.counts, len(box.positions))
    assert len(both.positions) == 2
    return here, box, first, here.leg(here.engine.production(*LIQUID, state, 2.5, frames_every=1.0))


def test_the_tail_correction_is_that_of_the_force_field(methanol: Any) -> None:
    _, box, *legs = methanol
    coefficient = tail_coefficient(solution.field(METHANOL), METHANOL, box.counts, 6.5)
    for thermo in legs:
        check_tail(thermo, coefficient, tolerance=1e-6)


def test_a_leg_goes_on_where_the_one_before_ended(methanol: Any) -> None:
    _, _, first, second = methanol
    assert second.density[0] == pytest.approx(first.density[-1], rel=1e-6)
    assert second.potential_energy[0] == pytest.approx(first.potential_energy[-1], rel=1e-3)
    assert Thermo.join([first, second]).time[-1] == pytest.approx(0.8 + 2.5)


def test_frames_hold_whole_molecules_with_rigid_bonds(methanol: Any) -> None:
    here, box, *_ = methanol
    text = (here.folder / here.engine.frames).read_text()
    frames = here.engine.read_frames(text, box.counts, len(box.positions))
    (positions,) = frames.molecules(METHANOL)
    assert positions.shape == (3, box.counts[0], 6, 3)

    def lengths(i: int, j: int) -> Array:
        return np.asarray(np.linalg.norm(positions[:, :, i] - positions[:, :, j], axis=-1))

    np.testing.assert_allclose(lengths(1, 5), 0.945, atol=1e-4)
    np.testing.assert_allclose(lengths(0, 2), 1.09, atol=1e-4)
    assert lengths(0, 1).std() > 0.01  # which may vibrate


def test_the_liquid_condenses_to_its_temperature(methanol: Any) -> None:
    *_, thermo = methanol
    assert thermo.temperature.mean() == pytest.approx(300.0, rel=0.1)
    assert 0.6 < thermo.density.mean() < 0.95


def test_energy_is_conserved_without_thermostat(methanol: Any) -> None:
    here, box, *_ = methanol
    state = json.loads((here.folder / here.engine.state).read_text())
    start = Box(box.counts, np.array(state["positions"]) * NM, np.array(state["edges"]) * NM)
    files = here.engine.files(solution.field(METHANOL), METHANOL, start, 6.5, periodic=True)
    molecules = json.loads(files["molecules"].text)
    made = openmm_job.make_system(files["force_field"].text, molecules, state["edges"])
    integrator = openmm.VerletIntegrator(2e-3)
    context = openmm.Context(made, integrator, openmm.Platform.getPlatformByName("CPU"))
    context.setPositions(state["positions"])
    context.setVelocities(state["velocities"])
    context.applyConstraints(1e-6)
    rows = []
    for _ in range(40):
        integrator.step(25)
        found = context.getState(getEnergy=True)
        kinetic = found.getKineticEnergy()._value
        rows.append((kinetic + found.getPotentialEnergy()._value, kinetic))
    total, kinetic = np.array(rows).T
    assert total.std() < 0.1 * kinetic.std()
    drift = np.polyfit(0.05 * np.arange(40), total, 1)[0]
    assert abs(drift) < 0.005 * kinetic.mean()  # per ps


@pytest.fixture(scope="module")
def argon(runner: Any, tmp_path_factory: pytest.TempPathFactory, compute_python: Path) -> Any:
    """Density of liquid argon in each engine, pressed together for what three molecules have."""
    box = pack(tmp_path_factory.mktemp("argon"), ARGON, 8.5, 250, compute_python)
    told = ManyBody(0.0, -300.0, 47.0), box.counts[0]
    argon, state = (ARGON_FIELD, ARGON), Conditions(90.0, 1.0)

    def density(engine: str, many_body: Any) -> Any:
        here = runner(engine)
        here.begin(ARGON_FIELD, ARGON, box, 8.5)
        here.leg(here.engine.equilibration(*argon, state, 6.0, 3, *many_body), temperature=90.0)
        script = here.engine.production(*argon, state, 24.0, None, *many_body)
        thermo = here.leg(script, temperature=90.0)
        return thermo, summarise([thermo.density], thermo.time[1])

    return {engine: density(engine, told) for engine in ENGINES} | {
        "alone": density("openmm", (None, 0))
    }


def test_densities_agree_within_their_errors(argon: Any) -> None:
    (_, first), (_, second) = argon["lammps"], argon["openmm"]
    error = np.hypot(first.standard_error, second.standard_error)
    assert error < 0.01
    assert abs(first.mean - second.mean) < 3 * error
    assert first.mean == pytest.approx(1.4, abs=0.1)


def test_the_barostat_acts_for_what_three_molecules_have(argon: Any) -> None:
    thermo, pressed = argon["openmm"]
    assert pressed.mean > argon["alone"][1].mean + 5 * argon["alone"][1].standard_error
    inwards = 300.0 * (47.0 * 250 / thermo.volume.mean()) ** 3
    assert thermo.pressure.mean() == pytest.approx(1.0 + inwards, rel=0.2)


def test_a_molecule_of_water_alone(runner: Any) -> None:
    system = solution.system(MeOH=1, water=1)
    box = vacuum_box(system, "water", system.of_name("water").conformers[0])
    here = runner("openmm")
    cutoff = vacuum_cutoff(box)
    water = solution.field(system), system
    here.begin(*water, box, cutoff, periodic=False)
    state = Conditions(300.0, 0.0, rigid_bonds(system))
    here.leg(here.engine.gas_equilibration(*water, state, 10.0, 5))
    legs = [here.leg(here.engine.gas_production(*water, state, 40.0, 5, leg)) for leg in (0, 1)]
    assert legs[0].kinetic_energy[50] != legs[1].kinetic_energy[50]  # noise of its own
    thermo = Thermo.join(legs)
    # Nine degrees of freedom, less two bonds that are held; one harmonic angle.
    for values, freedom in ((thermo.kinetic_energy, 7), (thermo.potential_energy, 1)):
        found = summarise([values], 0.1)
        assert abs(found.mean - freedom / 2 * BOLTZMANN * 300.0) < 4 * found.standard_error


def test_an_explosion_is_noticed(methanol: Any) -> None:
    here, *_ = methanol
    state = Conditions(300.0, 1.0, rigid_bonds(METHANOL))
    script = json.loads(here.engine.production(*LIQUID, state, 1.0))
    script["stages"][0]["timestep"] *= 20
    kept = (here.folder / here.engine.state).read_text()
    (here.folder / "leg").write_text(json.dumps(script))
    with (here.folder / "log").open("w") as file:
        subprocess.run(here.command, cwd=here.folder, stdout=file)
    log = here.engine.read_log((here.folder / "log").read_text())
    assert judge(log, 300.0, 270, "OpenMM").status in ("not_a_number", "exploded", "failed")
    (here.folder / here.engine.state).write_text(kept)


@pytest.fixture(scope="module")
def code(computer: Computer, compute_python: Path) -> InstalledCode:
    text = "export OMP_NUM_THREADS=1"
    return InstalledCode(computer, str(compute_python), label="openmm", prepend_text=text).store()


def test_a_leg_by_aiida(code: InstalledCode, methanol: Any) -> None:
    here, box, *_ = methanol
    engine, state = here.engine, Conditions(300.0, 1.0, rigid_bonds(METHANOL))
    files = engine.files(*LIQUID, box, 6.5, periodic=True)

    def node(name: str, text: str) -> SinglefileData:
        return SinglefileData.from_string(text, filename=name)

    inputs = {
        "script": node("leg.in", engine.equilibration(*LIQUID, state, 1.0, 7)),
        "files": {label: node(*file) for label, file in files.items()},
        "filenames": Dict({"system": engine.state}),
        "box": BoxData(box),
        "simulation": Dict({"temperature": 300.0}),
    }
    outputs: dict[str, Any]
    job: CalcJobNode
    outputs, job = run_get_node(OpenmmCalculation, code=code, **inputs)
    assert job.is_finished_ok, job.exit_message
    assert len(outputs["thermo"].value) == 3
    assert outputs["frames"].value.positions.shape == (2, len(box.positions), 3)
    inputs |= {"script": node("leg.in", engine.production(*LIQUID, state, 0.4))}
    inputs["files"] |= {"system": outputs["final"]}
    outputs, job = run_get_node(OpenmmCalculation, code=code, **inputs)
    assert job.is_finished_ok, job.exit_message
    assert "frames" not in outputs


def test_a_gpu_computes_the_same() -> None:
    known = {
        openmm.Platform.getPlatform(i).getName() for i in range(openmm.Platform.getNumPlatforms())
    }
    if "CUDA" not in known:
        pytest.skip("OpenMM has no CUDA here")
    for name in CASES:
        system, field = build(*FIELDS[name])
        box = liquid(system)
        assert_equal(in_openmm(field, system, box, "CUDA"), in_openmm(field, system, box))
