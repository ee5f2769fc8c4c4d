"""One profile as QM, the surrogate and the force field see it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from aiida_forcefield.potentials import (
    ForceField,
    MoleculePoints,
    interaction_energies,
    molecule_energies,
)
from aiida_forcefield.potentials.torsions import along_dihedrals, relaxed_torsions
from aiida_forcefield.scans import Counterpoise, Points, Scan, calibrated, pair_scan
from aiida_forcefield.surrogate import Surrogate
from aiida_forcefield.topology import Species
from aiida_forcefield.units import KCAL_PER_MOL

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Profile:
    """A profile in kcal/mol above the reference geometry; of a pair, above infinite distance.

    Attributes:
        scan: coordinate and window, Å or degrees.
        status: of the surrogate.
        cap: energy above the lowest from which the profile is of no interest.
        grid: coordinates, shape (g,), of the surrogate and the force field's curve.
        mean, std: of the surrogate, shape (g,).
        x, energy, slope: the QM points, shape (n,); a slope is NaN where there is none.
        failed: coordinates of the points that failed.
        field: the force field at the structures of the QM points, shape (n,), or along a dihedral
            that turns freely at its own, all else relaxed; None without one.
        field_curve: the same on the grid, shape (g,), NaN beyond the outermost points.
    """

    scan: Scan
    status: str
    cap: float
    grid: Array
    mean: Array
    std: Array
    x: Array
    energy: Array
    slope: Array
    failed: Array
    field: Array | None = None
    field_curve: Array | None = None


def compare_profile(
    scan: Scan,
    surrogate: Surrogate,
    points: Sequence[Points],
    reference: Points,
    species: Species,
    force_field: ForceField | None,
    counterpoise: Counterpoise | None = None,
) -> Profile:
    """Put surrogate, QM points and force field of one scan on the same zero.

    The force field is evaluated at the relaxed structures of the points, or at those that it has
    itself with the dihedral held, by which dihedrals are fitted. Between them its curve is the
    surrogate plus the interpolated difference, which is smooth where the curve itself is not; the
    dimers of a pair scan are rigid, so that their curve is exact.

    Args:
        scan: the scan.
        surrogate: learned from the points.
        points: all of the scan.
        reference: the relaxed molecule, whose first structure is the zero.
        species: of the molecule.
        force_field: None if there is none yet.
        counterpoise: corrects interaction energies, which the surrogate learned without it.
    """
    seen = surrogate.observations
    positions = np.concatenate([part.positions[part.ok] for part in points])
    is_pair = scan.kind == "pair"
    correction = np.concatenate(
        [(calibrated(p, species, counterpoise).energies - p.energies)[p.ok] for p in points]
    )
    energy = seen.energy - (0.0 if is_pair else float(reference.energies[0]))
    # The surrogate's own zero is the minimum of its mean.
    offsets = energy - np.interp(seen.x, surrogate.grid, surrogate.mean)
    order = np.argsort(seen.x)
    shift = np.interp(surrogate.grid, seen.x[order], correction[order])
    shift += 0.0 if is_pair else float(np.median(offsets))
    energy += correction
    field = curve = None
    if force_field is not None and is_pair:
        dimers = pair_scan(species, reference.positions[0], scan, surrogate.grid)
        field = interaction_energies(force_field, species, positions)
        curve = interaction_energies(force_field, species, dimers)
    elif force_field is not None:
        structures = np.concatenate([reference.positions[:1], positions])
        energies = _relaxed_energies(force_field, species, scan.name, structures)
        field = energies[1:] - energies[0]
        curve = surrogate.mean + shift + _interpolate(scan, seen.x, field - energy, surrogate.grid)
    return Profile(
        scan=scan,
        status=surrogate.status,
        cap=surrogate.settings.energy_cap / KCAL_PER_MOL,
        grid=surrogate.grid,
        mean=(surrogate.mean + shift) / KCAL_PER_MOL,
        std=surrogate.std / KCAL_PER_MOL,
        x=seen.x,
        energy=energy / KCAL_PER_MOL,
        slope=seen.slope / KCAL_PER_MOL,
        failed=seen.failed,
        field=None if field is None else field / KCAL_PER_MOL,
        field_curve=None if curve is None else curve / KCAL_PER_MOL,
    )


def _relaxed_energies(field: ForceField, species: Species, name: str, structures: Array) -> Array:
    """Energies, eV, at structures of QM, or with the dihedral of this name as there and no more."""
    count = len(structures)
    points = MoleculePoints(
        structures, np.zeros(count), np.zeros(structures.shape), np.ones(count), (name,) * count
    )
    if not len(along_dihedrals(species, points)):
        return molecule_energies(field, species, structures)[0]
    return relaxed_torsions(species, field, points).energy(field.vector)[0]


def _interpolate(scan: Scan, x: Array, y: Array, grid: Array) -> Array:
    """Values on the grid from those at the points; NaN outside them."""
    if scan.periodic:
        x, y = np.concatenate([x - 360.0, x, x + 360.0]), np.tile(y, 3)
    nodes, first = np.unique(x, return_index=True)
    if len(nodes) < 2:
        return np.full(len(grid), np.nan)
    return np.asarray(PchipInterpolator(nodes, y[first], extrapolate=False)(grid))
