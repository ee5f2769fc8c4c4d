"""The engines of molecular dynamics, by the names that a study gives them."""

from collections.abc import Mapping
from typing import Any, Final

from aiida_forcefield.dynamics.engine import Engine
from aiida_forcefield.dynamics.lammps import Lammps
from aiida_forcefield.dynamics.openmm import OpenMM

ENGINES: Final[Mapping[str, Engine]] = {"lammps": Lammps(), "openmm": OpenMM()}


def engine_of(settings: Mapping[str, Any]) -> Engine:
    """That of the settings of a simulation; those of older versions name none."""
    return ENGINES[settings.get("engine", "lammps")]
