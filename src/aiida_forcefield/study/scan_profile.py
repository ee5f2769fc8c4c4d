"""One profile as QM, the surrogate and the force field see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from aiida_forcefield.fitting import MoleculePoints
from aiida_forcefield.fitting.torsions import along_dihedrals, relaxed_torsions
from aiida_forcefield.potentials import ForceField, interaction_energies, molecule_energies
from aiida_forcefield.scans import Monomer, Points, Scan, pair_scan
from aiida_forcefield.surrogate import LearnedProfile
from aiida_forcefield.topology import System
from aiida_forcefield.units import KCAL_PER_MOL

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Profile:
    """A profile in kcal/mol above the reference geometry; of a pair, above infinite distance.

    Attributes:
        scan: coordinate and window, Å or degrees.
        species: names of the species of the molecule, or of those of the two molecules of a pair.
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
    species: tuple[str, ...]
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


@dataclass(frozen=True, eq=False)
class Matter:
    """What the profiles of a study have in common.

    Attributes:
        system: of the species.
        references: each species at rest, by its name; the first structure is the zero of energy.
        force_field: None if there is none yet.
    """

    system: System
    references: Mapping[str, Points]
    force_field: ForceField | None = None

    def monomer(self, name: str) -> Monomer:
        """A species and its geometry at rest."""
        return self.system.of_name(name), self.references[name].positions[0]


def compare_profile(learned: LearnedProfile, points: Sequence[Points], matter: Matter) -> Profile:
    """Put surrogate, QM points and force field of one scan on the same zero.

    The force field is evaluated at the relaxed structures of the points, or at those that it has
    itself with the dihedral held, by which dihedrals are fitted. Between them its curve is the
    surrogate plus the interpolated difference, which is smooth where the curve itself is not; the
    dimers of a pair scan are rigid, so that their curve is exact.

    Args:
        learned: the scan, and the surrogate learned from the points.
        points: all of the scan.
        matter: what the scan is of.
    """
    scan, surrogate, force_field = learned.scan, learned.surrogate, matter.force_field
    system, names = matter.system, [matter.system.name_of(key) for key in scan.species]
    seen = surrogate.observations
    positions = np.concatenate([part.positions[part.ok] for part in points])
    is_pair = scan.kind == "pair"
    reference = matter.references[names[0]]
    energy = seen.energy - (0.0 if is_pair else float(reference.energies[0]))
    # The surrogate's own zero is the minimum of its mean.
    offsets = energy - np.interp(seen.x, surrogate.grid, surrogate.mean)
    shift = 0.0 if is_pair else float(np.median(offsets))
    field = curve = None
    if force_field is not None and is_pair:
        one, other = map(matter.monomer, names)
        dimers = pair_scan(one, other, scan, surrogate.grid)
        field = interaction_energies(force_field, system, names, positions)
        curve = interaction_energies(force_field, system, names, dimers)
    elif force_field is not None:
        structures = np.concatenate([reference.positions[:1], positions])
        energies = _relaxed_energies(force_field, system, scan, structures)
        field = energies[1:] - energies[0]
        curve = surrogate.mean + shift + _interpolate(scan, seen.x, field - energy, surrogate.grid)
    return Profile(
        scan=scan,
        species=tuple(names),
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


def _relaxed_energies(field: ForceField, system: System, scan: Scan, structures: Array) -> Array:
    """Energies, eV, at structures of QM, or with the dihedral of the scan as there and no more."""
    count, name = len(structures), system.name_of(scan.species[0])
    points = MoleculePoints(
        name,
        structures,
        np.zeros(count),
        np.zeros(structures.shape),
        np.ones(count),
        (scan.origin,) * count,
    )
    if not len(along_dihedrals(system.of_name(name), points)):
        return molecule_energies(field, system, name, structures)[0]
    return relaxed_torsions(system, field, points).energy(field.vector)[0]


def _interpolate(scan: Scan, x: Array, y: Array, grid: Array) -> Array:
    """Values on the grid from those at the points; NaN outside them."""
    if scan.periodic:
        x, y = np.concatenate([x - 360.0, x, x + 360.0]), np.tile(y, 3)
    nodes, first = np.unique(x, return_index=True)
    if len(nodes) < 2:
        return np.full(len(grid), np.nan)
    return np.asarray(PchipInterpolator(nodes, y[first], extrapolate=False)(grid))
