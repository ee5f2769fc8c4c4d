"""The force field: forms, electrostatics, energies; how it is written and read."""

from aiida_forcefield.potentials.calculator import ForceFieldCalculator
from aiida_forcefield.potentials.diagnostics import DataError, Diagnostics
from aiida_forcefield.potentials.electrostatics import CRYSTAL_CUTOFF, FixedCharges, Polarizable
from aiida_forcefield.potentials.energy import Layout, interaction_energies, molecule_energies
from aiida_forcefield.potentials.export.damping import DAMPING, write_damping
from aiida_forcefield.potentials.export.gromacs import write_gromacs
from aiida_forcefield.potentials.export.lammps import write_force_field
from aiida_forcefield.potentials.export.lammps_data import write_cell, write_data
from aiida_forcefield.potentials.export.molecule import write_gro, write_pdb
from aiida_forcefield.potentials.export.openmm import write_openmm
from aiida_forcefield.potentials.forcefield import Flag, ForceField, Term
from aiida_forcefield.potentials.radii import van_der_waals_radius
from aiida_forcefield.potentials.read import read_files, read_lammps, read_openmm

__all__ = [
    "CRYSTAL_CUTOFF",
    "DAMPING",
    "DataError",
    "Diagnostics",
    "FixedCharges",
    "Flag",
    "ForceField",
    "ForceFieldCalculator",
    "Layout",
    "Polarizable",
    "Term",
    "interaction_energies",
    "molecule_energies",
    "read_files",
    "read_lammps",
    "read_openmm",
    "van_der_waals_radius",
    "write_cell",
    "write_damping",
    "write_data",
    "write_force_field",
    "write_gro",
    "write_gromacs",
    "write_openmm",
    "write_pdb",
]
