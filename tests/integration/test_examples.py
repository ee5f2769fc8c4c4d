"""The examples beside an exported force field run."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from ase.build import bulk

from aiida_forcefield.cli.files.programs import program_files, write_files
from aiida_forcefield.potentials import FixedCharges, ForceField, Term, write_data
from aiida_forcefield.study.errors import InputError
from aiida_forcefield.topology.crystal import from_atoms
from aiida_forcefield.topology.ions import ions_of

from ..fields import FIELDS, Recipe, build, liquid, polarizable

pytestmark = pytest.mark.integration


def run(
    folder: Path,
    program: str,
    *commands: list[str],
    case: Recipe = FIELDS["opls"],
) -> None:
    system, field = build(*case)
    list(write_files(folder, program_files(program, field, system, {})))
    for command in commands:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_lammps(lmp: str, tmp_path: Path) -> None:
    run(tmp_path, "lammps", [lmp, "-in", "in.lammps"])


def test_lammps_with_a_table(lmp: str, tmp_path: Path) -> None:
    run(tmp_path, "lammps", [lmp, "-in", "in.lammps"], case=FIELDS["chiral"])


def test_lammps_with_a_single_ion(lmp: str, tmp_path: Path) -> None:
    run(tmp_path, "lammps", [lmp, "-in", "in.lammps"], case=({"F": "[F-]"}, "exp6", {}))


def test_lammps_with_a_mixture(lmp: str, tmp_path: Path) -> None:
    run(tmp_path, "lammps", [lmp, "-in", "in.lammps"], case=FIELDS["damped ions"])


@pytest.mark.parametrize(
    "smiles",
    [{"MeOH": "CO"}, {"water": "O", "MeOH": "CO"}],
    ids=lambda smiles: " ".join(smiles),
)
def test_lammps_with_drude_particles(lmp: str, tmp_path: Path, smiles: dict[str, str]) -> None:
    forms = "morse harmonic_angle fourier threefold harmonic_improper tang_toennies"
    system, fixed = build(smiles, forms, {"scale_14": (1.0, 1.0)})
    field = polarizable(fixed, system)
    list(write_files(tmp_path, program_files("lammps", field, system, {})))
    example = (tmp_path / "in.lammps").read_text()
    before, _, after = example.partition("fix heat")
    drift, barostat = (line.removeprefix("# ") for line in after.splitlines()[-2:])
    many = "\n".join([before.replace("system.data", "many.data"), drift, barostat, "run 1000", ""])
    (tmp_path / "many.data").write_text(write_data(field, system, liquid(system)))
    for script in (example, many):
        (tmp_path / "in").write_text(script)
        command = [lmp, "-in", "in", "-log", "log"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        rows = [line.split() for line in (tmp_path / "log").read_text().splitlines()]
        drudes = [float(row[2]) for row in rows if len(row) == 10 and row[0].isdigit()]
        assert np.mean(drudes[-5:]) < 5


def test_lammps_with_a_crystal(lmp: str, tmp_path: Path) -> None:
    system = ions_of(from_atoms(bulk("LiF", "rocksalt", a=4.03)), {"Li": 1, "F": -1})
    numbers = {"Li": {"A": 60.0, "rho": 0.22, "C6": 0.1}, "F": {"A": 1500.0, "rho": 0.29, "C6": 7}}
    terms = tuple(
        Term("nonbonded", (each.name,), "exp6", numbers[each.symbol]) for each in system.atom_types
    )
    charges = {"Li:Li1": 1.0, "F:F1": -1.0}
    field = ForceField(system.atom_types, terms, FixedCharges(charges, charges), np.zeros((0, 0)))
    list(write_files(tmp_path, program_files("lammps", field, system, {})))
    command = [lmp, "-in", "in.lammps"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    with pytest.raises(InputError, match="--to openmm: crystals are allowed for lammps only"):
        program_files("openmm", field, system, {})


@pytest.mark.parametrize("name", ["opls", "water and methanol", "damped ions"])
def test_openmm(tmp_path: Path, name: str) -> None:
    run(tmp_path, "openmm", [sys.executable, "run.py"], case=FIELDS[name])


@pytest.mark.parametrize("smiles", [{"MeOH": "CO"}, {"water": "O", "Li": "[Li+]"}])
def test_openmm_with_drude_particles(tmp_path: Path, smiles: dict[str, str]) -> None:
    forms = "morse harmonic_angle threefold tang_toennies"
    system, fixed = build(smiles, forms, {"scale_14": (1.0, 1.0)})
    files = program_files("openmm", polarizable(fixed, system), system, {})
    list(write_files(tmp_path, files))
    command = [sys.executable, "run.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nan" not in done.stdout


@pytest.mark.parametrize("name", ["opls", "ions of opls"])
def test_gromacs(tmp_path: Path, name: str) -> None:
    if not shutil.which("gmx"):
        pytest.skip("GROMACS is not installed: apt-get install gromacs")
    commands = ["gmx", "grompp"], ["gmx", "mdrun", "-nt", "1"]
    run(tmp_path, "gromacs", *commands, case=FIELDS[name])
