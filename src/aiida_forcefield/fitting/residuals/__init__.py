"""What the joint fit minimises, one kind of residuals a file."""

from typing import Final

from aiida_forcefield.fitting.residuals.collapse_guard import CollapseGuard
from aiida_forcefield.fitting.residuals.component import (
    ElectrostaticsResidual,
    ExchangeResidual,
    InductionResidual,
)
from aiida_forcefield.fitting.residuals.energy import EnergyResidual
from aiida_forcefield.fitting.residuals.gradient import GradientResidual
from aiida_forcefield.fitting.residuals.hessian import HessianResidual
from aiida_forcefield.fitting.residuals.interaction import InteractionResidual
from aiida_forcefield.fitting.residuals.pressure import PressureResidual
from aiida_forcefield.fitting.residuals.residual import NONE, Relaxing, Residual, Rows
from aiida_forcefield.fitting.residuals.stress import StressResidual
from aiida_forcefield.fitting.residuals.torsion import TorsionResidual
from aiida_forcefield.fitting.residuals.virial import VirialResidual

RESIDUALS: Final[tuple[type[Residual], ...]] = (
    HessianResidual,
    EnergyResidual,
    GradientResidual,
    StressResidual,
    TorsionResidual,
    InteractionResidual,
    ElectrostaticsResidual,
    ExchangeResidual,
    InductionResidual,
    VirialResidual,
    PressureResidual,
    CollapseGuard,
)
"""All kinds, in the order in which they stand in a fit."""

__all__ = ["NONE", "RESIDUALS", "Relaxing", "Residual", "Rows"]
