"""What is computed at a point: an energy, an interaction energy, or a reference."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .coordinate import Coordinate
from .engines import (
    Engine,
    Tblite,
    cheap_engine,
    energy_engine,
    potential_engine,
    relaxation_engine,
)
from .interaction import Counterpoise, Interaction, supermolecular
from .job import Job
from .mean_field import Pyscf
from .reference import reference
from .relax import Relaxer
from .slope import path_slope
from .starts import RelaxedPath
from .vibrations import hessian

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
    if "interaction" in job.parameters:
        return partial(_interaction, _interaction_engine(job, engine), job, coordinate)
    surface = relaxation_engine(job, engine)
    if surface is None:
        return partial(_energy, job, engine, None, coordinate)
    settings = job.parameters["relaxation"]
    relaxer = Relaxer(
        job.symbols,
        job.bonds,
        surface,
        cheap_engine(job, surface),
        settings.get("max_steps", 100),
        tuple(Coordinate(tuple(atoms)) for atoms in settings.get("hold", [])),
        tuple(settings.get("freeze", [])),
    )
    if "reference" in job.parameters:
        densities = engine if isinstance(engine, Pyscf) else potential_engine(job)
        return partial(reference, job, engine, relaxer, densities)
    # Where a step is cheap, every relaxation starts by itself: then none depends on others at all.
    # What is to be kept as it is has to start as it is.
    led = isinstance(surface, Pyscf) and not settings.get("hold") and not settings.get("freeze")
    path = RelaxedPath(coordinate) if coordinate and led else None
    return partial(_energy, job, engine, relaxer, coordinate, path=path)


def _energy(
    job: Job,
    engine: Engine,
    relaxer: Relaxer | None,
    coordinate: Coordinate | None,
    point: Point,
    path: RelaxedPath | None = None,
) -> None:
    if relaxer is not None:
        target = job.constraint.values[point["index"]] if job.constraint else 0.0
        put = point["positions"]
        start = path.start(target, put) if path else put
        point["positions"] = relaxer.relax(start, coordinate, target)
        if path:
            path.add(target, put, point["positions"])
    positions = point["positions"]
    gradient = job.parameters.get("gradient", False)
    point["energy"], point["gradient"] = engine.evaluate(positions, gradient)
    if job.parameters.get("hessian"):
        point["hessian"] = second_derivative(engine, positions)
    if job.parameters.get("dipole"):
        point["dipole"] = engine.dipole(positions)
    if isinstance(engine, Pyscf) and job.parameters.get("polarizability"):
        point["polarizability"] = engine.polarizability(positions)
    if coordinate is not None:
        point["coordinate"] = coordinate.value(positions)
        if relaxer is not None and gradient:
            point["slope"] = path_slope(
                engine, relaxer.engine, positions, point["gradient"], coordinate
            )


def second_derivative(engine: Engine, positions: Array) -> Array:
    """Hessian (3n, 3n) in eV/Å² at positions (n, 3) in Å: analytic where the engine has it."""
    if isinstance(engine, Pyscf):
        return engine.hessian(positions)
    return hessian(engine, positions)


def _interaction_engine(job: Job, engine: Engine) -> Callable[[Array], Interaction]:
    parameters, parts = job.parameters, job.fragments
    charge = job.charge // len(parts)
    if isinstance(engine, Pyscf):

        def own(part: slice) -> Pyscf:
            return Pyscf(job.symbols[part], charge, 1, parameters)

        fraction = parameters["interaction"].get("counterpoise_fraction", 1.0)
        return Counterpoise(engine, own, parts, fraction).evaluate
    method = parameters["tblite"]["method"]
    molecules = [(part, Tblite(job.symbols[part], charge, 1, method)) for part in parts]
    return partial(supermolecular, engine, molecules, parameters.get("gradient", False))


def _interaction(
    evaluate: Callable[[Array], Interaction], job: Job, coordinate: Coordinate | None, point: Point
) -> None:
    result = evaluate(point["positions"])
    point.update(vars(result))
    if coordinate is not None:
        point["coordinate"] = coordinate.value(point["positions"])
        if result.gradient is not None and len(coordinate.atoms) == len(job.fragments) == 2:
            # The second molecule moves as a whole along the line from site to site.
            force = result.gradient[job.fragments[1]].sum(axis=0)
            i, j = coordinate.atoms
            line = point["positions"][j] - point["positions"][i]
            point["slope"] = float(force @ line / np.linalg.norm(line))
