"""LAMMPS as an engine."""

from collections.abc import Mapping, Sequence
from typing import Final

from aiida_forcefield.dynamics.conditions import Conditions
from aiida_forcefield.dynamics.drudes import motion_of
from aiida_forcefield.dynamics.engine import File
from aiida_forcefield.dynamics.final import is_whole
from aiida_forcefield.dynamics.frames import read_frames
from aiida_forcefield.dynamics.gas import gas_equilibration_script, gas_production_script
from aiida_forcefield.dynamics.log import parse_log
from aiida_forcefield.dynamics.many_body import ManyBody
from aiida_forcefield.dynamics.motion import DATA, FORCE_FIELD
from aiida_forcefield.dynamics.script import (
    FINAL_DATA,
    FRAMES,
    equilibration_script,
    production_script,
)
from aiida_forcefield.potentials.export.damping import DAMPING, write_damping
from aiida_forcefield.potentials.export.lammps import write_force_field
from aiida_forcefield.potentials.export.lammps_data import write_data
from aiida_forcefield.potentials.forcefield import ForceField
from aiida_forcefield.topology.box import Box, Frames
from aiida_forcefield.topology.system import System


class Lammps:
    """See `engine.Engine`; Nosé and Hoover hold temperature and pressure."""

    program: Final = "LAMMPS"
    role: Final = "md"
    state: Final = DATA
    final: Final = FINAL_DATA
    frames: Final = FRAMES
    read_log = staticmethod(parse_log)
    is_whole = staticmethod(is_whole)

    def files(
        self, forcefield: ForceField, system: System, box: Box, cutoff: float, periodic: bool
    ) -> Mapping[str, File]:
        """Force field, box and, of a damped form, a table."""
        force_field = write_force_field(forcefield, system, cutoff, periodic=periodic)
        damping = write_damping(forcefield, system, cutoff)
        return {
            "force_field": File(FORCE_FIELD, force_field),
            **({"damping": File(DAMPING, damping)} if damping else {}),
            "system": File(DATA, write_data(forcefield, system, box)),
        }

    def equilibration(
        self,
        forcefield: ForceField,
        system: System,
        conditions: Conditions,
        duration: float,
        seed: int,
        many_body: ManyBody | None = None,
        molecules: int = 0,
    ) -> str:
        """See `script.equilibration_script`."""
        return equilibration_script(
            conditions, duration, seed, many_body, molecules, motion_of(forcefield, system)
        )

    def production(
        self,
        forcefield: ForceField,
        system: System,
        conditions: Conditions,
        duration: float,
        frames_every: float | None = None,
        many_body: ManyBody | None = None,
        molecules: int = 0,
    ) -> str:
        """See `script.production_script`."""
        return production_script(
            conditions, duration, frames_every, many_body, molecules, motion_of(forcefield, system)
        )

    def gas_equilibration(
        self,
        forcefield: ForceField,
        system: System,
        conditions: Conditions,
        duration: float,
        seed: int,
    ) -> str:
        """See `gas.gas_equilibration_script`."""
        return gas_equilibration_script(conditions, duration, seed, motion_of(forcefield, system))

    def gas_production(
        self,
        forcefield: ForceField,
        system: System,
        conditions: Conditions,
        duration: float,
        seed: int,
        leg: int,
    ) -> str:
        """See `gas.gas_production_script`."""
        return gas_production_script(conditions, duration, seed, leg, motion_of(forcefield, system))

    def read_frames(self, text: str, counts: Sequence[int], atoms: int) -> Frames:
        """Those of a dump."""
        frames = read_frames(text, counts, atoms)
        if text.count("ITEM: TIMESTEP") > len(frames.positions) or not text.endswith("\n"):
            raise ValueError(f"{FRAMES} is cut short")
        return frames
