"""Forms, charges, the joint fit, the force field and its exporters."""

from aiida_forcefield.potentials.calculator import ForceFieldCalculator
from aiida_forcefield.potentials.charges import FittedCharges, fit_charges, liquid_charges
from aiida_forcefield.potentials.crystal_energy import CRYSTAL_CUTOFF
from aiida_forcefield.potentials.doubts import doubts
from aiida_forcefield.potentials.energy import interaction_energies, molecule_energies
from aiida_forcefield.potentials.errors import change_errors, field_errors, virial_errors
from aiida_forcefield.potentials.export.damping import DAMPING, write_damping
from aiida_forcefield.potentials.export.gromacs import write_gromacs
from aiida_forcefield.potentials.export.lammps import write_force_field
from aiida_forcefield.potentials.export.lammps_data import write_data
from aiida_forcefield.potentials.export.molecule import write_gro, write_pdb
from aiida_forcefield.potentials.export.openmm import write_openmm
from aiida_forcefield.potentials.fit import fit_force_field
from aiida_forcefield.potentials.forcefield import ForceField, Term
from aiida_forcefield.potentials.outliers import near
from aiida_forcefield.potentials.points import DimerPoints, MoleculePoints, join_dimers
from aiida_forcefield.potentials.prior import Reference, build_prior, van_der_waals_radius
from aiida_forcefield.potentials.read import read_files, read_lammps, read_openmm
from aiida_forcefield.potentials.selection import fit_chosen_forms
from aiida_forcefield.potentials.settings import Settings
from aiida_forcefield.potentials.uncertain import least_certain, most_telling
from aiida_forcefield.potentials.variations import VARIATIONS, Choices

__all__ = [
    "CRYSTAL_CUTOFF",
    "DAMPING",
    "VARIATIONS",
    "Choices",
    "DimerPoints",
    "FittedCharges",
    "ForceField",
    "ForceFieldCalculator",
    "MoleculePoints",
    "Reference",
    "Settings",
    "Term",
    "build_prior",
    "change_errors",
    "doubts",
    "field_errors",
    "fit_charges",
    "fit_chosen_forms",
    "fit_force_field",
    "interaction_energies",
    "join_dimers",
    "least_certain",
    "liquid_charges",
    "molecule_energies",
    "most_telling",
    "near",
    "read_files",
    "read_lammps",
    "read_openmm",
    "van_der_waals_radius",
    "virial_errors",
    "write_damping",
    "write_data",
    "write_force_field",
    "write_gro",
    "write_gromacs",
    "write_openmm",
    "write_pdb",
]
