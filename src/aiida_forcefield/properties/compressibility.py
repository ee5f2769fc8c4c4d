"""Isothermal compressibility of a liquid."""

from typing import ClassVar

from aiida_forcefield.properties.fluctuations import (
    compressibility_of_pairs,
    mean_volume,
    stiffened,
)
from aiida_forcefield.properties.property import (
    Property,
    RelativeError,
    Result,
    State,
)
from aiida_forcefield.properties.trajectory import Trajectory

PER_GPA = 1e4  # 1/bar


class Compressibility(Property[State]):
    """κ = −(∂V/∂p) / V, from the fluctuations of the volume and three-body dispersion."""

    name = "compressibility"
    title = "Isothermal compressibility"
    unit = "1/GPa"
    target: ClassVar[RelativeError] = RelativeError(relative_error=0.15)

    def measure(self, part: str, request: State, trajectory: Trajectory) -> Result:
        """From the runs in equilibrium."""
        runs = trajectory.settled()
        stiffness = trajectory.stiffness(mean_volume(runs) / trajectory.molecules)
        pairs = compressibility_of_pairs(runs, request.temperature, trajectory.interval)
        estimate = stiffened(pairs, stiffness).times(PER_GPA)
        return self.result(request, trajectory, estimate)
