"""How much room molecules take, from their van der Waals radii."""

from collections.abc import Sequence

import numpy as np
from ase.data import chemical_symbols
from ase.data.vdw_alvarez import vdw_radii
from numpy.typing import ArrayLike

from aiida_forcefield.topology.species import Species

PACKING_FRACTION = 0.6
"""Van der Waals volume over volume of a molecular liquid; 0.53–0.66 in common solvents."""

SPACING = 0.15
"""Å, of the grid on which volumes are counted: within 2 % whatever the orientation."""


def liquid_volume(species: Species) -> float:
    """Volume that a molecule takes up in a liquid, Å³, as far as one can tell beforehand.

    Raises:
        ValueError: an element without a known radius.
    """
    return molecular_volume(species.symbols, species.conformers[0]) / PACKING_FRACTION


def molecular_volume(symbols: Sequence[str], positions: ArrayLike) -> float:
    """Van der Waals volume in Å³ of a molecule: the union of its atoms' spheres.

    Counted on a cubic grid, with the radii of S. Alvarez, Dalton Trans. 42, 8617 (2013).
    ``positions`` has shape (n, 3), Å.

    Raises:
        ValueError: for a symbol that is no element or has no radius.
    """
    positions = np.asarray(positions, dtype=float)
    radii = np.array([_radius(symbol) for symbol in symbols])
    lower, upper = positions.min(axis=0) - radii.max(), positions.max(axis=0) + radii.max()
    axes = [np.arange(low, high + SPACING, SPACING) for low, high in zip(lower, upper, strict=True)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    inside = np.zeros(len(grid), dtype=bool)
    for centre, radius in zip(positions, radii, strict=True):
        inside |= ((grid - centre) ** 2).sum(axis=1) < radius**2
    return float(inside.sum() * SPACING**3)


def _radius(symbol: str) -> float:
    radii = dict(zip(chemical_symbols, vdw_radii, strict=False))  # which end before the elements do
    radius = float(radii.get(symbol, np.nan))
    if not radius > 0:
        raise ValueError(f"no van der Waals radius is known for element {symbol!r}")
    return radius
