"""Pictures of a study: its profiles, its dimers and its chain. No AiiDA in here."""

from aiida_forcefield.report.chain import draw_chain
from aiida_forcefield.report.dimers import draw_dimers
from aiida_forcefield.report.profiles import draw_profiles

__all__ = [
    "draw_chain",
    "draw_dimers",
    "draw_profiles",
]
