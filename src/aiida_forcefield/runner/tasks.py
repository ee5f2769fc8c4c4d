"""What is computed at a point: an energy, an interaction energy, a reference, or a cell."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .coordinate import Coordinate
from .dispersion import pair_dispersion
from .elements import atomic_numbers
from .engine import CrystalEngine, Engine, Parameters
from .engines import find_engine
from .engines.tblite import HEAVIEST
from .interaction import Interaction, supermolecular
from .job import Fragment, Job
from .lattice import check_image_distances
from .parameters import (
    GUESS,
    POTENTIALS,
    check_requests,
    is_own_surface,
    needs_guess,
    surface_settings,
)
from .reference import reference
from .relax import Relaxer
from .slope import path_slope
from .starts import RelaxedPath
from .vibrations import second_derivatives

Array = NDArray[np.float64]
Point = dict[str, Any]
Task = Callable[[Point], None]
"""Fills in a point; raises PointError."""


def make_task(job: Job) -> Task:
    """Set up the engines of a job and what they do at each point.

    Raises:
        ValueError: the settings do not suit the engine or the molecule.
        ProgramError: the program of an engine is missing.
    """
    parameters = job.parameters
    if len(job.symbols) == 1 and parameters.get("gpu"):  # of no use, and without polarizabilities
        parameters = parameters | {"gpu": False}
    if job.cells is not None:
        crystal = find_engine(parameters["engine"]).crystal(job, parameters)
        check_requests(parameters, crystal.can)
        return partial(_cell, job, crystal)
    engine = _engine(job, parameters)
    check_requests(parameters, engine.can)
    coordinate = Coordinate(job.constraint.atoms) if job.constraint else None
    if parameters.get("interaction"):
        return partial(_interaction, _interaction_energy(job, engine), job, coordinate)
    if "relaxation" not in parameters:
        return partial(_energy, job, engine, None, coordinate)
    relaxer = _relaxer(job, engine)
    if "reference" in parameters:
        of_potentials, potentials = parameters, engine
        if "potential" not in engine.can:
            of_potentials = parameters | {"engine": POTENTIALS}
            potentials = _engine(job, of_potentials)
        triplet = None
        if job.multiplicity == 1 and len(job.symbols) > 1:  # of a bare ion it is far above
            triplet = _engine(job, of_potentials, Fragment(slice(None), job.charge, 3))
        return partial(reference, job, engine, relaxer, potentials, triplet)
    # Where a step is cheap, every relaxation starts by itself: then none depends on others at all.
    # What is to be kept as it is has to start as it is.
    led = not (relaxer.engine.can.cheap or relaxer.held or relaxer.frozen)
    path = RelaxedPath(coordinate) if coordinate and led else None
    return partial(_energy, job, engine, relaxer, coordinate, path=path)


def _engine(job: Job, parameters: Parameters, part: Fragment | None = None) -> Engine:
    """The engine that some parameters name, of the whole or of one molecule."""
    part = part or Fragment(slice(None), job.charge, job.multiplicity)
    declaration = find_engine(parameters["engine"])
    return declaration.molecule(job.symbols[part.atoms], part.charge, part.multiplicity, parameters)


def _relaxer(job: Job, energies: Engine) -> Relaxer:
    settings = job.parameters["relaxation"]
    own = is_own_surface(job.parameters)
    surface = energies if own else _engine(job, surface_settings(job.parameters))
    if "gradient" not in surface.can:
        raise surface.can.refusal("relaxation.engine")
    guess = None
    if needs_guess(job.parameters) and atomic_numbers(job.symbols).max() <= HEAVIEST:
        guess = _engine(job, GUESS)
    return Relaxer(
        job.symbols,
        job.bonds,
        surface,
        guess,
        settings.get("max_steps", 100),
        tuple(Coordinate(tuple(atoms)) for atoms in settings.get("hold", [])),
        tuple(settings.get("freeze", [])),
    )


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
        point["hessian"] = second_derivatives(engine, positions)
    if job.parameters.get("dipole"):
        point["dipole"] = engine.dipole(positions)
    if job.parameters.get("polarizability"):
        point["polarizability"] = engine.polarizability(positions)
    if coordinate is not None:
        point["coordinate"] = coordinate.value(positions)
        if relaxer is not None and gradient:
            point["slope"] = path_slope(
                engine, relaxer.engine, positions, point["gradient"], coordinate
            )


def _interaction_energy(job: Job, engine: Engine) -> Callable[[Array], Interaction]:
    own = partial(_engine, job, job.parameters)
    if "counterpoise" in engine.can:
        return engine.counterpoise(job.fragments, own)
    molecules = [(fragment.atoms, own(fragment)) for fragment in job.fragments]
    return partial(supermolecular, engine, molecules, job.parameters.get("gradient", False))


def _interaction(
    evaluate: Callable[[Array], Interaction], job: Job, coordinate: Coordinate | None, point: Point
) -> None:
    result = evaluate(point["positions"])
    point.update(vars(result))
    if coordinate is not None:
        point["coordinate"] = coordinate.value(point["positions"])
        if result.gradient is not None and len(coordinate.atoms) == len(job.fragments) == 2:
            # The second molecule moves as a whole along the line from site to site.
            force = result.gradient[job.fragments[1].atoms].sum(axis=0)
            i, j = coordinate.atoms
            line = point["positions"][j] - point["positions"][i]
            point["slope"] = float(force @ line / np.linalg.norm(line))


def _cell(job: Job, crystal: CrystalEngine, point: Point) -> None:
    assert job.cells is not None
    cell, wanted = job.cells[point["index"]], job.parameters.get("gradient", False)
    check_image_distances(cell, point["positions"])
    if job.parameters.get("c6"):
        point["c6"] = pair_dispersion(job.symbols, point["positions"], job.charge, cell)
    point["energy"], point["gradient"], point["stress"] = crystal.evaluate(
        cell, point["positions"], wanted
    )
