"""Force fields from the files of other programs."""

from collections.abc import Sequence

from aiida_forcefield.potentials.forcefield import ForceField
from aiida_forcefield.potentials.read.lammps import read_lammps
from aiida_forcefield.potentials.read.openmm import read_openmm
from aiida_forcefield.topology.system import System

__all__ = ["read_files", "read_lammps", "read_openmm"]


def read_files(files: Sequence[tuple[str, str]], system: System) -> ForceField:
    """The force field of a system.

    Args:
        files: name and text of an OpenMM file (.xml), or of a LAMMPS data file and then of the
            input files that go with it.
        system: its species.

    Raises:
        ValueError: something that our forms cannot say; one line, with the name of the file.
    """
    (name, text), *rest = files
    try:
        if name.endswith(".xml"):
            return read_openmm(text, system)
        return read_lammps(text, "\n".join(more for _, more in rest), system)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
