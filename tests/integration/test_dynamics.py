"""A small methanol box through packmol and LAMMPS: pack, equilibrate, produce, go on, read."""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from aiida_forcefield.dynamics.box import packmol_input, read_packed, starting_box, write_xyz
from aiida_forcefield.dynamics.conditions import Conditions, rigid_bonds
from aiida_forcefield.dynamics.frames import read_frames
from aiida_forcefield.dynamics.gas import (
    gas_equilibration_script,
    gas_production_script,
    vacuum_box,
    vacuum_cutoff,
)
from aiida_forcefield.dynamics.guard import judge
from aiida_forcefield.dynamics.log import Thermo, parse_log
from aiida_forcefield.dynamics.many_body import ManyBody
from aiida_forcefield.dynamics.script import equilibration_script, production_script
from aiida_forcefield.dynamics.statistics import summarise
from aiida_forcefield.dynamics.tail import check_tail, tail_coefficient
from aiida_forcefield.potentials.electrostatics import FixedCharges
from aiida_forcefield.potentials.export.lammps import write_force_field
from aiida_forcefield.potentials.export.lammps_data import write_data
from aiida_forcefield.potentials.forcefield import ForceField, Term
from aiida_forcefield.topology import System, from_smiles

from . import solution

pytestmark = pytest.mark.integration

COMPUTE = Path(__file__).parents[2] / ".venv-compute" / "bin"
LMP = os.environ.get("AIIDA_FORCEFIELD_LMP", str(COMPUTE / "lmp"))
PACKMOL = os.environ.get("AIIDA_FORCEFIELD_PACKMOL", str(COMPUTE / "packmol"))
CUTOFF = 6.5
TEMPERATURE = 300.0
METHANOL = from_smiles("CO")
PURE = System.pure("MeOH", METHANOL)
N = len(METHANOL.symbols)


def exp6(name, minimum, depth, steepness=13.0):
    """Exp-6 with its minimum (Å) and depth (eV) where Lennard-Jones parameters have them."""
    scale = depth / (steepness - 6)
    parameters = {
        "A": 6 * scale * np.exp(steepness),
        "rho": minimum / steepness,
        "C6": scale * steepness * minimum**6,
    }
    return Term("nonbonded", (f"MeOH:{name}",), "exp6", parameters)


def bonded(kind, atoms, form, **parameters):
    return Term(kind, tuple(f"MeOH:{atom}" for atom in atoms.split("-")), form, parameters)


CHARGES = {"MeOH:C1": 0.145, "MeOH:O1": -0.683, "MeOH:H1": 0.04, "MeOH:H2": 0.418}
FIELD = ForceField(
    PURE.atom_types,
    (
        bonded("bond", "C1-O1", "morse", D=4.0, alpha=2.0, r0=1.42),
        bonded("bond", "C1-H1", "morse", D=4.4, alpha=1.9, r0=1.09),
        bonded("bond", "H2-O1", "morse", D=4.8, alpha=2.2, r0=0.96),
        bonded("angle", "H1-C1-O1", "harmonic_angle", k=1.5, theta0=109.5),
        bonded("angle", "H1-C1-H1", "harmonic_angle", k=1.4, theta0=107.8),
        bonded("angle", "C1-O1-H2", "harmonic_angle", k=2.4, theta0=108.5),
        bonded("dihedral", "H1-C1-O1-H2", "fourier", k1=0.0, k2=0.0, k3=0.01, k4=0.0),
        exp6("C1", 3.93, 0.0029),
        exp6("O1", 3.50, 0.0074),
        exp6("H1", 2.81, 0.0013),
        exp6("H2", 2.00, 0.0010),
    ),
    FixedCharges(CHARGES, CHARGES),
    np.empty((0, 0)),
)


