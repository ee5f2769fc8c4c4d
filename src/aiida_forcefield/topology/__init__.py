"""Perception: from SMILES or a structure file to atom types and interaction terms."""

from aiida_forcefield.topology.material import read_material
from aiida_forcefield.topology.molecule import from_smiles, from_xyz
from aiida_forcefield.topology.species import Species, TermKind, TermType

__all__ = ["Species", "TermKind", "TermType", "from_smiles", "from_xyz", "read_material"]
