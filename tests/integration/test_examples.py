"""The examples beside an exported force field run."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from ase.build import bulk

from aiida_forcefield.cli.files.programs import program_files, write_files
from aiida_forcefield.potentials import FixedCharges, ForceField, Term
from aiida_forcefield.study.errors import InputError
from aiida_forcefield.topology.crystal import from_atoms
from aiida_forcefield.topology.ions import ions_of

from ..fields import FIELDS, Recipe, build

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


@pytest.mark.parametrize("name", ["opls", "ions of opls"])
def test_gromacs(tmp_path: Path, name: str) -> None:
    if not shutil.which("gmx"):
        pytest.skip("GROMACS is not installed: apt-get install gromacs")
    commands = ["gmx", "grompp"], ["gmx", "mdrun", "-nt", "1"]
    run(tmp_path, "gromacs", *commands, case=FIELDS[name])
