"""Pictures of a study: its profiles, its dimers and its chain; errors. No AiiDA in here."""

from aiida_forcefield.report.chain import draw_chain
from aiida_forcefield.report.dimers import DimerSet, draw_dimers
from aiida_forcefield.report.profile import Profile, compare_profile
from aiida_forcefield.report.profiles import draw_profiles

__all__ = [
    "DimerSet",
    "Profile",
    "compare_profile",
    "draw_chain",
    "draw_dimers",
    "draw_profiles",
]
