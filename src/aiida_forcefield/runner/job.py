"""A job: what is to be computed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .engine import Parameters

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Constraint:
    """The coordinate that a scan varies: its atoms and, for each structure, its value (Å, degrees).

    Two atoms are a distance, three an angle, four a dihedral angle (or improper).
    """

    atoms: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True)
class Fragment:
    """One molecule of a cluster: its atoms, its charge (e) and its spin multiplicity."""

    atoms: slice
    charge: int
    multiplicity: int = 1


@dataclass(frozen=True, eq=False)
class Job:
    """A batch of structures of the same atoms, all computed in the same way.

    Attributes:
        parameters: the protocol's QM settings.
        symbols: element of each of the n atoms.
        charge: total charge, e.
        multiplicity: spin multiplicity, 2S + 1.
        positions: structures, shape (m, n, 3), Å.
        constraint: the driven coordinate, or None.
        bonds: pairs of bonded atoms that a relaxation must preserve, or None to check nothing.
        fragments: the molecules of a cluster, in order; empty for a single molecule.
        cells: lattice vectors of crystals, one a row, shape (m, 3, 3), Å; None for molecules.
    """

    parameters: Parameters
    symbols: tuple[str, ...]
    charge: int
    multiplicity: int
    positions: Array
    constraint: Constraint | None
    bonds: tuple[tuple[int, int], ...] | None
    fragments: tuple[Fragment, ...] = ()
    cells: Array | None = None
