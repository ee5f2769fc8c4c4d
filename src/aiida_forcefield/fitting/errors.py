"""How far a force field is from QM points, whoever made it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.potentials.energy import interaction_energies, molecule_energies
from aiida_forcefield.potentials.forcefield import ForceField
from aiida_forcefield.potentials.points import DimerPoints, join_dimers
from aiida_forcefield.potentials.settings import Settings
from aiida_forcefield.scans import Points
from aiida_forcefield.topology import Species

Array = NDArray[np.float64]

ENERGIES, GRADIENTS = "molecule: energies", "molecule: gradients"
LIQUID = "dimers: liquid"
"""Drawn without regard to what the force field knows, near ones more often than distant ones."""
VIRIALS = "dimers: moved apart"
"""How the energies of these change, by the relative change of the distance of their molecules."""


def field_errors(
    field: ForceField, species: Species, points: Sequence[Points], settings: Settings
) -> dict[str, float]:
    """Root-mean-square errors by kind of point, eV and, of gradients, eV/Å.

    Energies of molecules have no zero of their own: their mean error is taken off. Interaction
    energies weigh as in a fit; all pair scans are one kind. Points that failed are left out.

    Args:
        field: the force field; between two molecules its gas charges act.
        species: its molecule.
        points: of single molecules, and of dimers by label.
        settings: weights of a fit.
    """
    errors: dict[str, float] = {}
    alone = [part for part in points if not part.split and part.ok.any()]
    if alone:
        positions, energies, gradients = (
            np.concatenate([getattr(part, name)[part.ok] for part in alone])
            for name in ("positions", "energies", "gradients")
        )
        energy, gradient = molecule_energies(field, species, positions)
        known = np.isfinite(gradients)
        errors[ENERGIES] = float(np.std(energy - energies))
        if known.any():
            errors[GRADIENTS] = float(np.sqrt(np.mean((gradient - gradients)[known] ** 2)))
    kinds: dict[str, list[Points]] = {}
    for part in points:
        if part.split and part.ok.any():
            label = "dimers: pair scans" if part.label.startswith("pair ") else part.label
            kinds.setdefault(label.replace("dimers ", "dimers: "), []).append(part)
    for label, parts in sorted(kinds.items()):
        expected = np.concatenate([part.energies[part.ok] for part in parts])
        positions = np.concatenate([part.positions[part.ok] for part in parts])
        difference = interaction_energies(field, species, positions) - expected
        weights = settings.energy_weights(expected)
        errors[label] = float(np.sqrt(np.average(difference**2, weights=weights)))
    return errors


def virial_errors(
    field: ForceField, species: Species, dimers: Sequence[DimerPoints], settings: Settings
) -> dict[str, float]:
    """Root-mean-square error of `VIRIALS`, eV, if any are known; arguments as of `field_errors`."""
    pairs = join_dimers(dimers) if dimers else None
    if pairs is None or not len(pairs.pulled):
        return {}
    weights = settings.energy_weights(pairs.energies[pairs.pulled])
    errors = change_errors(field, species, pairs)
    return {VIRIALS: float(np.sqrt(np.average(errors**2, weights=weights)))}


def change_errors(field: ForceField, species: Species, dimers: DimerPoints) -> Array:
    """Errors of `VIRIALS`, one for each dimer that was moved apart, shape (k,), eV."""
    if dimers.stretched is None:
        return np.zeros(0)
    near = interaction_energies(field, species, dimers.positions[dimers.pulled])
    far = interaction_energies(field, species, dimers.stretched)
    expected = dimers.stretched_energies - dimers.energies[dimers.pulled]
    return np.asarray((far - near - expected) / dimers.strains)
