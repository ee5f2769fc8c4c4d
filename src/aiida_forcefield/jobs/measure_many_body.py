"""Job that looks at what a liquid has beyond pairs."""

from dataclasses import dataclass
from typing import Any

from aiida_forcefield.dynamics import beyond_pairs
from aiida_forcefield.dynamics.beyond_pairs import Response
from aiida_forcefield.potentials.forcefield import ForceField
from aiida_forcefield.topology import Frames, System


@dataclass(frozen=True, eq=False)
class ManyBodyTask:
    """Arguments of `dynamics.measure_many_body`."""

    field: ForceField
    system: System
    responses: tuple[Response, ...]
    frames: tuple[Frames, ...]


@dataclass(frozen=True)
class ManyBodyFound:
    """What `dynamics.measure_many_body` returns."""

    parts: dict[str, dict[str, Any]]


def measure_many_body(task: ManyBodyTask) -> ManyBodyFound:
    """Energy and pressure of each part."""
    found = beyond_pairs.measure_many_body(task.field, task.system, task.responses, task.frames)
    return ManyBodyFound(found)
