"""What is known of a force field before the fit."""

from aiida_forcefield.fitting.priors.physical import PhysicalPriors
from aiida_forcefield.fitting.priors.prior import Prior, PriorSource, TypePair

__all__ = ["PhysicalPriors", "Prior", "PriorSource", "TypePair"]
