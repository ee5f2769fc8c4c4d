"""From requested properties to the simulations that they share."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiida_forcefield.properties.property import Property, State, Target
from aiida_forcefield.properties.registry import property_of, read_request
from aiida_forcefield.properties.simulation import Simulation
from aiida_forcefield.topology.system import System


@dataclass(frozen=True)
class Requested:
    """A property that was asked for.

    Attributes:
        label: unique among all of a study: the name, with a number where it is asked for again.
        name: of the property.
        request: what is wanted of it.
    """

    label: str
    name: str
    request: State

    @property
    def property(self) -> Property[Any]:
        """Its plugin."""
        return property_of(self.name)


@dataclass(frozen=True)
class Task:
    """What one simulation is to tell of a property.

    Attributes:
        requested: the property.
        part: what the property calls this simulation.
    """

    requested: Requested
    part: str


def write_task(task: Task, target: Target) -> dict[str, Any]:
    """A task as plain values, with the statistical error to reach."""
    return {
        "name": task.requested.name,
        "request": task.requested.request.model_dump(mode="json"),
        "part": task.part,
        "target": target.model_dump(mode="json"),
    }


def read_properties(entries: Sequence[Mapping[str, Mapping[str, Any]]]) -> tuple[Requested, ...]:
    """The properties of a study file, ``[{"density": {"temperature": K, "pressure": bar}}]``.

    Raises:
        ValueError: an unknown property, or a request that is not allowed; one line.
    """
    seen: Counter[str] = Counter()
    found = []
    for entry in entries:
        for name, request in entry.items():
            seen[name] += 1
            label = name if seen[name] == 1 else f"{name}_{seen[name]}"
            found.append(Requested(label, name, read_request(name, request)))
    return tuple(found)


def plan_simulations(
    requested: Sequence[Requested], system: System
) -> dict[Simulation, tuple[Task, ...]]:
    """The simulations to run, each once, and what each is to tell.

    Raises:
        ValueError: the system does not have one of the properties; one line.
    """
    tasks: dict[Simulation, tuple[Task, ...]] = {}
    for each in requested:
        for part, simulation in each.property.simulations(each.request, system).items():
            tasks[simulation] = (*tasks.get(simulation, ()), Task(each, part))
    return tasks
