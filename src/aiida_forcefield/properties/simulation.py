"""Simulations from which properties are measured; equal ones are run once."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter


@dataclass(frozen=True)
class Liquid:
    """The system as a liquid, at a temperature (K) and a pressure (bar)."""

    temperature: float
    pressure: float
    phase: Literal["liquid"] = "liquid"


@dataclass(frozen=True)
class Gas:
    """One molecule of a species of the system, by its name, alone at a temperature (K)."""

    temperature: float
    species: str
    phase: Literal["gas"] = "gas"


Simulation = Liquid | Gas

_SIMULATION: TypeAdapter[Simulation] = TypeAdapter(
    Annotated[Simulation, Field(discriminator="phase")]
)


def write_simulation(simulation: Simulation) -> dict[str, Any]:
    """A simulation as plain values."""
    return asdict(simulation)


def read_simulation(content: Mapping[str, Any]) -> Simulation:
    """The simulation that was written so."""
    return _SIMULATION.validate_python(dict(content))
