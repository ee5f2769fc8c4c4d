"""The examples beside an exported force field run."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from aiida_forcefield.cli.programs import program_files, write_files
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
    topology, field = build(smiles, forms, extra)
    list(
        write_files(
            folder, program_files(program, field, topology, from_smiles(smiles).conformers[0])
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


def test_openmm(tmp_path: Path) -> None:
    run(tmp_path, "openmm", [sys.executable, "run.py"])


def test_gromacs(tmp_path: Path) -> None:
    if not shutil.which("gmx"):
        pytest.skip("GROMACS is not installed: apt-get install gromacs")
    run(tmp_path, "gromacs", ["gmx", "grompp"], ["gmx", "mdrun", "-nt", "1"])