def run(folder, script):
    """One LAMMPS job in the folder; its final data file becomes the next job's input."""
    (folder / "in.lmp").write_text(script)
    subprocess.run(
        [LMP, "-in", "in.lmp", "-screen", "none", "-nocite"],
        cwd=folder,
        check=False,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    if (folder / "final.data").exists():
        (folder / "final.data").rename(folder / "system.data")
    return parse_log((folder / "log.lammps").read_text())


@pytest.fixture(scope="module")
def box():
    return starting_box(PURE, METHANOL.conformers[:1], CUTOFF, atoms=250)


@pytest.fixture(scope="module")
def conditions():
    return conditions_at(1.01325)


def conditions_at(pressure):
    return Conditions(TEMPERATURE, pressure, rigid_bonds(PURE))


def pack(folder, system, start):
    """Let packmol fill a starting box."""
    files = [f"{name}.xyz" for name in system.names]
    for name, species in zip(files, system.species, strict=True):
        (folder / name).write_text(write_xyz(species.symbols, species.conformers[0]))
    (folder / "pack.inp").write_text(packmol_input(start, 11, files, "packed-box.xyz"))
    with (folder / "pack.inp").open() as file:
        subprocess.run([PACKMOL], stdin=file, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return read_packed((folder / "packed-box.xyz").read_text(), system, start)


@pytest.fixture(scope="module")
def packed(tmp_path_factory, box):
    folder = tmp_path_factory.mktemp("liquid")
    return folder, pack(folder, PURE, box)


@pytest.fixture(scope="module")
def liquid(packed, box, conditions):
    """The folder after equilibration and two production legs, and the three logs."""
    folder, whole = packed
    (folder / "system.data").write_text(write_data(FIELD, PURE, whole))
    (folder / "forcefield.lmp").write_text(write_force_field(FIELD, PURE, CUTOFF))
    equilibration = run(folder, equilibration_script(conditions, 4.0, seed=12))
    (folder / "log.lammps").rename(folder / "equilibration.log")
    first = run(folder, production_script(conditions, 2.5, frames_every=1.0))
    second = run(folder, production_script(conditions, 2.5))
    return folder, equilibration, first, second


def test_the_barostat_acts_for_what_three_molecules_have(liquid, packed, tmp_path, box):
    """A pressure inwards, which compresses the liquid as much as it should."""
    folder, whole = packed
    before = liquid[3].thermo
    inwards = ManyBody(0.0, -2000.0, before.volume.mean() / box.counts[0])
    (tmp_path / "system.data").write_text(write_data(FIELD, PURE, whole))
    (tmp_path / "forcefield.lmp").write_text((folder / "forcefield.lmp").read_text())
    told = inwards, box.counts[0]
    run(tmp_path, equilibration_script(conditions_at(0.0), 6.0, 12, *told))
    log = run(tmp_path, production_script(conditions_at(0.0), 16.0, None, *told))
    assert judge(log, TEMPERATURE, 250).status == "ok"
    later = log.thermo
    assert_allclose(later.time, 0.1 * np.arange(161), atol=1e-6)
    assert later.volume.mean() < 0.97 * before.volume.mean()
    aim = -inwards.pressure_at(later.volume.mean() / box.counts[0])
    assert_allclose(later.pressure.mean(), aim, rtol=0.15)


def test_packed_molecules_are_whole_and_apart(packed, box):
    _, whole = packed
    positions = whole.positions.reshape(-1, N, 3)
    n = N
    assert positions.shape == (box.counts[0], n, 3)
    template = METHANOL.conformers[0]
    assert_allclose(
        np.linalg.norm(positions[:, :, None] - positions[:, None], axis=-1),
        np.broadcast_to(
            np.linalg.norm(template[:, None] - template, axis=-1), (len(positions), n, n)
        ),
        atol=1e-4,
    )
    vectors = positions[:, None, :, None] - positions[None, :, None, :]
    vectors -= box.edge * np.rint(vectors / box.edge)
    distances = np.linalg.norm(vectors, axis=-1)
    distances[np.arange(len(positions)), np.arange(len(positions))] = np.inf
    assert distances.min() > 1.9


def test_all_legs_end_well(liquid):
    for log in liquid[1:]:
        assert judge(log, TEMPERATURE, 250).status == "ok"
        assert log.finished
        assert log.errors == ()
        assert log.warnings == ()
        assert log.cpu_seconds > 0


def test_the_box_condenses(liquid, box):
    density = liquid[3].thermo.density.mean()
    packed = 32.042 * box.counts[0] / box.edge**3 / 0.602214
    assert density > 1.05 * packed
    assert 0.6 < density < 0.95


def test_the_hot_liquid_is_cooled_step_by_step(liquid):
    words = (line.split() for line in (liquid[0] / "equilibration.log").read_text().splitlines())
    rows = np.array([w for w in words if len(w) == 13 and w[0].isdigit()], dtype=float)
    # 1000 soft steps, 800 hot ones, and 400 in which it cools.
    hot, first, second, settled = (
        rows[(rows[:, 0] > lower) & (rows[:, 0] <= upper), 2].mean() / TEMPERATURE
        for lower, upper in ((1400, 1800), (1800, 2000), (2000, 2200), (2600, 3000))
    )
    assert hot == pytest.approx(1.4, abs=0.1)
    assert hot > first > second > settled
    assert second == pytest.approx(1.1, abs=0.1)
    assert settled == pytest.approx(1.0, abs=0.1)


def test_temperature_is_the_target(liquid):
    legs = Thermo.join([log.thermo for log in liquid[2:]])
    result = summarise([legs.temperature], legs.time[1])
    assert abs(result.mean - TEMPERATURE) < max(4 * result.standard_error, 0.02 * TEMPERATURE)


def test_a_leg_goes_on_where_the_one_before_ended(liquid):
    first, second = liquid[2].thermo, liquid[3].thermo
    assert second.density[0] == pytest.approx(first.density[-1], rel=1e-8)
    assert second.kinetic_energy[0] == pytest.approx(first.kinetic_energy[-1], rel=1e-6)
    assert second.potential_energy[0] == pytest.approx(first.potential_energy[-1], rel=1e-3)
    assert Thermo.join([first, second]).time[-1] == pytest.approx(5.0)


def test_tail_correction(liquid, box):
    coefficient = tail_coefficient(FIELD, PURE, box.counts, CUTOFF)
    for log in liquid[2:]:
        check_tail(log.thermo, coefficient, tolerance=1e-6)


def test_frames_hold_whole_molecules(liquid, box):
    text = (liquid[0] / "frames.dump").read_text()
    frames = read_frames(text, box.counts, N * box.counts[0])
    (positions,), lengths = frames.molecules(PURE), frames.edges
    assert positions.shape == (3, box.counts[0], 6, 3)
    oxygen_hydrogen = np.linalg.norm(positions[:, :, 1] - positions[:, :, 5], axis=-1)
    assert_allclose(oxygen_hydrogen, 0.96, atol=1e-3)  # held by SHAKE
    density = 32.042 * box.counts[0] / lengths.prod(axis=1) / 0.602214
    assert_allclose(density, liquid[2].thermo.density[[0, 10, 20]], rtol=1e-3)


def test_energy_is_conserved_without_thermostat(liquid, conditions, tmp_path):
    for name in ("system.data", "forcefield.lmp"):
        (tmp_path / name).write_text((liquid[0] / name).read_text())
    npt = next(line for line in production_script(conditions, 2.0).split("\n") if " npt " in line)
    script = production_script(conditions, 2.0).replace(npt, "fix motion all nve")
    nve = run(tmp_path, script).thermo
    assert_allclose(nve.density, nve.density[0], rtol=1e-6)
    assert nve.total_energy.std() < 0.1 * nve.kinetic_energy.std()
    drift = np.polyfit(nve.time, nve.total_energy, 1)[0]
    assert abs(drift) < 0.005 * nve.kinetic_energy.mean()  # per ps


def test_an_explosion_is_noticed(liquid, conditions, tmp_path):
    for name in ("system.data", "forcefield.lmp"):
        (tmp_path / name).write_text((liquid[0] / name).read_text())
    script = production_script(conditions, 1.0).replace("timestep 2", "timestep 20")
    assert judge(run(tmp_path, script), TEMPERATURE, 250).status not in ("ok", "unfinished")


SOLUTION = solution.system(MeOH=6, water=12, Na=1, Cl=1)


@pytest.fixture(scope="module")
def dissolved(tmp_path_factory):
    """Water, methanol and salt: folder, packed box, and the logs of two legs."""
    folder, field = tmp_path_factory.mktemp("solution"), solution.field(SOLUTION)
    geometries = [species.conformers[0] for species in SOLUTION.species]
    whole = pack(folder, SOLUTION, starting_box(SOLUTION, geometries, CUTOFF, atoms=300))
    (folder / "system.data").write_text(write_data(field, SOLUTION, whole))
    (folder / "forcefield.lmp").write_text(write_force_field(field, SOLUTION, CUTOFF))
    state = Conditions(TEMPERATURE, 1.0, rigid_bonds(SOLUTION))
    first = run(folder, equilibration_script(state, 6.0, seed=3))
    return folder, whole, first, run(folder, production_script(state, 3.0, frames_every=1.0))


def test_a_mixture_comes_to_a_liquid(dissolved):
    _, whole, *logs = dissolved
    methanol, water, sodium, chloride = whole.counts
    assert sodium == chloride
    assert (methanol, water) == pytest.approx((6 * sodium, 12 * sodium), rel=0.1)
    for log in logs:
        assert judge(log, TEMPERATURE, len(whole.positions)).status == "ok"
        assert log.warnings == ()
    mass = 32.042 * methanol + 18.015 * water + 22.99 * sodium + 35.45 * chloride
    thermo = logs[-1].thermo
    np.testing.assert_allclose(thermo.density, mass / thermo.volume / 0.602214, rtol=1e-3)
    assert 0.85 < thermo.density.mean() < 1.15
    assert thermo.temperature.mean() == pytest.approx(TEMPERATURE, rel=0.05)


def test_shake_holds_the_bonds_of_each_species(dissolved):
    folder, whole, *_ = dissolved
    text = (folder / "frames.dump").read_text()
    frames = read_frames(text, whole.counts, len(whole.positions))
    methanol, water, sodium, chloride = frames.molecules(SOLUTION)

    def lengths(molecules, i, j):
        return np.linalg.norm(molecules[:, :, i] - molecules[:, :, j], axis=-1)

    assert_allclose(lengths(water, 0, 1), 1.0, atol=1e-3)
    assert_allclose(lengths(water, 0, 2), 1.0, atol=1e-3)
    assert_allclose(lengths(methanol, 1, 5), 0.945, atol=1e-3)
    assert_allclose(lengths(methanol, 0, 2), 1.09, atol=1e-3)
    assert lengths(methanol, 0, 1).std() > 0.01  # which may vibrate
    assert sodium.shape[1] == chloride.shape[1] == whole.counts[2]


def test_tail_correction_of_a_mixture(dissolved):
    _, whole, _, log = dissolved
    coefficient = tail_coefficient(solution.field(SOLUTION), SOLUTION, whole.counts, CUTOFF)
    check_tail(log.thermo, coefficient, tolerance=1e-6)


def gas(folder, of, name):
    """A molecule of a mixture by itself, equilibrated and for two legs of 50 ps."""
    field = solution.field(of)
    alone = vacuum_box(of, name, of.of_name(name).conformers[0])
    cutoff = vacuum_cutoff(alone)
    (folder / "system.data").write_text(write_data(field, of, alone))
    (folder / "forcefield.lmp").write_text(write_force_field(field, of, cutoff, periodic=False))
    state = Conditions(TEMPERATURE, 0.0, rigid_bonds(of))
    logs = [run(folder, gas_equilibration_script(state, 10.0, 5))]
    logs += [run(folder, gas_production_script(state, 50.0, 5, leg)) for leg in (0, 1)]
    for log in logs:
        assert judge(log, TEMPERATURE, len(alone.positions)).status == "ok", log.errors
        assert log.warnings == ()
    return Thermo.join([log.thermo for log in logs[1:]])


def test_a_molecule_of_water_alone(tmp_path):
    thermo = gas(tmp_path, solution.system(MeOH=1, water=1), "water")
    k = 8.617333262e-5
    # Nine degrees of freedom, less two bonds that are held; one harmonic angle.
    kinetic = summarise([thermo.kinetic_energy], 0.1)
    potential = summarise([thermo.potential_energy], 0.1)
    assert abs(kinetic.mean - 3.5 * k * TEMPERATURE) < 4 * kinetic.standard_error
    assert abs(potential.mean - 0.5 * k * TEMPERATURE) < 4 * potential.standard_error
    assert thermo.temperature.mean() == pytest.approx(TEMPERATURE, rel=0.1)


def test_an_atom_alone(tmp_path):
    thermo = gas(tmp_path, solution.system(Na=1, Cl=1), "Na")
    assert_allclose(thermo.potential_energy, 0.0, atol=1e-9)
    assert thermo.temperature.mean() == pytest.approx(TEMPERATURE, rel=0.25)


def test_molecules_without_hydrogen(tmp_path):
    chlorine = System.pure("Cl2", from_smiles("ClCl"))
    terms = (
        Term("bond", ("Cl2:Cl1", "Cl2:Cl1"), "harmonic_bond", {"k": 10.0, "r0": 2.0}),
        Term("nonbonded", ("Cl2:Cl1",), "lennard_jones", {"epsilon": 0.012, "sigma": 3.4}),
    )
    charges = FixedCharges({"Cl2:Cl1": 0.0}, {"Cl2:Cl1": 0.0})
    field = ForceField(chlorine.atom_types, terms, charges, np.zeros((0, 0)))
    assert rigid_bonds(chlorine) == ()
    start = starting_box(chlorine, [chlorine.species[0].conformers[0]], CUTOFF, atoms=160)
    (tmp_path / "system.data").write_text(
        write_data(field, chlorine, pack(tmp_path, chlorine, start))
    )
    (tmp_path / "forcefield.lmp").write_text(write_force_field(field, chlorine, CUTOFF))
    log = run(tmp_path, equilibration_script(Conditions(200.0, 1.0), 4.0, 2))
    assert judge(log, 200.0, 160).status == "ok"
    assert 1.2 < log.thermo.density.mean() < 2.2
