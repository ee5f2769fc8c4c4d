"""The ions of a crystal as the species of a system."""

from collections.abc import Mapping

import numpy as np

from aiida_forcefield.topology.crystal import Crystal
from aiida_forcefield.topology.species import Species
from aiida_forcefield.topology.system import System


def ion(symbol: str, charge: int) -> Species:
    """A single atom with closed shells."""
    return Species(
        symbols=(symbol,),
        charge=charge,
        multiplicity=1,
        atom_types=(f"{symbol}1",),
        bonds=(),
        term_types=(),
        conformers=np.zeros((1, 1, 3)),
        smiles="",
    )


def ions_of(crystal: Crystal, charges: Mapping[str, int]) -> System:
    """A crystal as a system of ions, one species for each element; no bond joins them.

    Args:
        crystal: its primitive cell.
        charges: of each element, e.

    Raises:
        ValueError: charges of other elements, that are not whole numbers, or that do not add up to
            nothing.
    """
    elements = tuple(dict.fromkeys(crystal.symbols))
    if {*elements} != {*charges}:
        raise ValueError(f"charges: {', '.join(charges)}; must be of {', '.join(elements)}")
    for element, charge in charges.items():
        if charge != round(charge):
            raise ValueError(f"charges: {element} {charge:g}; ions have whole charges")
    if net := sum(charges[symbol] for symbol in crystal.symbols):
        raise ValueError(f"charges: {net:+g} e in the cell; they must add up to nothing")
    return System(
        names=elements,
        species=tuple(ion(element, int(charges[element])) for element in elements),
        amounts=tuple(float(crystal.symbols.count(element)) for element in elements),
        crystal=crystal,
    )
