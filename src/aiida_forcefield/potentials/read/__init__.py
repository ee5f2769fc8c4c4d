"""Force fields from the files of other programs."""

from collections.abc import Sequence

from aiida_forcefield.potentials.forcefield import ForceField
from aiida_forcefield.potentials.read.formats import format_of
from aiida_forcefield.potentials.read.lammps import read_lammps, read_lammps_files
from aiida_forcefield.potentials.read.openmm import read_openmm
from aiida_forcefield.potentials.read.places import at
from aiida_forcefield.topology.system import System

__all__ = ["read_files", "read_lammps", "read_openmm"]


def read_files(files: Sequence[tuple[str, str]], system: System) -> ForceField:
    """The force field of a system.

    Args:
        files: name and text of an OpenMM file, or of a LAMMPS data file and then of the input
            files that go with it.
        system: its species.

    Raises:
        ValueError: another kind of file, or something that our forms cannot say; one line, with
            the name of the file.
    """
    (name, text), *rest = files
    with at(name):
        if format_of(name, text) == "lammps":
            return read_lammps_files(files, system)
        if rest:
            raise ValueError(f"{rest[0][0]}: beside a force field of OpenMM, which is one file")
        return read_openmm(text, system)
