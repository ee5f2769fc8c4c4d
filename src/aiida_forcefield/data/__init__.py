"""AiiDA data nodes around the objects of the science."""

from aiida_forcefield.data.nodes import (
    ForceFieldData,
    PointsData,
    StructuresData,
    SurrogateData,
    ThermoData,
    TopologyData,
)

__all__ = [
    "ForceFieldData",
    "PointsData",
    "StructuresData",
    "SurrogateData",
    "ThermoData",
    "TopologyData",
]
