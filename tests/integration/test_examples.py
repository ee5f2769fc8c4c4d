"""The examples beside an exported force field run."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from ase.build import bulk

from aiida_forcefield.cli.files.programs import program_files, write_files
from aiida_forcefield.potentials import ForceField, Term
from aiida_forcefield.study.errors import InputError
from aiida_forcefield.topology.crystal import from_atoms, ions
from aiida_forcefield.topology.molecule import from_smiles

from ..fields import FIELDS, build
from .test_lammps_export import lmp  # noqa: F401

pytestmark = pytest.mark.integration


def run(
    folder: Path,
    program: str,
    *commands: list[str],
    case: tuple[str, str, dict] = FIELDS["opls"],
) -> None:
    smiles, forms, extra = case
    species, field = build(smiles, forms, extra)
    list(
        write_files(
            folder, program_files(program, field, species, from_smiles(smiles).conformers[0])
        )
    )
    for command in commands:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_lammps(lmp: str, tmp_path: Path) -> None:  # noqa: F811
    run(tmp_path, "lammps", [lmp, "-in", "in.lammps"])


def test_lammps_with_a_table(lmp: str, tmp_path: Path) -> None:  # noqa: F811
    run(tmp_path, "lammps", [lmp, "-in", "in.lammps"], case=FIELDS["chiral"])


def test_lammps_with_a_single_ion(lmp: str, tmp_path: Path) -> None:  # noqa: F811
    run(tmp_path, "lammps", [lmp, "-in", "in.lammps"], case=("[F-]", "exp6", {}))


def test_lammps_with_a_crystal(lmp: str, tmp_path: Path) -> None:  # noqa: F811
    terms = tuple(
        Term("nonbonded", f"nonbonded {name}", "exp6", {"A": A, "rho": rho, "C6": C6})
        for name, A, rho, C6 in (("Li1", 60.0, 0.22, 0.1), ("F1", 1500.0, 0.29, 7.0))
    )
    charges = {"Li1": 1.0, "F1": -1.0}
    field = ForceField(terms, charges, charges, np.zeros((0, 0)))
    species = ions(from_atoms(bulk("LiF", "rocksalt", a=4.03)))
    list(write_files(tmp_path, program_files("lammps", field, species, species.conformers[0])))
    command = [lmp, "-in", "in.lammps"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    with pytest.raises(InputError, match="--to openmm: crystals are allowed for lammps only"):
        program_files("openmm", field, species, species.conformers[0])


def test_openmm(tmp_path: Path) -> None:
    run(tmp_path, "openmm", [sys.executable, "run.py"])


def test_gromacs(tmp_path: Path) -> None:
    if not shutil.which("gmx"):
        pytest.skip("GROMACS is not installed: apt-get install gromacs")
    run(tmp_path, "gromacs", ["gmx", "grompp"], ["gmx", "mdrun", "-nt", "1"])
