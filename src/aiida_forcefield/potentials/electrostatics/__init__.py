"""Electrostatics of a force field: what acts between charges, in vacuum and in the liquid."""

from aiida_forcefield.potentials.electrostatics.drudes import PolarizationError
from aiida_forcefield.potentials.electrostatics.fixed import FixedCharges
from aiida_forcefield.potentials.electrostatics.model import (
    CRYSTAL_CUTOFF,
    ElectrostaticModel,
    Electrostatics,
    Places,
    SitePairs,
    Sites,
    State,
)
from aiida_forcefield.potentials.electrostatics.polarizable import BondDipole, Polarizable, join

FieldElectrostatics = FixedCharges | Polarizable
"""What a force field may have; another kind is one more of a union."""

__all__ = [
    "CRYSTAL_CUTOFF",
    "BondDipole",
    "ElectrostaticModel",
    "Electrostatics",
    "FieldElectrostatics",
    "FixedCharges",
    "Places",
    "Polarizable",
    "PolarizationError",
    "SitePairs",
    "Sites",
    "State",
    "join",
]
