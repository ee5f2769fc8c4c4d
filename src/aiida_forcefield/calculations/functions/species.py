"""Calcfunctions from what a study says of its species to a system and their first geometries."""

from aiida.engine import calcfunction
from aiida.orm import Dict

from aiida_forcefield.data import PointsData, SpeciesData, StructuresData, SystemData
from aiida_forcefield.scans import Cluster, Origin, Structures
from aiida_forcefield.serial import assemble
from aiida_forcefield.topology import read_material
from aiida_forcefield.topology.mixture import Mixture, compose

SCIENCE = 2
"""Raised where results change by what this file imports: the cache looks at the file alone."""


@calcfunction
def perceive_species(material: Dict) -> SpeciesData:
    """Atoms, atom types and interaction terms of a molecule or ion, as `read_material` takes it."""
    return SpeciesData(read_material(material.get_dict()))


@calcfunction
def compose_system(mixture: Dict, **species: SpeciesData) -> SystemData:
    """The system of some species, by name, with the amounts that a `Mixture` says."""
    found = {name: node.value for name, node in species.items()}
    return SystemData(compose(assemble(Mixture, mixture.get_dict(), {}), found))


@calcfunction
def propose_conformers(species: SpeciesData) -> StructuresData:
    """The conformers of a molecule, of which the lowest becomes the reference geometry."""
    value = species.value
    origin, cluster = Origin("conformers"), Cluster.of(value)
    return StructuresData(Structures.rigid(origin, cluster, value.conformers))


@calcfunction
def resting_molecule(species: SpeciesData, reference: PointsData) -> StructuresData:
    """The relaxed molecule, of which the polarizability is computed."""
    origin, cluster = Origin("polarizability"), Cluster.of(species.value)
    return StructuresData(Structures.rigid(origin, cluster, reference.value.positions[:1]))
