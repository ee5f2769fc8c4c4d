"""Molecular dynamics: boxes, engines, logs, and statistics of what they show."""

from aiida_forcefield.dynamics.box import (
    StartingBox,
    check_liquid,
    packmol_input,
    read_packed,
    starting_box,
    write_xyz,
)
from aiida_forcefield.dynamics.conditions import THERMO_EVERY, Conditions, rigid_bonds
from aiida_forcefield.dynamics.engine import Engine, File
from aiida_forcefield.dynamics.engines import ENGINES, engine_of
from aiida_forcefield.dynamics.final import is_whole
from aiida_forcefield.dynamics.frames import read_frames
from aiida_forcefield.dynamics.gas import (
    gas_equilibration_script,
    gas_production_script,
    vacuum_box,
    vacuum_cutoff,
)
from aiida_forcefield.dynamics.guard import Verdict, judge
from aiida_forcefield.dynamics.log import END_OF_LOG, MEASURED, Log, Thermo, parse_log
from aiida_forcefield.dynamics.many_body import Liquid, ManyBody
from aiida_forcefield.dynamics.motion import DATA, FORCE_FIELD
from aiida_forcefield.dynamics.pair_pressure import (
    PressureError,
    pressure_error,
    pressure_shares,
)
from aiida_forcefield.dynamics.script import (
    FINAL_DATA,
    FRAMES,
    equilibration_script,
    production_script,
)
from aiida_forcefield.dynamics.statistics import MINIMUM_SAMPLES, Estimate, covariance, summarise
from aiida_forcefield.dynamics.tail import check_tail, tail_coefficient
from aiida_forcefield.dynamics.three_body import measure_many_body, three_body_dispersion

__all__ = [
    "DATA",
    "END_OF_LOG",
    "ENGINES",
    "FINAL_DATA",
    "FORCE_FIELD",
    "FRAMES",
    "MEASURED",
    "MINIMUM_SAMPLES",
    "THERMO_EVERY",
    "Conditions",
    "Engine",
    "Estimate",
    "File",
    "Liquid",
    "Log",
    "ManyBody",
    "PressureError",
    "StartingBox",
    "Thermo",
    "Verdict",
    "check_liquid",
    "check_tail",
    "covariance",
    "engine_of",
    "equilibration_script",
    "gas_equilibration_script",
    "gas_production_script",
    "is_whole",
    "judge",
    "measure_many_body",
    "packmol_input",
    "parse_log",
    "pressure_error",
    "pressure_shares",
    "production_script",
    "read_frames",
    "read_packed",
    "rigid_bonds",
    "starting_box",
    "summarise",
    "tail_coefficient",
    "three_body_dispersion",
    "vacuum_box",
    "vacuum_cutoff",
    "write_xyz",
]
