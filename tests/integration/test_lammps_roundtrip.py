"""LAMMPS computes from exported files what the force field says, term by term."""

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from ase.build import bulk
from ase.calculators.lammps import Prism

from aiida_forcefield.potentials.crystal_energy import crystal_model
from aiida_forcefield.potentials.electrostatics import CRYSTAL_CUTOFF, FixedCharges
from aiida_forcefield.potentials.energy import Layout
from aiida_forcefield.potentials.export.damping import DAMPING, write_damping
from aiida_forcefield.potentials.export.lammps import write_force_field
from aiida_forcefield.potentials.export.lammps_data import write_cell, write_data
from aiida_forcefield.potentials.forcefield import ForceField, Term
from aiida_forcefield.potentials.read.lammps import read_lammps
from aiida_forcefield.topology.box import Box
from aiida_forcefield.topology.crystal import Crystal, from_atoms
from aiida_forcefield.topology.ions import ions_of
from aiida_forcefield.topology.molecule import from_smiles
from aiida_forcefield.topology.system import System

from ..fields import FIELDS, build, droplet, largest_error, liquid, ours, overlapping, tail
from .test_lammps_export import KCAL, forces, lmp, run  # noqa: F401

pytestmark = pytest.mark.integration

TERMS = {"bond": "ebond", "angle": "eangle", "dihedral": "edihed", "improper": "eimp"}


@pytest.mark.parametrize("periodic", [False, True], ids=["vacuum", "liquid"])
@pytest.mark.parametrize("name", FIELDS)
def test_energy_and_forces(lmp: str, tmp_path: Path, name: str, periodic: bool) -> None:  # noqa: F811
    system, field = build(*FIELDS[name])
    box = liquid(system) if periodic else droplet(system)
    cutoff = 9 if periodic else 100
    include = write_force_field(
        field, system, cutoff=cutoff, kspace_accuracy=1e-9, periodic=periodic
    )
    (tmp_path / DAMPING).write_text(write_damping(field, system, cutoff))
    # LAMMPS looks Coulomb's law up in a table, with errors of 1e-6.
    include += "pair_modify table 0\n" * periodic
    data = write_data(field, system, box)
    found = run(lmp, tmp_path, include, data, boundary="p p p" if periodic else "s s s")

    expected, force = ours(field, system, box, periodic)
    for kind, keyword in TERMS.items():
        assert found[keyword] == pytest.approx(expected.get(kind, 0.0), rel=1e-6)
    assert found["evdwl"] - found["etail"] == pytest.approx(expected["nonbonded"], rel=1e-6)
    if periodic:
        assert found["etail"] == pytest.approx(tail(field, system, box, 9.0), rel=1e-4)
    # Coulomb's law is a difference of two sums, of which LAMMPS knows erfc to 1e-7.
    sums = 1e-6 * (abs(found["ecoul"]) + abs(found["elong"]))
    assert found["ecoul"] + found["elong"] == pytest.approx(expected["coulomb"], rel=0, abs=sums)
    assert found["pe"] - found["etail"] == pytest.approx(expected["energy"], rel=1e-6, abs=sums)
    assert largest_error(forces(tmp_path), force) < 1e-6


