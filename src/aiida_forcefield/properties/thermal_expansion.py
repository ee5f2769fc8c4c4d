"""Isobaric thermal expansion of a liquid."""

from typing import ClassVar

from aiida_forcefield.properties.fluctuations import mean_volume, thermal_expansion
from aiida_forcefield.properties.property import (
    Property,
    RelativeError,
    Result,
    State,
)
from aiida_forcefield.properties.trajectory import Trajectory


class ThermalExpansion(Property[State]):
    """α = (∂V/∂T) / V, from how volume and enthalpy fluctuate together."""

    name = "thermal_expansion"
    title = "Thermal expansion coefficient"
    unit = "1/K"
    target: ClassVar[RelativeError] = RelativeError(relative_error=0.15)

    def measure(self, part: str, request: State, trajectory: Trajectory) -> Result:
        """From the runs in equilibrium."""
        runs = trajectory.settled()
        volume = mean_volume(runs) / trajectory.molecules
        estimate = thermal_expansion(
            runs,
            request.temperature,
            request.pressure - trajectory.outward(volume),
            trajectory.stiffness(volume),
            trajectory.interval,
        )
        return self.result(request, trajectory, estimate)
