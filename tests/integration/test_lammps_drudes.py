"""LAMMPS moves Drude particles as polarizable electrostatics say."""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from aiida_forcefield.dynamics.conditions import Conditions, rigid_bonds
from aiida_forcefield.dynamics.drudes import polarizable_head, polarizable_npt_script
from aiida_forcefield.dynamics.script import DATA, FINAL_DATA, FORCE_FIELD
from aiida_forcefield.potentials.energy import Layout
from aiida_forcefield.potentials.export.damping import DAMPING, write_damping
from aiida_forcefield.potentials.export.lammps import write_force_field
from aiida_forcefield.potentials.export.lammps_data import write_data
from aiida_forcefield.potentials.forcefield import ForceField
from aiida_forcefield.topology.box import Box
from aiida_forcefield.topology.system import System

from ..fields import Array, build, droplet, liquid, overlapping, polarizable
from .test_lammps_export import KCAL, forces

pytestmark = pytest.mark.integration

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
    lmp: str, folder: Path, field: ForceField, system: System, box: Box, periodic: bool = False
) -> float:
    """Energy, eV, where the Drude particles are at rest; forces on all go to ``forces``."""
    atoms, cutoff = len(box.positions), 30 if periodic else 100
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
    found = relaxed(lmp, tmp_path, field, system, box, periodic=True)
    assert found == pytest.approx(energy, rel=0, abs=5e-4)
    acting = forces(tmp_path)[: len(box.positions)]
    np.testing.assert_allclose(acting, -gradient, rtol=0, atol=5e-4)


def test_cold_particles_of_a_liquid(lmp: str, tmp_path: Path) -> None:
    """A thermostat of their own keeps them cold; without any, no energy is lost or gained."""
    system, fixed = build(SMILES["methanol"], f"{FORMS} tang_toennies", FULL)
    field = polarizable(fixed, system)
    (tmp_path / FORCE_FIELD).write_text(write_force_field(field, system))
    (tmp_path / DATA).write_text(write_data(field, system, liquid(system)))
    (tmp_path / DAMPING).write_text(write_damping(field, system))
    conditions = Conditions(300.0, 1.0, rigid_bonds(system))
    npt = polarizable_npt_script(field, system, conditions, 0.5, 1)
    nve = "unfix motion\nfix motion all nve\nthermo 10\nrun 200\n"
    (tmp_path / "in.lmp").write_text(npt + nve)
    simulate(lmp, tmp_path)
    rows = thermo(tmp_path, "TotEng", "KinEng", "c_temperatures[1]", "c_temperatures[2]")
    cold, free = rows[-32:-21], rows[-21:]
    assert cold[-5:, 3].max() < 3
    assert cold[-5:, 2].min() > 100
    energy, scale = free[:, 0], free[:, 1].mean()
    assert abs(energy[-10:].mean() - energy[:10].mean()) < 2e-3 * scale
    assert energy.std() < 3e-3 * scale
    # What the leg leaves behind goes on with the same particles.
    (tmp_path / FINAL_DATA).rename(tmp_path / DATA)
    head = polarizable_head(field, system)
    (tmp_path / "in.lmp").write_text("\n".join([*head, "run 0", ""]))
    simulate(lmp, tmp_path)
    on = thermo(tmp_path, "PotEng", "c_temperatures[2]")[-1]
    assert on[1] < 3


def test_particles_do_not_fall_onto_molecules_that_are_too_near(lmp: str, tmp_path: Path) -> None:
    system, fixed = build(SMILES["methanol"], f"{FORMS} tang_toennies", FULL)
    field = polarizable(fixed, system)
    near, nearer = (overlapping(system, shift) for shift in (1.0, 0.3))  # 0.7 and 0.5 Å
    assert relaxed(lmp, tmp_path, field, system, near) > 0
    with pytest.raises(AssertionError, match="Pair distance < table inner cutoff"):
        relaxed(lmp, tmp_path, field, system, nearer)
