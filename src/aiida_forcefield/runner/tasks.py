"""What is computed at a point: an energy, an interaction energy, or a reference."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .coordinate import Coordinate
from .engines import Engine, Tblite, energy_engine, potential_engine, relaxation_engine
from .interaction import Counterpoise, Interaction, supermolecular
from .job import Job
from .mean_field import Pyscf
from .reference import reference
from .relax import Relaxer
from .slope import path_slope

Array = NDArray[np.float64]
Point = dict[str, Any]
Task = Callable[[Point], None]
"""Fills in a point; raises PointError."""


def make_task(job: Job) -> Task:
    """Set up the engines of a job and what they do at each point.

    Raises:
        ValueError: the settings do not suit the engine or the molecule.
    """
    if job.cells is not None:
        from .crystal import Crystal, crystal_energy

        return partial(crystal_energy, job, Crystal(job))
    engine = energy_engine(job)
    coordinate = Coordinate(job.constraint.atoms) if job.constraint else None
    if job.split is not None and "interaction" in job.parameters:
        return partial(_interaction, _interaction_engine(job, engine, job.split), job, coordinate)
    surface = relaxation_engine(job, engine)
    if surface is None:
        return partial(_energy, job, engine, None, coordinate)
    steps = job.parameters["relaxation"].get("max_steps", 100)
    relaxer = Relaxer(job.symbols, job.bonds, surface, steps)
    if "reference" in job.parameters:
        densities = engine if isinstance(engine, Pyscf) else potential_engine(job)
        return partial(reference, job, engine, relaxer, densities)
    return partial(_energy, job, engine, relaxer, coordinate)


def _energy(
    job: Job, engine: Engine, relaxer: Relaxer | None, coordinate: Coordinate | None, point: Point
) -> None:
    if relaxer is not None:
        target = job.constraint.values[point["index"]] if job.constraint else 0.0
        point["positions"] = relaxer.relax(point["positions"], coordinate, target)
    positions = point["positions"]
    gradient = job.parameters.get("gradient", False)
    point["energy"], point["gradient"] = engine.evaluate(positions, gradient)
    if coordinate is not None:
        point["coordinate"] = coordinate.value(positions)
        if relaxer is not None and gradient:
            point["slope"] = path_slope(
                engine, relaxer.engine, positions, point["gradient"], coordinate
            )


def _interaction_engine(job: Job, engine: Engine, split: int) -> Callable[[Array], Interaction]:
    parameters, charge = job.parameters, job.charge // 2
    if isinstance(engine, Pyscf):

        def own(part: slice) -> Pyscf:
            return Pyscf(job.symbols[part], charge, 1, parameters)

        fraction = parameters["interaction"].get("counterpoise_fraction", 1.0)
        return Counterpoise(engine, own, split, fraction).evaluate
    first, second = (
        Tblite(symbols, charge, 1, parameters["tblite"]["method"])
        for symbols in (job.symbols[:split], job.symbols[split:])
    )
    return partial(supermolecular, engine, first, second, split, parameters.get("gradient", False))


def _interaction(
    evaluate: Callable[[Array], Interaction], job: Job, coordinate: Coordinate | None, point: Point
) -> None:
    result = evaluate(point["positions"])
    point.update(vars(result))
    if coordinate is not None:
        point["coordinate"] = coordinate.value(point["positions"])
        if result.gradient is not None and len(coordinate.atoms) == 2:
            # The second molecule moves as a whole along the line from site to site.
            force = result.gradient[job.split :].sum(axis=0)
            i, j = coordinate.atoms
            line = point["positions"][j] - point["positions"][i]
            point["slope"] = float(force @ line / np.linalg.norm(line))
