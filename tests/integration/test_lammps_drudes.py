"""LAMMPS moves Drude particles as polarizable electrostatics say."""

import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aiida_forcefield.dynamics.conditions import Conditions, rigid_bonds
from aiida_forcefield.dynamics.gas import vacuum_box, vacuum_cutoff
from aiida_forcefield.dynamics.guard import judge
from aiida_forcefield.dynamics.lammps import Lammps
from aiida_forcefield.dynamics.log import Thermo
from aiida_forcefield.dynamics.many_body import ManyBody
from aiida_forcefield.dynamics.statistics import summarise
from aiida_forcefield.potentials.energy import Layout
from aiida_forcefield.potentials.export.damping import DAMPING, write_damping
from aiida_forcefield.potentials.export.lammps import write_force_field
from aiida_forcefield.potentials.export.lammps_data import write_data
from aiida_forcefield.potentials.forcefield import ForceField
from aiida_forcefield.topology.box import Box
from aiida_forcefield.topology.system import System
from aiida_forcefield.units import BOLTZMANN

from ..fields import Array, build, droplet, liquid, overlapping, polarizable
from .test_lammps_export import KCAL, forces

pytestmark = pytest.mark.integration

ENGINE = Lammps()
FORMS = "morse harmonic_angle fourier threefold harmonic_improper"
SMILES = {
    "methanol": {"MeOH": "CO"},
    "ethylene carbonate": {"EC": "C1COC(=O)O1"},
    "dimethoxyethane": {"DME": "COCCOC"},
    "methanol and lithium in carbonate": {"MeOH": "CO", "Li": "[Li+]", "EC": "C1COC(=O)O1"},
}
FULL = {"scale_14": (1.0, 1.0)}


