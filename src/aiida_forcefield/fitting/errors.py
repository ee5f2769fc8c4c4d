"""How far a force field is from QM points, whoever made it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.fitting.case import Group
from aiida_forcefield.fitting.data import DimerPoints
from aiida_forcefield.fitting.settings import Settings
from aiida_forcefield.potentials.diagnostics import DataError
from aiida_forcefield.potentials.energy import interaction_energies, molecule_energies
from aiida_forcefield.potentials.forcefield import ForceField
from aiida_forcefield.scans.origin import Origin
from aiida_forcefield.scans.points import Points
from aiida_forcefield.topology.system import System

Array = NDArray[np.float64]


def field_errors(
    field: ForceField, system: System, points: Sequence[Points], settings: Settings
) -> tuple[DataError, ...]:
    """Root-mean-square errors by kind of point.

    Energies of molecules have no zero of their own: their mean error is taken off, for each
    species. Interaction energies weigh as in a fit; all scans of a pair of species are one, and so
    are all rounds. Points that failed are left out.

    Args:
        field: the force field; between molecules its charges in vacuum act.
        system: its system.
        points: of single molecules, and of dimers; those of larger clusters are left out.
        settings: weights of a fit.
    """
    known = [part for part in points if part.ok.any()]
    errors = []
    for name in system.names:
        alone = [each for each in known if _names(system, each) == (name,)]
        if alone:
            errors += _alone(field, system, name, alone)
    groups: dict[Group, list[Points]] = {}
    for part in known:
        if len(part.cluster.molecules) == 2:
            group = Group(_names(system, part), Origin(part.origin.sampling))
            groups.setdefault(group, []).append(part)
    for group, parts in groups.items():
        expected, positions = (
            np.concatenate([getattr(part, name)[part.ok] for part in parts])
            for name in ("energies", "positions")
        )
        off = interaction_energies(field, system, group.species, positions) - expected
        weights = settings.energy_weights(expected)
        error = float(np.sqrt(np.average(off**2, weights=weights)))
        errors.append(DataError("interaction", "eV", len(off), error, None, None, *group))
    return tuple(errors)


def _names(system: System, points: Points) -> tuple[str, ...]:
    return tuple(system.name_of(key) for key in points.cluster.species)


def _alone(
    field: ForceField, system: System, name: str, parts: Sequence[Points]
) -> list[DataError]:
    """Errors of the molecules of one species."""
    positions, energies, gradients = (
        np.concatenate([getattr(part, name)[part.ok] for part in parts])
        for name in ("positions", "energies", "gradients")
    )
    energy, gradient = molecule_energies(field, system, name, positions)
    error = float(np.std(energy - energies))
    found = [DataError("energy", "eV", len(energies), error, species=(name,))]
    known = np.isfinite(gradients)
    if known.any():
        count = int(known.all(axis=(1, 2)).sum())
        error = float(np.sqrt(np.mean((gradient - gradients)[known] ** 2)))
        found.append(DataError("gradient", "eV/Å", count, error, species=(name,)))
    return found


def change_errors(field: ForceField, system: System, dimers: DimerPoints) -> Array:
    """How far the change of energy of each dimer that was moved apart is off, shape (k,), eV.

    By the relative change of the distance of its molecules.
    """
    if dimers.moved is None:
        return np.zeros(0)
    near = dimers.positions[dimers.pulled]
    before, after = (
        interaction_energies(field, system, dimers.species, x) for x in (near, dimers.moved)
    )
    expected = dimers.moved_energies - dimers.energies[dimers.pulled]
    return np.asarray((after - before - expected) / dimers.strains)
