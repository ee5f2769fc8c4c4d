"""How strongly near atoms damp what they induce in each other, from energies of three molecules.

Pairs do not tell: what a damping takes off their induction, the exponential of their form gives
back. Among three molecules that form cancels.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from aiida_forcefield.fitting.polarizable import DAMPING
from aiida_forcefield.potentials.diagnostics import ThreeBody
from aiida_forcefield.potentials.electrostatics import Polarizable, PolarizationError, Sites
from aiida_forcefield.potentials.energy import cluster_sites
from aiida_forcefield.scans.points import Points
from aiida_forcefield.topology.system import System
from aiida_forcefield.units import KCAL_PER_MOL

Array = NDArray[np.float64]

BOUNDS: Final = (0.05, 3.0)
"""Of the damping: beyond, it takes off almost all or nothing."""
_WIDTH: Final = 0.5
"""Standard deviation of ln a about `DAMPING` before trimers tell."""
_STEP: Final = 0.05
"""Of ln a, by which energies are differentiated."""
_EXPECTED: Final = 0.05 * KCAL_PER_MOL
"""eV, what the model is expected to miss of a three-body energy; of methanol 0.07 kcal/mol."""


@dataclass(frozen=True, eq=False)
class Trimers:
    """Three-body energies: what three molecules have beyond the sum of their three pairs.

    Attributes:
        species: names of the species of the three molecules.
        positions: one molecule after the other, shape (s, n, 3), Å.
        energies: shape (s,), eV.
    """

    species: tuple[str, str, str]
    positions: Array
    energies: Array

    def __post_init__(self) -> None:
        """Refuse energies that are not one a trimer, or none."""
        what = f"trimers {'-'.join(self.species)}"
        if self.energies.shape != self.positions.shape[:1]:
            raise ValueError(f"{what}: {self.energies.size} energies for {len(self.positions)}")
        if not np.isfinite(self.energies).all():
            raise ValueError(f"{what}: energies must be finite; leave out failed points")


def trimers_of(system: System, points: Sequence[Points]) -> list[Trimers]:
    """The three-body energies among some points.

    Args:
        system: with the species.
        points: of any clusters; those that failed are left out.
    """
    found = []
    for part in points:
        if len(part.cluster.molecules) == 3 and part.three_body is not None and part.ok.any():
            first, second, third = (system.name_of(key) for key in part.cluster.species)
            energies = part.three_body[part.ok]
            found.append(Trimers((first, second, third), part.positions[part.ok], energies))
    return found


def fit_damping(
    system: System, electrostatics: Polarizable, trimers: Sequence[Trimers]
) -> ThreeBody:
    """Least squares in ln a, with the usual damping as one more residual.

    Args:
        system: with the species.
        electrostatics: of its atom types; their own damping does not count.
        trimers: at least one.

    Raises:
        ValueError: there are no trimers, or they do not belong to the species.
        PolarizationError: a trimer in which atoms polarise each other without end at the usual
            damping.
    """
    energies = np.concatenate([np.zeros(0), *(each.energies for each in trimers)])
    if not len(energies):
        raise ValueError("trimers: there are none; the damping needs some")
    clusters = [_clusters(system, each.species, each.positions) for each in trimers]

    def model(log_damping: float) -> Array:
        damped = replace(electrostatics, damping=float(np.exp(log_damping)))
        return np.concatenate([_energies(damped, each) for each in clusters])

    usual = float(np.log(DAMPING))
    model(usual)  # raises what the search, which turns back from it, would hide

    def residuals(x: Array) -> Array:
        try:
            off = (model(x[0]) - energies) / _EXPECTED
        except PolarizationError:
            off = np.full(len(energies), np.inf)
        return np.append(off, (x[0] - usual) / _WIDTH)

    low, high = np.log(BOUNDS)
    found = least_squares(residuals, [usual], bounds=(low, high))
    damping, off = float(np.exp(found.x[0])), _EXPECTED * found.fun[:-1]
    rmse = float(np.sqrt(np.mean(off**2)))
    rates = _EXPECTED * np.asarray(found.jac)[:-1, 0] / max(rmse, _EXPECTED)
    error = damping / np.sqrt(rates @ rates + 1 / _WIDTH**2)
    square = energies @ energies
    slope = (off + energies) @ energies / square if square > 0 else np.nan
    return ThreeBody(damping, float(error), len(energies), float(slope), rmse)


def most_damped(
    system: System, electrostatics: Polarizable, species: Sequence[str], positions: Array
) -> Array:
    """By how much the three-body energy of trimers changes with ln a, shape (s,), eV.

    Those tell most of the damping of which that is largest. Arguments and errors as of
    `three_body_energies`.
    """
    clusters = _clusters(system, species, positions)
    more, less = (
        _energies(replace(electrostatics, damping=factor * electrostatics.damping), clusters)
        for factor in (1 + _STEP, 1 - _STEP)
    )
    return np.asarray((more - less) / (2 * _STEP))


def three_body_energies(
    system: System, electrostatics: Polarizable, species: Sequence[str], positions: Array
) -> Array:
    """What the electrostatics of three molecules has beyond that of their pairs, shape (s,), eV.

    Pair potentials have none of it, so that this is what a force field has in all.

    Args:
        system: with the species.
        electrostatics: of its atom types.
        species: names of those of the three molecules.
        positions: one molecule after the other, shape (s, n, 3), Å.

    Raises:
        ValueError: the positions do not belong to the species, or PolarizationError.
    """
    return _energies(electrostatics, _clusters(system, species, positions))


def _clusters(
    system: System, species: Sequence[str], positions: Array
) -> list[tuple[float, Sites]]:
    """The three molecules together, and each two of them, with the signs of their energies."""
    sizes = [len(system.of_name(name).symbols) for name in species]
    owner = np.repeat(np.arange(len(species)), sizes)

    def of(*molecules: int) -> Sites:
        names = [species[each] for each in molecules]
        return cluster_sites(system, names, positions[:, np.isin(owner, molecules)])

    whole = cluster_sites(system, species, positions)
    return [(1.0, whole), *((-1.0, of(i, j)) for i, j in combinations(range(3), 2))]


def _energies(electrostatics: Polarizable, clusters: Sequence[tuple[float, Sites]]) -> Array:
    none = np.zeros(0)
    energies = [
        sign * electrostatics.model("gas", sites, {}).energy(none)[0] for sign, sites in clusters
    ]
    return np.asarray(np.sum(energies, axis=0))
