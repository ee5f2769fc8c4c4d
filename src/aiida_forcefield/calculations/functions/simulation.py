"""Calcfunctions that make the input files of a simulation."""

from io import StringIO

from aiida.engine import calcfunction
from aiida.orm import Dict, Int, SinglefileData

from aiida_forcefield.data import BoxData, ForceFieldData, PointsData, SystemData
from aiida_forcefield.dynamics import (
    Conditions,
    ManyBody,
    engine_of,
    rigid_bonds,
    vacuum_box,
    vacuum_cutoff,
)
from aiida_forcefield.properties import Liquid, Simulation, read_simulation
from aiida_forcefield.topology import System

SCIENCE = 10
"""Raised where results change by what this file imports: the cache looks at the file alone."""


@calcfunction
def place_molecule(system: SystemData, simulation: Dict, reference: PointsData) -> BoxData:
    """The relaxed molecule of a simulation of the gas, alone in a box."""
    name = simulation["species"]
    return BoxData(vacuum_box(system.value, name, reference.value.positions[0]))


@calcfunction
def prepare_simulation(
    force_field: ForceFieldData,
    system: SystemData,
    box: BoxData,
    simulation: Dict,
    settings: Dict,
    many_body: Dict | None = None,
) -> dict[str, SinglefileData]:
    """Input of the engine: its files, such as `force_field`, the box as `system`, and a script
    ``equilibration_SEED`` for each seed.
    """
    field, species, packed = force_field.value, system.value, box.value
    state, content = read_simulation(simulation.get_dict()), settings.get_dict()
    engine = engine_of(content)
    liquid = isinstance(state, Liquid)
    cutoff = content["cutoff"] if liquid else vacuum_cutoff(packed)
    conditions, duration = _conditions(state, species), content["equilibration"]
    beyond = many_body_of(many_body)
    files = engine.files(field, species, packed, cutoff, periodic=liquid)
    found = {label: _file(text, name) for label, (name, text) in files.items()}
    for seed in content["seeds"]:
        script = (
            engine.equilibration(
                field, species, conditions, duration, seed, beyond, sum(packed.counts)
            )
            if liquid
            else engine.gas_equilibration(field, species, conditions, duration, seed)
        )
        found[f"equilibration_{seed}"] = _file(script, "equilibration.in")
    return found


@calcfunction
def prepare_production(
    force_field: ForceFieldData,
    system: SystemData,
    box: BoxData,
    simulation: Dict,
    settings: Dict,
    many_body: Dict | None = None,
) -> SinglefileData:
    """The script of a leg of production of a liquid, the same for all legs of all seeds."""
    content, species = settings.get_dict(), system.value
    duration, frames = content["production"], content["frames"]
    script = engine_of(content).production(
        force_field.value,
        species,
        _conditions(read_simulation(simulation.get_dict()), species),
        duration,
        duration / frames if frames else None,
        many_body_of(many_body),
        sum(box.value.counts),
    )
    return _file(script, "production.in")


@calcfunction
def prepare_gas_leg(
    force_field: ForceFieldData, system: SystemData, simulation: Dict, settings: Dict, leg: Int
) -> dict[str, SinglefileData]:
    """The scripts of a leg of the gas, ``production_SEED``; each has noise of its own."""
    field, species, content = force_field.value, system.value, settings.get_dict()
    conditions = _conditions(read_simulation(simulation.get_dict()), species)
    engine, duration = engine_of(content), content["production"]
    return {
        f"production_{seed}": _file(
            engine.gas_production(field, species, conditions, duration, seed, leg.value),
            "production.in",
        )
        for seed in content["seeds"]
    }


def _conditions(simulation: Simulation, system: System) -> Conditions:
    """A gas has no pressure that anything would have to be kept at."""
    pressure = simulation.pressure if isinstance(simulation, Liquid) else 0.0
    return Conditions(simulation.temperature, pressure, rigid_bonds(system))


def _file(text: str, name: str) -> SinglefileData:
    return SinglefileData(StringIO(text), filename=name)


def many_body_of(node: Dict | None) -> ManyBody | None:
    """What `ManyBodyCalculation` found, if it was asked."""
    return ManyBody(**node.get_dict()) if node is not None else None