def simulate(lmp: str, folder: Path) -> None:
    """Run ``in.lmp``."""
    done = subprocess.run(
        [lmp, "-in", "in.lmp", "-log", "log", "-echo", "none"],
        cwd=folder,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def thermo(folder: Path, *columns: str) -> Array:
    """What the runs of the log printed, shape (rows, columns), in its units."""
    found, places = [], []
    for words in map(str.split, (folder / "log").read_text().splitlines()):
        if words[:1] == ["Step"]:
            places = [words.index(each) for each in columns if each in words]
        elif words[:1] == ["Loop"]:
            places = []
        elif len(places) == len(columns) and words[0].isdigit():
            found.append([float(words[place]) for place in places])
    return np.array(found)


def relaxed(
    lmp: str,
    folder: Path,
    field: ForceField,
    system: System,
    box: Box,
    cutoff: float = 100.0,
    periodic: bool = False,
) -> float:
    """Energy, eV, where the Drude particles are at rest; forces on all go to ``forces``."""
    atoms = len(box.positions)
    include = write_force_field(field, system, cutoff, kspace_accuracy=1e-6, periodic=periodic)
    (folder / "forcefield.lmp").write_text(include)
    (folder / "system.data").write_text(write_data(field, system, box))
    (folder / DAMPING).write_text(write_damping(field, system, cutoff))
    (folder / "in.lmp").write_text(
        f"units real\natom_style full\nboundary {'p p p' if periodic else 's s s'}\n"
        f"read_data system.data\ninclude forcefield.lmp\ngroup atoms id 1:{atoms}\n"
        "thermo_style custom step pe\nthermo_modify format float %.15g\n"
        "fix still atoms setforce 0 0 0\nmin_style cg\nminimize 0 1e-9 1000 10000\nunfix still\n"
        "dump forces all custom 1 forces id fx fy fz\n"
        "dump_modify forces sort id format float %.15g\nrun 0\n"
    )
    simulate(lmp, folder)
    return float(thermo(folder, "PotEng")[-1, 0]) * KCAL


def expected(field: ForceField, system: System, box: Box) -> tuple[float, Array]:
    """Energy, eV, and gradient, eV/Å, of molecules by themselves and of their interaction."""
    layout, start = Layout.of(field, system), 0
    names = [name for name, n in zip(system.names, box.counts, strict=True) for _ in range(n)]
    energy, gradient = layout.clusters(names, box.positions[None]).gradient(field.vector)
    for name in names:
        part = slice(start, start + len(system.of_name(name).symbols))
        own, slope = layout.molecules(name, box.positions[None, part]).gradient(field.vector)
        energy, start = energy + own, part.stop
        gradient[:, part] += slope
    return float(energy[0]), gradient[0]


@pytest.mark.parametrize("rule", [FULL, {}], ids=["pairs 1-4", "none"])
@pytest.mark.parametrize("form", ["exp6", "tang_toennies"])
@pytest.mark.parametrize("name", SMILES)
def test_energies_and_forces(lmp: str, tmp_path: Path, name: str, form: str, rule: dict) -> None:
    system, fixed = build(SMILES[name], f"{FORMS} {form}", rule)
    field = polarizable(fixed, system)
    box = droplet(system)
    energy, gradient = expected(field, system, box)
    found = relaxed(lmp, tmp_path, field, system, box)
    n = len(box.positions)
    acting = forces(tmp_path)
    assert np.abs(acting[n:]).max() < 1e-6
    assert found == pytest.approx(energy, rel=0, abs=1e-5)
    np.testing.assert_allclose(acting[:n], -gradient, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", ["ethylene carbonate", "dimethoxyethane"])
def test_a_large_periodic_box_is_a_vacuum(lmp: str, tmp_path: Path, name: str) -> None:
    # Its images act on a dipole of 1 eÅ by 60 µeV/Å on each elementary charge.
    system, fixed = build(SMILES[name], f"{FORMS} tang_toennies", FULL)
    field = polarizable(fixed, system)
    box = droplet(system)
    energy, gradient = expected(field, system, box)
    found = relaxed(lmp, tmp_path, field, system, box, 30.0, periodic=True)
    assert found == pytest.approx(energy, rel=0, abs=5e-4)
    acting = forces(tmp_path)[: len(box.positions)]
    np.testing.assert_allclose(acting, -gradient, rtol=0, atol=5e-4)


@pytest.fixture(scope="module")
def methanol() -> tuple[ForceField, System]:
    system, fixed = build(SMILES["methanol"], f"{FORMS} tang_toennies", FULL)
    return polarizable(fixed, system), system


class Legs:
    """Legs in a folder, each of which begins where the one before ended."""

    def __init__(
        self, lmp: str, folder: Path, box: Box, cutoff: float, *what: Any, periodic: bool = True
    ) -> None:
        self.lmp, self.folder, self.box = lmp, folder, box
        for file in ENGINE.files(*what, box, cutoff, periodic).values():
            (folder / file.name).write_text(file.text)

    def leg(self, script: str) -> Thermo:
        """Run one that ends as it should."""
        (self.folder / "in.lmp").write_text(script)
        simulate(self.lmp, self.folder)
        log = ENGINE.read_log((self.folder / "log").read_text())
        assert judge(log, 300.0, len(self.box.positions)).status == "ok"
        assert log.warnings == ()
        self.drudes = thermo(self.folder, "Drudes")[-len(log.thermo) :, 0]
        final = (self.folder / ENGINE.final).read_text()
        assert ENGINE.is_whole(final)
        assert not ENGINE.is_whole(final.rstrip("\n").rpartition("\n")[0] + "\n")
        (self.folder / ENGINE.final).rename(self.folder / ENGINE.state)
        assert log.thermo is not None
        return log.thermo

    def positions(self) -> Array:
        """Of the atoms where the last leg ended, of whole molecules."""
        lines = (self.folder / ENGINE.state).read_text().split("\nAtoms # full\n\n")
        rows = np.array([row.split() for row in lines[1].split("\n\n")[0].split("\n")], float)
        rows = rows[np.argsort(rows[:, 0])][: len(self.box.positions)]
        return rows[:, 4:7] + rows[:, 7:10] * self.box.edges


def test_from_a_packed_box_to_frames(
    lmp: str, tmp_path: Path, methanol: tuple[ForceField, System]
) -> None:
    """Particles stay cold, and stay with their hosts from contacts of 1.3 Å on."""
    box = liquid(methanol[1])
    x = np.concatenate([each - each[0] for each in np.split(box.positions, 27)])
    sites = np.stack(np.meshgrid(*3 * [np.arange(3)]), axis=-1).reshape(-1, 3) * 4.2
    packed = Box(box.counts, x + np.repeat(sites, 6, axis=0), np.full(3, 14.0))
    legs = Legs(lmp, tmp_path, packed, 6.0, *methanol)
    state = Conditions(300.0, 1.0, rigid_bonds(methanol[1]))
    first = legs.leg(ENGINE.equilibration(*methanol, state, 4.0, 3))
    frames = (tmp_path / ENGINE.frames).read_text()
    assert ENGINE.read_frames(frames, (27,), 162).positions.shape == (2, 162, 3)
    push = ManyBody(0.0, 300.0, 65.0), 27
    second = legs.leg(ENGINE.production(*methanol, state, 3.0, 1.0, *push))
    frames = (tmp_path / ENGINE.frames).read_text()
    assert ENGINE.read_frames(frames, (27,), 162).positions.shape == (4, 162, 3)
    for run in (first, second):
        assert run.temperature.mean() == pytest.approx(300.0, rel=0.1)
        assert 0.7 < run.density.mean() < 1.1
    assert legs.drudes[5:].max() < 2.5
    # It goes on where the leg before ended.
    assert second.potential_energy[0] == pytest.approx(first.potential_energy[-1], abs=1e-2)
    assert second.volume[0] == pytest.approx(first.volume[-1])


def test_no_energy_is_lost_or_gained(
    lmp: str, tmp_path: Path, methanol: tuple[ForceField, System]
) -> None:
    legs = Legs(lmp, tmp_path, liquid(methanol[1]), 9.0, *methanol)
    state = Conditions(300.0, 1.0, rigid_bonds(methanol[1]))
    legs.leg(ENGINE.equilibration(*methanol, state, 1.0, 1))
    script = ENGINE.production(*methanol, state, 1.0)
    pull = next(line for line in script.split("\n") if " tgnpt/drude " in line)
    free = legs.leg(script.replace(pull, "fix motion all nve"))
    energy, scale = free.total_energy, free.kinetic_energy.mean()
    assert abs(energy[-10:].mean() - energy[:10].mean()) < 2e-3 * scale
    assert energy.std() < 3e-3 * scale
    assert legs.drudes.max() < 3


def test_a_molecule_alone(lmp: str, tmp_path: Path, methanol: tuple[ForceField, System]) -> None:
    field, system = methanol
    box = vacuum_box(system, "MeOH", system.species[0].conformers[0])
    legs = Legs(lmp, tmp_path, box, vacuum_cutoff(box), *methanol, periodic=False)
    state = Conditions(300.0, 0.0, rigid_bonds(system))
    legs.leg(ENGINE.gas_equilibration(*methanol, state, 20.0, 5))
    kinetic = []
    for number in range(4):
        run = legs.leg(ENGINE.gas_production(*methanol, state, 50.0, 5, number))
        # What the particles at 1 to 2 K have beside their energy at rest: 3/2 kT each.
        molecule = Layout.of(field, system).molecules("MeOH", legs.positions()[None])
        at_rest = molecule.gradient(field.vector)[0][0]
        assert -1e-6 < run.potential_energy[-1] - at_rest < 2e-3
        assert 0.5 < legs.drudes.mean() < 3
        kinetic.append(run.kinetic_energy)
    # Eighteen degrees of freedom, less four bonds that are held.
    found = summarise(kinetic, run.time[1] - run.time[0])
    assert abs(found.mean - 7 * BOLTZMANN * 300.0) < 4 * found.standard_error


def test_particles_do_not_fall_onto_molecules_that_are_too_near(lmp: str, tmp_path: Path) -> None:
    system, fixed = build(SMILES["methanol"], f"{FORMS} tang_toennies", FULL)
    field = polarizable(fixed, system)
    near, nearer = (overlapping(system, shift) for shift in (1.0, 0.3))  # 0.7 and 0.5 Å
    assert relaxed(lmp, tmp_path, field, system, near) > 0
    with pytest.raises(AssertionError, match="Pair distance < table inner cutoff"):
        relaxed(lmp, tmp_path, field, system, nearer)
