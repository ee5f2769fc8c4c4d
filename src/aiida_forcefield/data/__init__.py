"""AiiDA data nodes around the objects of the science."""

from aiida_forcefield.data.nodes import (
    BoxData,
    ForceFieldData,
    FramesData,
    PointsData,
    ProfileData,
    ScanData,
    SpeciesData,
    StructuresData,
    SystemData,
    ThermoData,
)

__all__ = [
    "BoxData",
    "ForceFieldData",
    "FramesData",
    "PointsData",
    "ProfileData",
    "ScanData",
    "SpeciesData",
    "StructuresData",
    "SystemData",
    "ThermoData",
]
