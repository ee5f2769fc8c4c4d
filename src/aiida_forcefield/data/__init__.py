"""AiiDA data nodes around the objects of the science."""

from aiida_forcefield.data.nodes import (
    ForceFieldData,
    PointsData,
    SpeciesData,
    StructuresData,
    SurrogateData,
    ThermoData,
)

__all__ = [
    "ForceFieldData",
    "PointsData",
    "SpeciesData",
    "StructuresData",
    "SurrogateData",
    "ThermoData",
]
