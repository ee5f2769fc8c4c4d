"""Calcfunctions that measure properties, whichever there are."""

from typing import Any

import numpy as np
from aiida.engine import calcfunction
from aiida.orm import Data, Dict

from aiida_forcefield.calculations.functions.simulation import many_body_of
from aiida_forcefield.data import BoxData, ForceFieldData, SystemData
from aiida_forcefield.dynamics import Thermo, check_tail, tail_coefficient
from aiida_forcefield.properties import (
    Liquid,
    Trajectory,
    property_of,
    read_request,
    read_simulation,
    read_target,
)
from aiida_forcefield.topology import Frames

SCIENCE = 2
"""Raised where results change by what this file imports: the cache looks at the file alone."""


@calcfunction
def measure_property(
    force_field: ForceFieldData,
    system: SystemData,
    box: BoxData,
    simulation: Dict,
    settings: Dict,
    task: Dict,
    many_body: Dict | None = None,
    **legs: Any,
) -> Dict:
    """What a simulation tells of a property, from all legs of all seeds.

    Args:
        force_field: with which it ran.
        system: its species.
        box: what it began with.
        simulation: which it is.
        settings: with the `cutoff` (Å).
        task: `name` and `request` of the property, which `part` of it this simulation is, and the
            statistical error to reach, `target`.
        many_body: three-body dispersion, for which the barostat acts.
        legs: `thermo` and, if the property reads them, `frames`, by seed and leg.

    Returns:
        A `properties.Result`, with the error that it should have, `target_error`.

    Raises:
        ValueError: LAMMPS did not add the tail correction that the force field asks for.
    """
    wanted, state = task.get_dict(), read_simulation(simulation.get_dict())
    species, counts = system.value, box.value.counts
    runs = [Thermo.join(_in_order(seed)) for _, seed in sorted(legs["thermo"].items())]
    if isinstance(state, Liquid):
        tail = tail_coefficient(force_field.value, species, counts, settings["cutoff"])
        for run in runs:
            check_tail(run, tail)
    frames = [_joined(_in_order(seed)) for _, seed in sorted(legs.get("frames", {}).items())]
    trajectory = Trajectory(
        species,
        counts,
        tuple(runs),
        many_body_of(many_body),
        tuple(frames),
    )
    measured = property_of(wanted["name"])
    request = read_request(wanted["name"], wanted["request"])
    found = measured.measure(wanted["part"], request, trajectory)
    target = read_target(wanted["name"], wanted["target"])
    simulations = len(measured.simulations(request, species))
    allowed = measured.allowed_error(target, found["value"], simulations)
    return Dict({**found, "target_error": allowed})


@calcfunction
def combine_property(task: Dict, **parts: Dict) -> Dict:
    """A property from what several simulations tell, each by what the property calls it."""
    wanted = task.get_dict()
    measured = property_of(wanted["name"])
    request = read_request(wanted["name"], wanted["request"])
    return Dict(measured.combine(request, {part: node.get_dict() for part, node in parts.items()}))


@calcfunction
def estimate_uncertainty(result: Dict, pressure: Dict | None = None, **others: Dict) -> Dict:
    """A property with the uncertainty that its force field leaves it.

    Args:
        result: of the property.
        pressure: of pairs: by how much it is off (`bias`), and with which `error` that is known,
            bar; see `Property.uncertainty`.
        others: results of force fields that made another choice, by its name.
    """
    measured = property_of(result["property"])
    found = measured.uncertainty(
        result.get_dict(),
        {choice: other.get_dict() for choice, other in others.items()},
        pressure.get_dict() if pressure else None,
    )
    return Dict(found)


def _in_order(legs: dict[str, Data]) -> list[Any]:
    return [node.value for _, node in sorted(legs.items())]


def _joined(legs: list[Frames]) -> Frames:
    """One leg after the other; each begins with the frame in which the one before ended."""
    parts = [legs[0], *(leg[1:] for leg in legs[1:])]
    return Frames(
        legs[0].counts,
        np.concatenate([each.positions for each in parts]),
        np.concatenate([each.edges for each in parts]),
    )
