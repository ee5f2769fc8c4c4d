"""Calcfunction that brings a force field of another program into the graph."""

from aiida.engine import calcfunction
from aiida.orm import SinglefileData

from aiida_forcefield.data import ForceFieldData, SystemData
from aiida_forcefield.potentials import read_files

SCIENCE = 2
"""Raised where results change by what this file imports: the cache looks at the file alone."""


@calcfunction
def read_force_field(system: SystemData, **files: SinglefileData) -> ForceFieldData:
    """The force field of a system; files in the order of their labels, as `read_files`."""
    named = [(node.filename, node.get_content("r")) for _, node in sorted(files.items())]
    return ForceFieldData(read_files(named, system.value))
