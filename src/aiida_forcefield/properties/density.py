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

INDUCTION = 0.2
"""By how much of itself induction beyond pairs may be off: by so much QM has more of it in triples
of liquid methanol, and as much as the model in ethylene carbonate (docs/topics/liquid.md)."""
DIMERS = "dimers"
"""The choice of every second dimer in a fit."""


class Density(Property[State]):
    """Mean density; with it stand the `compressibility` (1/bar), with how many bar each part beyond
    pairs pushes outwards at that density (`beyond_pairs`), and how well their sum is known
    (`beyond_pairs_error`).
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
            beyond_pairs=trajectory.outward(volume),
            beyond_pairs_error=trajectory.many_body_error,
        )

    def uncertainty(
        self,
        result: Result,
        others: Mapping[str, Result],
        pair_pressure: Mapping[str, Any] | None = None,
    ) -> Result:
        """What is not known of pressures changes the density by its compressibility.

        Other dimers are other pairs of the liquid, too: of what they change and what the pressure
        of pairs leaves open the larger counts. That is `pair_pressure`, and what the pressure
        beyond pairs leaves open `many_body_pressure`, both in g/cm3.
        """
        changes, variances = changes_by_choice(result, others)
        per_bar = result["value"] * result["compressibility"]
        induction = INDUCTION * result["beyond_pairs"].get("induction", 0.0)
        beyond = hypot(result["beyond_pairs_error"], induction)
        found = {**result, "beyond_pairs_error": beyond, "many_body_pressure": per_bar * beyond}
        variances["beyond_pairs"] = found["many_body_pressure"] ** 2
        if pair_pressure:
            off = hypot(pair_pressure["bias"], pair_pressure["error"])
            found["pair_pressure"] = per_bar * off
            variances[DIMERS] = max(variances.get(DIMERS, 0.0), found["pair_pressure"] ** 2)
        return add_uncertainty(found, changes, variances)

    def rows(self, result: Result) -> Iterator[Row]:
        """With what pressures leave open, and the pressures themselves."""
        yield from super().rows(result)
        if (pushed := result.get("many_body_pressure", 0.0)) > 0:
            known = f"known to {result['beyond_pairs_error']:.0f} bar"
            yield Row(f"from the pressure beyond pairs, {known}", None, pushed, self.unit)
        if (pairs := result.get("pair_pressure")) is not None:
            yield Row("from the pressure of pairs", None, pairs, self.unit)
        for part, outward in result["beyond_pairs"].items():
            yield Row(f"{part.replace('_', ' ')}, outwards", outward, None, "bar")
