"""A plugin with an engine: the job that brings the engine's file along."""

from pathlib import Path

from aiida_forcefield.calculations.jobs.qm import QmCalculation


class ToyCalculation(QmCalculation):
    """A batch of points of the engine ``toy``."""

    ENGINES = Path(__file__).parent / "engines"
