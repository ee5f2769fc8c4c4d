"""Heat of vaporization of a pure liquid."""

from collections.abc import Iterator, Mapping
from math import hypot
from typing import ClassVar

from aiida_forcefield.dynamics.statistics import summarise
from aiida_forcefield.properties.fluctuations import mean_volume
from aiida_forcefield.properties.property import (
    AbsoluteError,
    Property,
    Result,
    Row,
    State,
    require_liquid,
)
from aiida_forcefield.properties.simulation import Gas, Liquid, Simulation
from aiida_forcefield.properties.trajectory import Trajectory
from aiida_forcefield.topology.system import System
from aiida_forcefield.units import BAR, BOLTZMANN, KJ_PER_MOL


class HeatOfVaporization(Property[State]):
    """ΔH = ⟨U_gas⟩ − ⟨U_liquid⟩/N + RT − pV/N, of an ideal gas and classical nuclei.

    U are potential energies: kinetic ones are equal in both phases. The simulation has pairs alone;
    the energy of three-body dispersion at the volume of the liquid is added to it.

    Nothing is added for how molecules polarise one another: polarizable electrostatics has that,
    and fixed charges stand for it. Of these both phases have those of the liquid, with which the
    bonded terms were fitted.
    """

    name = "heat_of_vaporization"
    title = "Heat of vaporization"
    unit = "kJ/mol"
    target: ClassVar[AbsoluteError] = AbsoluteError(target_error=0.3)
    good_within: ClassVar[float] = 0.05
    usable_within: ClassVar[float] = 0.15

    def simulations(self, request: State, system: System) -> dict[str, Simulation]:
        """The liquid, and one molecule alone."""
        require_liquid(self.name, system)
        if len(system.names) > 1:
            raise ValueError(
                f"{self.name}: only a pure liquid has it; the system has {', '.join(system.names)}"
            )
        if charge := system.species[0].charge:
            raise ValueError(
                f"{self.name}: {system.names[0]} has the charge {charge:+d}; only neutral "
                "molecules have it"
            )
        return {
            "liquid": Liquid(request.temperature, request.pressure),
            "gas": Gas(request.temperature, system.names[0]),
        }

    def measure(self, part: str, request: State, trajectory: Trajectory) -> Result:
        """Energy of a molecule in the gas, or enthalpy of one in the liquid, kJ/mol."""
        molecules = trajectory.molecules
        if part == "gas":
            series = [run.potential_energy for run in trajectory.runs]
            estimate = summarise(series, trajectory.interval)
            return self.result(request, trajectory, estimate.times(1 / KJ_PER_MOL))
        pv = request.pressure / BAR
        series = [(run.potential_energy + pv * run.volume) / molecules for run in trajectory.runs]
        estimate = summarise(series, trajectory.interval).times(1 / KJ_PER_MOL)
        volume = mean_volume(trajectory.settled()) / molecules
        many_body = trajectory.many_body
        energy = many_body.energy_at(volume) / KJ_PER_MOL if many_body else 0.0
        found = self.result(request, trajectory, estimate, three_body_energy=energy)
        return found | {"value": estimate.mean + energy}

    def combine(self, request: State, parts: Mapping[str, Result]) -> Result:
        """The difference of both phases."""
        gas, liquid = parts["gas"], parts["liquid"]
        rt = BOLTZMANN * request.temperature / KJ_PER_MOL
        return {
            **liquid,
            "value": gas["value"] - liquid["value"] + rt,
            "standard_error": hypot(gas["standard_error"], liquid["standard_error"]),
            "halves_agree": gas["halves_agree"] and liquid["halves_agree"],
            "seeds_agree": gas["seeds_agree"] and liquid["seeds_agree"],
            "gas_energy": gas["value"],
            "liquid_enthalpy": liquid["value"],
            "gas_production": gas["production"],
        }

    def rows(self, result: Result) -> Iterator[Row]:
        """With the share of three-body dispersion."""
        yield from super().rows(result)
        if energy := result.get("three_body_energy"):
            yield Row("of which three-body dispersion", -energy, None, self.unit)
