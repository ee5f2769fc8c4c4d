"""The surrogate on recorded curves: how many QM points each would have cost. No AiiDA in here."""

from aiida_forcefield.replay.learning import Replay, replay
from aiida_forcefield.replay.record import ENERGY_UNITS, Record, read_record
from aiida_forcefield.replay.summary import describe

__all__ = ["ENERGY_UNITS", "Record", "Replay", "describe", "read_record", "replay"]
