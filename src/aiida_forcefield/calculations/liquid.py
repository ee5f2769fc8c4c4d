"""Calcfunctions around the simulation of a liquid: its input files and its density."""

from io import StringIO

import numpy as np
from aiida.engine import calcfunction
from aiida.orm import ArrayData, Dict, SinglefileData

from aiida_forcefield.data import ForceFieldData, ThermoData, TopologyData
from aiida_forcefield.dynamics import (
    DATA,
    FORCE_FIELD,
    Conditions,
    Thermo,
    check_tail,
    equilibration_script,
    production_script,
    rigid_bonds,
    summarise,
    tail_coefficient,
    three_body_dispersion,
)
from aiida_forcefield.potentials import van_der_waals_radius, write_data, write_force_field

ENDS = [0, -1]
"""Frames in which three-body dispersion is looked at; its spread over frames is small."""


@calcfunction
def measure_three_body(
    force_field: ForceFieldData, topology: TopologyData, frames: ArrayData
) -> Dict:
    """Three-body dispersion in a liquid.

    Args:
        force_field: has the dispersion coefficients.
        topology: the molecule.
        frames: `positions` (f, M, n, 3) and `box` (f, 3) in Å.

    Returns:
        `energy` in eV per molecule and `pressure` in bar, to the outside.
    """
    field, molecule = force_field.value, topology.value
    names = np.array(molecule.type_names)[molecule.type_indices]
    c6 = [field.term(f"nonbonded {name}").parameters["C6"] for name in names]
    radii = [van_der_waals_radius(symbol) for symbol in molecule.symbols]
    found = [
        three_body_dispersion(positions, edges, c6, radii)
        for positions, edges in zip(
            frames.get_array("positions")[ENDS], frames.get_array("box")[ENDS], strict=True
        )
    ]
    return Dict(
        {
            "energy": float(np.mean([each.energy for each in found])),
            "pressure": float(np.mean([each.pressure for each in found])),
        }
    )


@calcfunction
def prepare_liquid(
    force_field: ForceFieldData,
    topology: TopologyData,
    box: ArrayData,
    settings: Dict,
) -> dict[str, SinglefileData]:
    """All LAMMPS input files: force field, packed box, and a script for each leg.

    The scripts are `production` and, since velocities are drawn there, one `equilibration_SEED`
    for each seed.
    """
    field, molecule = force_field.value, topology.value
    content = settings.get_dict()
    conditions = Conditions(content["temperature"], content["pressure"], rigid_bonds(molecule))
    frames_every = content["production"] / content["frames"] if content["frames"] else None
    files = {
        "force_field": (FORCE_FIELD, write_force_field(field, molecule, cutoff=content["cutoff"])),
        "system": (
            DATA,
            write_data(field, molecule, box.get_array("positions"), box.get_array("edges")),
        ),
        "production": (
            "production.in",
            production_script(conditions, content["production"], frames_every),
        ),
    } | {
        f"equilibration_{seed}": (
            "equilibration.in",
            equilibration_script(conditions, content["equilibration"], seed),
        )
        for seed in content["seeds"]
    }
    return {
        label: SinglefileData(StringIO(text), filename=name)
        for label, (name, text) in files.items()
    }


@calcfunction
def measure_density(
    force_field: ForceFieldData,
    topology: TopologyData,
    box: ArrayData,
    settings: Dict,
    **thermo: ThermoData,
) -> Dict:
    """Mean density of the liquid and its standard error, from all legs of all seeds.

    Legs are labelled ``seed_SEED_leg_NUMBER``.

    Raises:
        ValueError: LAMMPS did not add the tail correction that the force field asks for.
    """
    content = settings.get_dict()
    legs: dict[str, list[Thermo]] = {}
    for label, node in sorted(thermo.items()):
        legs.setdefault(label.split("_leg_")[0], []).append(node.value)
    runs = [Thermo.join(parts) for parts in legs.values()]
    molecules = len(box.get_array("positions"))
    tail = tail_coefficient(force_field.value, topology.value, molecules, content["cutoff"])
    for run in runs:
        check_tail(run, tail)
    interval = float(np.median(np.diff(runs[0].time)))
    estimate = summarise([run.density for run in runs], interval)
    return Dict(
        {
            "value": estimate.mean,
            "standard_error": estimate.standard_error,
            "unit": "g/cm3",
            "temperature": content["temperature"],
            "pressure": content["pressure"],
            "correlation_time": estimate.correlation_time,
            "effective_samples": estimate.n_effective,
            "halves_agree": estimate.halves_agree,
            "seeds_agree": estimate.seeds_agree,
            "production": [float(run.time[-1] - run.time[0]) for run in runs],
        }
    )
