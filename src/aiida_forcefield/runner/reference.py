"""The reference of a molecule: its minimum, and what charges and dispersion are fitted to."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .dispersion import cation_dispersion, pair_dispersion
from .elements import atomic_masses
from .engine import Engine
from .job import Job
from .potential import shell_grid
from .relax import Relaxer
from .status import PointError
from .vibrations import hessian, normal_modes

Array = NDArray[np.float64]

IMAGINARY = 30.0
"""1/cm: a smaller imaginary frequency is noise of a flat rotor."""
ATTEMPTS = 3
"""How often a saddle is left along its worst mode before giving up."""
NUDGE = 0.1
"""Å: the largest displacement of an atom when a saddle is left."""
RIVALS = 5
"""Conformers, lowest first, that are compared on the energy engine's surface."""
SAME = 1e-4
"""eV: relaxed conformers nearer in energy are one conformer, or mirror images."""


def reference(
    job: Job,
    energies: Engine,
    relaxer: Relaxer,
    potentials: Engine,
    triplet: Engine | None,
    point: dict[str, Any],
) -> None:
    """Fill in the one point of a reference job.

    Every conformer is relaxed; the energy engine chooses among the distinct ones of lowest energy,
    because the cheaper surface of the relaxation may order them wrongly. The chosen one is made
    sure to be a minimum on the surface on which it was relaxed.

    Args:
        job: with the conformers.
        energies: tells energy and gradient.
        relaxer: of the conformers.
        potentials: tells what charges are fitted to.
        triplet: the same of two more unpaired electrons; None where no other spin is looked at.
        point: to be filled in.

    Raises:
        PointError: no conformer relaxes, the chosen one stays a saddle, an SCF fails, or the
            molecule is a triplet by nature.
    """
    relaxed, point["conformer_energies"] = relax_all(relaxer, job.positions)
    positions = min(relaxed, key=lambda x: energies.evaluate(x, gradient=False)[0])
    if triplet is not None:
        _check_spin(potentials, triplet, positions)
    masses = atomic_masses(job.symbols)
    positions, second, frequencies = to_minimum(relaxer, positions, masses)
    point["positions"] = positions
    point["energy"], point["gradient"] = energies.evaluate(
        positions, job.parameters.get("gradient", False)
    )
    point["hessian"], point["frequencies"] = second, frequencies
    settings = job.parameters["reference"]
    grid = shell_grid(
        job.symbols,
        positions,
        settings.get("shells", [1.4, 1.6, 1.8, 2.0]),
        settings.get("density", 1.0),
    )
    gas = potentials.electrostatics(positions, grid, conductor=False)
    point.update(grid=grid, potential=gas.potential, dipole=gas.dipole)
    solvated = potentials.electrostatics(positions, grid, conductor=True)
    point.update(potential_solvated=solvated.potential, dipole_solvated=solvated.dipole)
    point["c6"] = _dispersion(job, potentials, positions)


def _check_spin(singlet: Engine, triplet: Engine, positions: Array) -> None:
    """Refuse a closed shell above an open one, as in O2, before more is computed of it."""
    closed = singlet.evaluate(positions, gradient=False)[0]
    try:
        opened = triplet.evaluate(positions, gradient=False)[0]
    except PointError:  # hardly the ground state
        return
    if opened < closed:
        raise PointError(
            "other_spin_state",
            f"the triplet is {closed - opened:.2f} eV lower than the closed shell",
        )


def _dispersion(job: Job, potentials: Engine, positions: Array) -> Array:
    if len(job.symbols) > 1 or job.charge <= 0:
        return pair_dispersion(job.symbols, positions, job.charge)
    mean = float(np.trace(potentials.polarizability(positions))) / 3
    return cation_dispersion(job.symbols[0], job.charge, mean)


def relax_all(relaxer: Relaxer, conformers: Array) -> tuple[list[Array], list[float | None]]:
    """Relax all conformers, shape (m, n, 3), Å.

    Returns:
        The distinct relaxed ones of lowest energy, and the energy of each conformer in eV on the
        surface of the relaxation, None where it failed.

    Raises:
        PointError: none relaxes.
    """
    found: list[tuple[float, Array]] = []
    relaxed_energies: list[float | None] = []
    failure = None
    for conformer in conformers:
        try:
            positions = relaxer.relax(conformer)
            energy = relaxer.engine.evaluate(positions, gradient=False)[0]
        except PointError as error:
            failure = error
            relaxed_energies.append(None)
            continue
        relaxed_energies.append(energy)
        if all(abs(energy - other) > SAME for other, _ in found):
            found.append((energy, positions))
    if not found and failure is not None:
        raise failure
    found.sort(key=lambda pair: pair[0])
    return [positions for _, positions in found[:RIVALS]], relaxed_energies


def to_minimum(relaxer: Relaxer, positions: Array, masses: Array) -> tuple[Array, Array, Array]:
    """Leave saddles until a stationary point is a minimum.

    Returns:
        Positions (n, 3) in Å, Hessian (3n, 3n) in eV/Å², and frequencies in 1/cm.

    Raises:
        PointError: it is a saddle still after `ATTEMPTS` displacements.
    """
    for attempt in range(ATTEMPTS + 1):
        second = hessian(relaxer.engine, positions)
        frequencies, modes = normal_modes(second, positions, masses)
        if not len(frequencies) or frequencies[0] > -IMAGINARY:
            return positions, second, frequencies
        if attempt < ATTEMPTS:
            sides = [relaxer.relax(positions + sign * NUDGE * modes[0]) for sign in (1, -1)]
            positions = min(sides, key=lambda x: relaxer.engine.evaluate(x, gradient=False)[0])
    raise PointError(
        "relaxation_not_converged",
        f"a saddle: imaginary frequency {-frequencies[0]:.0f} cm-1 after {ATTEMPTS} displacements",
    )
