"""From what a study says of its material to a species."""

from collections.abc import Mapping
from typing import Any

from rdkit import Chem

from aiida_forcefield.topology.molecule import from_smiles, from_xyz
from aiida_forcefield.topology.species import Species

HEAVIEST = 86
"""Atomic number of radon, the last element of GFN2-xTB and of DFT-D4, which every study needs."""


def read_material(material: Mapping[str, Any]) -> Species:
    """The species of a material.

    Args:
        material: `smiles` (and perhaps `multiplicity`), or `xyz` (the text of an XYZ file) with
            `charge` and `multiplicity`.

    Raises:
        ValueError: it is no molecule, has an element beyond radon, or has open shells, so that its
            dimers have no defined state.
    """
    if "smiles" in material:
        species = from_smiles(material["smiles"], multiplicity=material.get("multiplicity"))
    else:
        species = from_xyz(material["xyz"], material["charge"], material["multiplicity"])
    number = Chem.GetPeriodicTable().GetAtomicNumber
    if heavy := sorted({s for s in species.symbols if number(s) > HEAVIEST}, key=number):
        raise ValueError(f"element {', '.join(heavy)}: no method here goes beyond Rn")
    if len(species.symbols) == 2 and set(species.symbols) <= {"O", "S", "Se", "Te"}:
        raise ValueError(
            f"multiplicity: the ground state of {species.formula} has two unpaired electrons; "
            "only molecules with closed shells can be treated"
        )
    if species.multiplicity != 1:
        raise ValueError(
            f"multiplicity {species.multiplicity}: dimers of a molecule with open shells have "
            "no defined spin state; only multiplicity 1 is allowed"
        )
    return species
