"""Learning a profile from few points: model, acquisition, stopping."""

from aiida_forcefield.surrogate.learn import first_values, learn
from aiida_forcefield.surrogate.learner import Learner, Outcome
from aiida_forcefield.surrogate.observations import Observations, Settings
from aiida_forcefield.surrogate.profile import LearnedProfile
from aiida_forcefield.surrogate.regressor import ProfileRegressor
from aiida_forcefield.surrogate.surrogate import Surrogate

__all__ = [
    "LearnedProfile",
    "Learner",
    "Observations",
    "Outcome",
    "ProfileRegressor",
    "Settings",
    "Surrogate",
    "first_values",
    "learn",
]
