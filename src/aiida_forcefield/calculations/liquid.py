"""Calcfunctions around the simulation of a liquid: its input files and its density."""

from dataclasses import fields
from io import StringIO

import numpy as np
from aiida.engine import calcfunction
from aiida.orm import ArrayData, Dict, SinglefileData

from aiida_forcefield.data import ForceFieldData, SpeciesData, ThermoData
from aiida_forcefield.dynamics import (
    DATA,
    FORCE_FIELD,
    Conditions,
    ManyBody,
    Thermo,
    check_tail,
    compressibility,
    equilibration_script,
    production_script,
    rigid_bonds,
    summarise,
    tail_coefficient,
)
from aiida_forcefield.potentials import (
    DAMPING,
    write_damping,
    write_data,
    write_force_field,
)

SCIENCE = 8
"""Raised where results change by what this file imports: the cache looks at the file alone."""


@calcfunction
def prepare_liquid(
    force_field: ForceFieldData,
    species: SpeciesData,
    box: ArrayData,
    settings: Dict,
    many_body: Dict | None = None,
) -> dict[str, SinglefileData]:
    """LAMMPS input: `force_field`, its table of `damping` if it has one, packed box, and a script
    ``equilibration_SEED`` for each seed.
    """
    field, molecule = force_field.value, species.value
    content, positions = settings.get_dict(), box.get_array("positions")
    conditions = Conditions(content["temperature"], content["pressure"], rigid_bonds(molecule))
    cutoff, parts = content["cutoff"], [*_parts(many_body).values()]
    files = {
        "force_field": (FORCE_FIELD, write_force_field(field, molecule, cutoff)),
        "damping": (DAMPING, write_damping(field, molecule, cutoff)),
        "system": (DATA, write_data(field, molecule, positions, box.get_array("edges"))),
    } | {
        f"equilibration_{seed}": (
            "equilibration.in",
            equilibration_script(conditions, content["equilibration"], seed, parts, len(positions)),
        )
        for seed in content["seeds"]
    }
    return {
        label: SinglefileData(StringIO(text), filename=name)
        for label, (name, text) in files.items()
        if text
    }


@calcfunction
def prepare_production(
    species: SpeciesData, box: ArrayData, settings: Dict, many_body: Dict | None = None
) -> SinglefileData:
    """The script of a leg of production, the same for all legs of all seeds."""
    content = settings.get_dict()
    script = production_script(
        Conditions(content["temperature"], content["pressure"], rigid_bonds(species.value)),
        content["production"],
        content["production"] / content["frames"] if content["frames"] else None,
        [*_parts(many_body).values()],
        len(box.get_array("positions")),
    )
    return SinglefileData(StringIO(script), filename="production.in")


@calcfunction
def measure_density(
    force_field: ForceFieldData,
    species: SpeciesData,
    box: ArrayData,
    settings: Dict,
    many_body: Dict | None = None,
    **thermo: ThermoData,
) -> Dict:
    """Mean density of the liquid and its standard error, from all legs of all seeds.

    Legs are labelled ``seed_SEED_leg_NUMBER``. With it stand the `compressibility` (1/bar), and
    with how many bar each part of `many_body` pushes outwards at that density, and how well their
    sum is known (`beyond_pairs_error`).

    Raises:
        ValueError: LAMMPS did not add the tail correction that the force field asks for.
    """
    content = settings.get_dict()
    legs: dict[str, list[Thermo]] = {}
    for label, node in sorted(thermo.items()):
        legs.setdefault(label.split("_leg_")[0], []).append(node.value)
    runs = [Thermo.join(parts) for parts in legs.values()]
    molecules = len(box.get_array("positions"))
    tail = tail_coefficient(force_field.value, species.value, molecules, content["cutoff"])
    for run in runs:
        check_tail(run, tail)
    interval = float(np.median(np.diff(runs[0].time)))
    estimate = summarise([run.density for run in runs], interval)
    starts = [round(start / interval) for start in estimate.equilibrated_from]
    settled = [run.volume[start:] for run, start in zip(runs, starts, strict=True)]
    # The mass is the same throughout, so that densities tell the volume that goes with the mean.
    volume = runs[0].volume[0] * runs[0].density[0] / estimate.mean / molecules
    parts = _parts(many_body)
    outward = {name: part.pressure_at(volume) for name, part in parts.items()}
    # While the barostat was not told of the volume, it fluctuated with the pairs' stiffness alone.
    stiffness = 1 / compressibility(settled, content["temperature"])
    stiffness += sum(part.bodies * outward[name] for name, part in parts.items())
    return Dict(
        {
            "value": estimate.mean,
            "standard_error": estimate.standard_error,
            "unit": "g/cm3",
            "temperature": content["temperature"],
            "pressure": content["pressure"],
            "compressibility": 1 / stiffness,
            "beyond_pairs": outward,
            "beyond_pairs_error": _error_of_sum(many_body),
            "correlation_time": estimate.correlation_time,
            "effective_samples": estimate.n_effective,
            "halves_agree": estimate.halves_agree,
            "seeds_agree": estimate.seeds_agree,
            "production": [float(run.time[-1] - run.time[0]) for run in runs],
        }
    )


def _parts(many_body: Dict | None) -> dict[str, ManyBody]:
    """What `measure_many_body` found."""
    found = many_body.get_dict() if many_body else {}
    names = [field.name for field in fields(ManyBody)]
    return {name: ManyBody(**{k: part[k] for k in names}) for name, part in found.items()}


def _error_of_sum(many_body: Dict | None) -> float:
    """Standard error of the pressure of all parts together, by its spread over frames, bar."""
    found = many_body.get_dict() if many_body else {}
    pressures = np.array([part.get("pressures", []) for part in found.values()])
    frames = pressures.shape[1] if found else 0
    return float(pressures.sum(axis=0).std(ddof=1) / np.sqrt(frames)) if frames > 1 else 0.0
