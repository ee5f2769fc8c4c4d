"""From what a study says of its material to a topology."""

from collections.abc import Mapping
from typing import Any

from aiida_forcefield.topology.molecule import from_smiles, from_xyz
from aiida_forcefield.topology.topology import Topology


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
