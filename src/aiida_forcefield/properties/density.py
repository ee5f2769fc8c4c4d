"""Density of a liquid."""

from collections.abc import Iterator, Mapping
from math import hypot
from typing import Any, ClassVar

from aiida_forcefield.dynamics.statistics import summarise
from aiida_forcefield.properties.fluctuations import compressibility_of_pairs, stiffened
from aiida_forcefield.properties.property import (
    AbsoluteError,
    Property,
    Result,
    Row,
    State,
)
from aiida_forcefield.properties.trajectory import Trajectory
from aiida_forcefield.properties.uncertainty import add_uncertainty, changes_by_choice

DIMERS = "dimers"
"""The choice of every second dimer in a fit."""


class Density(Property[State]):
    """Mean density; with it stand the `compressibility` (1/bar) and the pressure outwards of
    three-body dispersion at that density (`three_body_pressure`, bar; 0 where none was measured).
    """

    name = "density"
    title = "Density"
    unit = "g/cm3"
    target: ClassVar[AbsoluteError] = AbsoluteError(target_error=0.005)
    good_within: ClassVar[float] = 0.03
    usable_within: ClassVar[float] = 0.1

    def measure(self, part: str, request: State, trajectory: Trajectory) -> Result:
        """Its mean over all runs."""
        runs, interval = trajectory.runs, trajectory.interval
        estimate = summarise([run.density for run in runs], interval)
        starts = [round(start / interval) for start in estimate.equilibrated_from]
        settled = [run[start:] for run, start in zip(runs, starts, strict=True)]
        # The mass is the same throughout, so that densities tell the volume of the mean.
        mass = runs[0].volume[0] * runs[0].density[0]
        volume = float(mass / estimate.mean / trajectory.molecules)
        pairs = compressibility_of_pairs(settled, request.temperature, interval)
        return self.result(
            request,
            trajectory,
            estimate,
            compressibility=stiffened(pairs, trajectory.stiffness(volume)).mean,
            three_body_pressure=trajectory.outward(volume),
        )

    def uncertainty(
        self,
        result: Result,
        others: Mapping[str, Result],
        pair_pressure: Mapping[str, Any] | None = None,
    ) -> Result:
        """What is not known of the pressure of pairs changes the density by its compressibility.

        Other dimers are other pairs of the liquid, too: of what they change and what the pressure
        of pairs leaves open, `pair_pressure` (g/cm3), the larger counts. What the level of QM
        leaves open, `qm_level` (g/cm3), counts beside it.
        """
        changes, variances = changes_by_choice(result, others)
        if pair_pressure:
            by_pressure = result["value"] * result["compressibility"]
            change = by_pressure * hypot(pair_pressure["bias"], pair_pressure["error"])
            level = by_pressure * pair_pressure["level"]
            result = {**result, "pair_pressure": change, "qm_level": level}
            variances[DIMERS] = max(variances.get(DIMERS, 0.0), change**2)
            variances["qm_level"] = level**2
        return add_uncertainty(result, changes, variances)

    def rows(self, result: Result) -> Iterator[Row]:
        """With what the pressure of pairs leaves open, and that of three-body dispersion."""
        yield from super().rows(result)
        if (pairs := result.get("pair_pressure")) is not None:
            yield Row("from the pressure of pairs", None, pairs, self.unit)
        if (level := result.get("qm_level")) is not None:
            yield Row("from the level of QM", None, level, self.unit)
        if outward := result.get("three_body_pressure"):
            yield Row("three-body dispersion, outwards", outward, None, "bar")
