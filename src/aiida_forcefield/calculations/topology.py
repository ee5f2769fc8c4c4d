"""Calcfunctions from a material to its topology and reference geometry."""

from aiida.engine import calcfunction
from aiida.orm import Dict

from aiida_forcefield.data import StructuresData, TopologyData
from aiida_forcefield.scans import molecule_structures
from aiida_forcefield.topology import from_smiles, from_xyz


@calcfunction
def perceive_topology(material: Dict) -> TopologyData:
    """Atoms, atom types and interaction terms of a material.

    `material` has `smiles` (and perhaps `multiplicity`), or `xyz` (the text of an XYZ file) with
    `charge` and `multiplicity`.
    """
    content = material.get_dict()
    if "smiles" in content:
        topology = from_smiles(content["smiles"], multiplicity=content.get("multiplicity"))
    else:
        topology = from_xyz(content["xyz"], content["charge"], content["multiplicity"])
    return TopologyData(topology)


@calcfunction
def propose_conformers(topology: TopologyData) -> StructuresData:
    """The conformers of a molecule, of which the lowest becomes the reference geometry."""
    value = topology.value
    return StructuresData(molecule_structures(value, "reference", value.conformers))