@pytest.mark.parametrize("form", ["exp6", "tang_toennies"])
def test_a_crystal_is_its_cell_again_and_again(lmp: str, tmp_path: Path, form: str) -> None:  # noqa: F811
    c8 = {"C8": 10.0} if form == "tang_toennies" else {}
    atoms = bulk("LiF", "rocksalt", a=4.03)
    atoms.set_cell(atoms.cell.array @ [[1.02, 0.01, 0], [0.02, 0.99, 0.03], [0, -0.02, 1.01]], True)
    system = ions_of(from_atoms(atoms), {"Li": 1, "F": -1})
    crystal = system.crystal
    assert crystal is not None
    numbers = {"Li": {"A": 60.0, "rho": 0.22, "C6": 0.1}, "F": {"A": 1500.0, "rho": 0.29, "C6": 7}}
    terms = tuple(
        Term("nonbonded", (each.name,), form, numbers[each.symbol] | c8)
        for each in system.atom_types
    )
    charges = {"Li:Li1": 1.0, "F:F1": -1.0}
    field = ForceField(system.atom_types, terms, FixedCharges(charges, charges), np.zeros((0, 0)))
    x = crystal.positions + np.array([[0.05, 0.1, -0.08], [0, 0, 0]])
    # LAMMPS turns the cell, so the lengths of forces are compared.
    prism = Prism(crystal.cell, reduce_cell=True)
    turned = Crystal(crystal.symbols, np.tril(prism.cell), prism.vector_to_lammps(x))
    (tmp_path / DAMPING).write_text(write_damping(field, system, CRYSTAL_CUTOFF))
    include = write_force_field(field, system, CRYSTAL_CUTOFF, kspace_accuracy=1e-8)
    include = f"replicate 8 8 8\n{include}pair_modify table 0\n"
    data = write_cell(field, system, turned)
    found = run(lmp, tmp_path, include, data, boundary="p p p")
    model = crystal_model(Layout.of(field, system), x[None], crystal.cell[None])
    energy, gradient = model.gradient(field.vector)
    assert found["pe"] / 8**3 == pytest.approx(energy[0], rel=1e-6)
    lengths = np.linalg.norm(forces(tmp_path), axis=1)
    expected = np.linalg.norm(gradient[0, :2], axis=1)  # what follows are derivatives by strain
    assert lengths == pytest.approx(np.tile(expected, 8**3), rel=1e-5)


@pytest.mark.parametrize(
    "name", ["exp6", "huggins", "lennard-jones", "lithium fluoride in carbonate"]
)
def test_overlapping_molecules_are_held_apart(lmp: str, tmp_path: Path, name: str) -> None:  # noqa: F811
    system, field = build(*FIELDS[name])
    include = write_force_field(field, system, cutoff=100, periodic=False)
    data = write_data(field, system, overlapping(system))
    assert run(lmp, tmp_path, include, data)["pe"] > 0


def test_atoms_on_top_of_each_other_are_refused_where_damping_is_not_tabulated(
    lmp: str,  # noqa: F811
    tmp_path: Path,
) -> None:
    system, field = build(*FIELDS["damped"])
    include = write_force_field(field, system, cutoff=100, periodic=False)
    (tmp_path / DAMPING).write_text(write_damping(field, system, cutoff=100))
    on_top, close = (write_data(field, system, overlapping(system, shift)) for shift in (0.06, 0.3))
    assert run(lmp, tmp_path, include, close)["pe"] > 0
    with pytest.raises(AssertionError, match="Pair distance < table inner cutoff"):
        run(lmp, tmp_path, include, on_top)


def test_files_of_others_are_read_as_lammps_reads_them(lmp: str, tmp_path: Path) -> None:  # noqa: F811
    folder = shutil.copytree(Path(__file__).parents[1] / "opls", tmp_path / "opls")
    done = subprocess.run(
        [lmp, "-in", "methanol.in", "-log", "log"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    row = next(i for i, text in enumerate(lines) if "PotEng" in text)
    data, script = ((folder / f"methanol.{name}").read_text() for name in ("data", "in"))
    system = System.pure("MeOH", from_smiles("CO"))
    field = read_lammps(data, script, system)

    rows = re.findall(r"^\d+ \d \d +-?0\.\d+ +(\S+) +(\S+) +(\S+)$", data, re.MULTILINE)
    order = [1, 4, 0, 2, 3, 5]  # C, O, three H and the hydroxyl's, as the species has them
    x = np.array(rows, dtype=float).reshape(2, 6, 3)[:, order].reshape(-1, 3)
    box = Box((2,), x, np.full(3, 100.0))
    expected, force = ours(field, system, box, periodic=False)
    found = [float(value) * KCAL for value in lines[row + 1].split()[1:]]
    names = ("energy", "bond", "angle", "dihedral", "nonbonded", "coulomb")
    assert found == pytest.approx([expected[name] for name in names], rel=1e-6)
    computed = forces(folder).reshape(2, 6, 3)[:, order].reshape(-1, 3)
    assert largest_error(computed, force) < 1e-6
