"""Learning a profile from few points: model, acquisition, stopping."""

from aiida_forcefield.surrogate.learn import first_values, learn
from aiida_forcefield.surrogate.observations import Observations, Settings
from aiida_forcefield.surrogate.surrogate import Surrogate

__all__ = ["Observations", "Settings", "Surrogate", "first_values", "learn"]
