"""Perception: from SMILES or a structure file to atom types and interaction terms."""

from aiida_forcefield.topology.material import read_material
from aiida_forcefield.topology.molecule import from_smiles, from_xyz
from aiida_forcefield.topology.topology import TermKind, TermType, Topology

__all__ = ["TermKind", "TermType", "Topology", "from_smiles", "from_xyz", "read_material"]
