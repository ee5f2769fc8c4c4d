"""Calcfunctions from a material to its topology and reference geometry."""

from collections.abc import Mapping
from typing import Any

from aiida.engine import calcfunction
from aiida.orm import Dict

from aiida_forcefield.data import StructuresData, TopologyData
from aiida_forcefield.scans import molecule_structures
from aiida_forcefield.topology import Topology, from_smiles, from_xyz


@calcfunction
def perceive_topology(material: Dict) -> TopologyData:
    """Atoms, atom types and interaction terms of a material, as `read_material` takes it."""
    return TopologyData(read_material(material.get_dict()))


def read_material(material: Mapping[str, Any]) -> Topology:
    """The topology of a material.

    Args:
        material: `smiles` (and perhaps `multiplicity`), or `xyz` (the text of an XYZ file) with
            `charge` and `multiplicity`.

    Raises:
        ValueError: it is no molecule, or has open shells, so that its dimers have no defined state.
    """
    if "smiles" in material:
        topology = from_smiles(material["smiles"], multiplicity=material.get("multiplicity"))
    else:
        topology = from_xyz(material["xyz"], material["charge"], material["multiplicity"])
    if topology.multiplicity != 1:
        raise ValueError(
            f"multiplicity {topology.multiplicity}: dimers of a molecule with open shells have "
            "no defined spin state; only multiplicity 1 is allowed"
        )
    return topology


@calcfunction
def propose_conformers(topology: TopologyData) -> StructuresData:
    """The conformers of a molecule, of which the lowest becomes the reference geometry."""
    value = topology.value
    return StructuresData(molecule_structures(value, "reference", value.conformers))
