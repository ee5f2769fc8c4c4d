"""What is known of a force field before the fit."""

from aiida_forcefield.fitting.priors.physical import PhysicalPriors, van_der_waals_radius
from aiida_forcefield.fitting.priors.prior import Prior, PriorSource, TypePair

__all__ = ["PhysicalPriors", "Prior", "PriorSource", "TypePair", "van_der_waals_radius"]
