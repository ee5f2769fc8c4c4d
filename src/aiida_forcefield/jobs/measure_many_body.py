"""Job that measures three-body dispersion in a liquid."""

from dataclasses import dataclass

from aiida_forcefield.dynamics import three_body
from aiida_forcefield.dynamics.many_body import ManyBody
from aiida_forcefield.topology import Frames, System


@dataclass(frozen=True, eq=False)
class ManyBodyTask:
    """Arguments of `dynamics.measure_many_body`."""

    system: System
    c6: tuple[tuple[float, ...], ...]
    frames: Frames


def measure_many_body(task: ManyBodyTask) -> ManyBody:
    """Its energy and pressure."""
    return three_body.measure_many_body(task.system, task.c6, task.frames)
