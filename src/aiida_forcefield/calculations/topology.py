"""Calcfunctions from a material to its topology and reference geometry."""

from aiida.engine import calcfunction
from aiida.orm import Dict

from aiida_forcefield.data import StructuresData, TopologyData
from aiida_forcefield.scans import molecule_structures
from aiida_forcefield.topology import read_material


@calcfunction
def perceive_topology(material: Dict) -> TopologyData:
    """Atoms, atom types and interaction terms of a material, as `read_material` takes it."""
    return TopologyData(read_material(material.get_dict()))


@calcfunction
def propose_conformers(topology: TopologyData) -> StructuresData:
    """The conformers of a molecule, of which the lowest becomes the reference geometry."""
    value = topology.value
    return StructuresData(molecule_structures(value, "reference", value.conformers))
