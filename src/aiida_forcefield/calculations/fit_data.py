"""What a fit needs, from the nodes that hold it."""

from collections.abc import Mapping
from functools import partial
from typing import Final

from aiida.orm import ArrayData, Dict

from aiida_forcefield.data import PointsData
from aiida_forcefield.fitting import Minimum, Reference
from aiida_forcefield.potentials.electrostatics import (
    FieldElectrostatics,
    FixedCharges,
    Polarizable,
    join,
)
from aiida_forcefield.serial import assemble
from aiida_forcefield.topology import System
from aiida_forcefield.topology.system import type_name

POLARIZABLE: Final = "polarizable"
"""Key of a `Polarizable`, among what was derived of a species."""


def minima_of(
    system: System,
    references: Mapping[str, PointsData],
    properties: Mapping[str, ArrayData],
) -> dict[str, Minimum]:
    """Each species at rest, by name, in the order of the system."""
    return {
        name: Minimum(
            references[name].value,
            properties[name].get_array("hessian"),
            properties[name].get_array("c6"),
        )
        for name in system.names
    }


def references_of(
    system: System,
    references: Mapping[str, PointsData],
    properties: Mapping[str, ArrayData],
) -> dict[str, Reference]:
    """The same as priors want them."""
    minima = minima_of(system, references, properties)
    return {name: minimum.reference for name, minimum in minima.items()}


def electrostatics_of(system: System, derived: Mapping[str, Dict]) -> FieldElectrostatics:
    """That of all atom types of a system, from what was derived of its species by name."""
    found = {name: derived[name].get_dict() for name in system.names}
    if all(POLARIZABLE in of_species for of_species in found.values()):
        return join(
            [
                assemble(Polarizable, of_species[POLARIZABLE], {}).renamed(partial(type_name, name))
                for name, of_species in found.items()
            ]
        )
    gas, liquid = (
        {
            type_name(name, label): charge
            for name, sets in found.items()
            for label, charge in sets[state].items()
        }
        for state in ("gas", "liquid")
    )
    return FixedCharges(gas, liquid)
