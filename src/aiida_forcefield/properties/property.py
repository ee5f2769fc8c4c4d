"""What a property is: a request, the simulations that it needs, and how it is measured."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Annotated, Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from aiida_forcefield.dynamics.statistics import Estimate
from aiida_forcefield.properties.simulation import Liquid, Simulation
from aiida_forcefield.properties.trajectory import Trajectory
from aiida_forcefield.properties.uncertainty import add_uncertainty, changes_by_choice
from aiida_forcefield.topology.system import System

STRICT = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
Positive = Annotated[float, Field(gt=0)]

Result = dict[str, Any]
"""What was measured, as plain values. Each has

- `property`: its name,
- `value` and `standard_error` in `unit`,
- `halves_agree`, `seeds_agree`: whether parts of the simulation agree,
- `correlation_time` (ps), `effective_samples`, and `production` (ps) of each seed,
- what the request says, such as `temperature` (K) and `pressure` (bar),
- and details of the property's own.
"""


class State(BaseModel):
    """A liquid at a temperature in K and a pressure in bar."""

    model_config = STRICT

    temperature: Annotated[Positive, Field(lt=1e5)]
    pressure: Annotated[Positive, Field(lt=1e6)]


class AbsoluteError(BaseModel):
    """The statistical error to reach, in the unit of the property."""

    model_config = STRICT

    target_error: Positive

    def allowed(self, value: float) -> float:
        """Largest error of a value."""
        return self.target_error


class RelativeError(BaseModel):
    """The statistical error to reach, as a fraction of the value."""

    model_config = STRICT

    relative_error: Positive

    def allowed(self, value: float) -> float:
        """Largest error of a value."""
        return self.relative_error * abs(value)


Target = AbsoluteError | RelativeError
Request = TypeVar("Request", bound=State)


@dataclass(frozen=True)
class Row:
    """A line of a table of results.

    Attributes:
        label: what it is.
        value: None where there is an error alone.
        error: one standard deviation; None where there is none.
        unit: of both.
    """

    label: str
    value: float | None
    error: float | None
    unit: str


class Property(ABC, Generic[Request]):
    """A property that molecular dynamics predicts; see docs/how-to/add_a_property.md.

    Attributes:
        name: key in study files and protocols.
        title: for people.
        unit: of its value, and of the measured one that is shown beside it.
        schema: of the request in a study file.
        target: statistical error to reach, where a protocol does not say.
        frames: how many frames of each leg it reads, beside the thermodynamic output.
        good_within: uncertainty, as a fraction of the value, up to which it is called good.
        usable_within: the same up to which it may be used at all.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    unit: ClassVar[str]
    schema: ClassVar[type[State]] = State
    target: ClassVar[Target]
    frames: ClassVar[int] = 0
    good_within: ClassVar[float] = 0.1
    usable_within: ClassVar[float] = 0.3

    def simulations(self, request: Request, system: System) -> dict[str, Simulation]:
        """The simulations that it needs, by what it calls each; of most properties the liquid.

        Raises:
            ValueError: the system has no such property; one line.
        """
        require_liquid(self.name, system)
        return {"liquid": Liquid(request.temperature, request.pressure)}

    @abstractmethod
    def measure(self, part: str, request: Request, trajectory: Trajectory) -> Result:
        """What one of the simulations tells: the property, or its part of it in the same unit."""

    def combine(self, request: Request, parts: Mapping[str, Result]) -> Result:
        """The property from what all simulations told; of one, that is it."""
        (only,) = parts.values()
        return only

    def allowed_error(self, target: Target, value: float, simulations: int) -> float:
        """Largest statistical error of what one of so many simulations tells."""
        return target.allowed(value) / sqrt(simulations)

    def uncertainty(
        self,
        result: Result,
        others: Mapping[str, Result],
        pair_pressure: Mapping[str, Any] | None = None,
    ) -> Result:
        """The result with the uncertainty that its force field leaves it.

        Args:
            result: of this property.
            others: of force fields that made another choice in their fit, by its name.
            pair_pressure: by how many bar the pressure of pairs is off (`bias`), and with which
                `error` that is known; counts only where a property says how.

        Returns:
            The result, the `changes` by each choice, and `uncertainty`.
        """
        return add_uncertainty(result, *changes_by_choice(result, others))

    def rows(self, result: Result) -> Iterator[Row]:
        """Lines of a table: the value first, then its details."""
        error = result.get("uncertainty", result["standard_error"])
        yield Row("predicted", result["value"], error, self.unit)
        if "uncertainty" in result:
            yield Row("of which statistics", None, result["standard_error"], self.unit)
            for choice, change in result["changes"].items():
                yield Row(f"change with other {choice}", change, None, self.unit)

    def result(
        self, request: Request, trajectory: Trajectory, estimate: Estimate, **details: Any
    ) -> Result:
        """An estimate in the unit of the property as a result."""
        return {
            "property": self.name,
            "value": estimate.mean,
            "standard_error": estimate.standard_error,
            "unit": self.unit,
            **request.model_dump(mode="json"),
            "correlation_time": estimate.correlation_time,
            "effective_samples": estimate.n_effective,
            "halves_agree": estimate.halves_agree,
            "seeds_agree": estimate.seeds_agree,
            "production": trajectory.production,
            **details,
        }


def require_liquid(name: str, system: System) -> None:
    """Raise a ValueError where a system is no liquid."""
    if system.crystal is not None:
        raise ValueError(f"{name}: the system is a crystal; only liquids have it")
