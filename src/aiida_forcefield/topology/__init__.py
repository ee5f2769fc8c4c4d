"""Perception: from SMILES, structure files and crystals to species, systems and their terms."""

from aiida_forcefield.topology.box import Box, Frames
from aiida_forcefield.topology.material import read_material
from aiida_forcefield.topology.molecule import from_smiles, from_xyz
from aiida_forcefield.topology.species import Species, TermKind, TermType
from aiida_forcefield.topology.system import AtomType, System, species_name

__all__ = [
    "AtomType",
    "Box",
    "Frames",
    "Species",
    "System",
    "TermKind",
    "TermType",
    "from_smiles",
    "from_xyz",
    "read_material",
    "species_name",
]
