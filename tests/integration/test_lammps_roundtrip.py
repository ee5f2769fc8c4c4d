"""LAMMPS computes from exported files what the force field says, term by term."""

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk

from aiida_forcefield.cli.files.programs import program_files
from aiida_forcefield.dynamics import tail_coefficient
from aiida_forcefield.potentials import (
    DAMPING,
    ForceField,
    Term,
    read_lammps,
    write_damping,
    write_data,
    write_force_field,
)
from aiida_forcefield.potentials.crystal_energy import crystal_model
from aiida_forcefield.topology.crystal import from_atoms, ions
from aiida_forcefield.topology.molecule import from_smiles

from ..fields import FIELDS, build, droplet, largest_error, liquid, ours
from .test_lammps_export import KCAL, forces, lmp, run  # noqa: F401

pytestmark = pytest.mark.integration

TERMS = {"bond": "ebond", "angle": "eangle", "dihedral": "edihed", "improper": "eimp"}


@pytest.mark.parametrize("periodic", [False, True], ids=["vacuum", "liquid"])
@pytest.mark.parametrize("name", FIELDS)
def test_energy_and_forces(lmp: str, tmp_path: Path, name: str, periodic: bool) -> None:  # noqa: F811
    species, field = build(*FIELDS[name])
    atoms = liquid(species) if periodic else droplet(species)
    include = write_force_field(
        field, species, cutoff=9 if periodic else 100, kspace_accuracy=1e-9, periodic=periodic
    )
    (tmp_path / DAMPING).write_text(write_damping(field, species, cutoff=9 if periodic else 100))
    # LAMMPS looks Coulomb's law up in a table, with errors of 1e-6.
    include += "pair_modify table 0\n" * periodic
    box = np.diag(atoms.cell) if periodic else [[-50, 50]] * 3
    data = write_data(field, species, atoms.positions.reshape(-1, len(species.symbols), 3), box)
    found = run(lmp, tmp_path, include, data, boundary="p p p" if periodic else "s s s")

    expected, force = ours(field, species, atoms)
    for kind, keyword in TERMS.items():
        assert found[keyword] == pytest.approx(expected.get(kind, 0.0), rel=1e-6)
    assert found["evdwl"] - found["etail"] == pytest.approx(expected["nonbonded"], rel=1e-6)
    if periodic:
        tail = tail_coefficient(field, species, 27, 9.0) / atoms.cell.volume
        assert found["etail"] == pytest.approx(tail, rel=1e-4)
    # Coulomb's law is a difference of two sums, of which LAMMPS knows erfc to 1e-7.
    sums = 1e-6 * (abs(found["ecoul"]) + abs(found["elong"]))
    assert found["ecoul"] + found["elong"] == pytest.approx(expected["coulomb"], rel=0, abs=sums)
    assert found["pe"] - found["etail"] == pytest.approx(expected["energy"], rel=1e-6, abs=sums)
    assert largest_error(forces(tmp_path), force) < 1e-6


@pytest.mark.parametrize("form", ["exp6", "tang_toennies"])
def test_a_crystal_is_its_cell_again_and_again(lmp: str, tmp_path: Path, form: str) -> None:  # noqa: F811
    c8 = {"C8": 10.0} if form == "tang_toennies" else {}
    terms = (
        Term("nonbonded", "nonbonded Li1", form, {"A": 60.0, "rho": 0.22, "C6": 0.1} | c8),
        Term("nonbonded", "nonbonded F1", form, {"A": 1500.0, "rho": 0.29, "C6": 7.0} | c8),
    )
    charges = {"Li1": 1.0, "F1": -1.0}
    field = ForceField(terms, charges, charges, np.zeros((0, 0)))
    crystal = bulk("LiF", "rocksalt", a=4.03)
    crystal.set_cell(
        crystal.cell.array @ [[1.02, 0.01, 0], [0.02, 0.99, 0.03], [0, -0.02, 1.01]], True
    )
    species = ions(from_atoms(crystal))
    x = species.conformers[0] + [[0.05, 0.1, -0.08], [0, 0, 0]]
    cell = species.cell
    assert cell is not None
    files = program_files("lammps", field, species, x)
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    include = files["forcefield.lmp"].replace("pppm 0.0001", "pppm 1e-8") + "pair_modify table 0\n"
    repeat = re.search(r"^replicate .*", files["in.lammps"], re.MULTILINE)
    assert repeat
    count = np.prod([int(word) for word in repeat[0].split()[1:]])
    found = run(lmp, tmp_path, f"{repeat[0]}\n{include}", files["system.data"], boundary="p p p")
    model = crystal_model(species, terms, x[None], cell[None], charges)
    expected = model.evaluate(field.vector)
    assert found["pe"] / count == pytest.approx(expected.energy[0], rel=1e-6)
    # LAMMPS turns the cell, so the lengths of forces are compared.
    lengths = np.linalg.norm(forces(tmp_path), axis=1)
    assert lengths == pytest.approx(np.linalg.norm(expected.gradient[0, 0]), rel=1e-5)


@pytest.mark.parametrize("name", ["exp6", "huggins", "lennard-jones"])
def test_overlapping_molecules_are_held_apart(lmp: str, tmp_path: Path, name: str) -> None:  # noqa: F811
    species, field = build(*FIELDS[name])
    x = species.conformers[0]
    include = write_force_field(field, species, cutoff=100, periodic=False)
    data = write_data(field, species, np.stack([x, x + 0.06]), [[-50, 50]] * 3)
    assert run(lmp, tmp_path, include, data)["pe"] > 0


def test_atoms_on_top_of_each_other_are_refused_where_damping_is_not_tabulated(
    lmp: str,  # noqa: F811
    tmp_path: Path,
) -> None:
    species, field = build(*FIELDS["damped"])
    x = species.conformers[0]
    include = write_force_field(field, species, cutoff=100, periodic=False)
    (tmp_path / DAMPING).write_text(write_damping(field, species, cutoff=100))
    on_top, close = (
        write_data(field, species, np.stack([x, x + shift]), [[-50, 50]] * 3)
        for shift in (0.06, 0.3)
    )
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
    species = from_smiles("CO")
    field = read_lammps(data, script, species)

    rows = re.findall(r"^\d+ \d \d +-?0\.\d+ +(\S+) +(\S+) +(\S+)$", data, re.MULTILINE)
    order = [1, 4, 0, 2, 3, 5]  # C, O, three H and the hydroxyl's, as the species has them
    x = np.array(rows, dtype=float).reshape(2, 6, 3)[:, order].reshape(-1, 3)
    expected, force = ours(field, species, Atoms(2 * species.symbols, x))
    found = [float(value) * KCAL for value in lines[row + 1].split()[1:]]
    names = ("energy", "bond", "angle", "dihedral", "nonbonded", "coulomb")
    assert found == pytest.approx([expected[name] for name in names], rel=1e-6)
    computed = forces(folder).reshape(2, 6, 3)[:, order].reshape(-1, 3)
    assert largest_error(computed, force) < 1e-6
