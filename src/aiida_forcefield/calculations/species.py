"""Calcfunctions from a material to its species and reference geometry."""

from aiida.engine import calcfunction
from aiida.orm import Dict

from aiida_forcefield.data import SpeciesData, StructuresData
from aiida_forcefield.scans import molecule_structures
from aiida_forcefield.topology import read_material


@calcfunction
def perceive_species(material: Dict) -> SpeciesData:
    """Atoms, atom types and interaction terms of a material, as `read_material` takes it."""
    return SpeciesData(read_material(material.get_dict()))


@calcfunction
def propose_conformers(species: SpeciesData) -> StructuresData:
    """The conformers of a molecule, of which the lowest becomes the reference geometry."""
    value = species.value
    return StructuresData(molecule_structures(value, "reference", value.conformers))
