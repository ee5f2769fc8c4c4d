"""Interaction energies as QM and the force field see them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from aiida_forcefield.scans.origin import Sampling

Array = NDArray[np.float64]

SHOWN: dict["Sampling", str] = {
    "scan": "pair scans",
    "random": "random",
    "squeezed": "squeezed",
    "liquid": "liquid",
    "uncertain": "uncertain",
}
"""Origins of dimers, in the order in which they are shown, and what they are called. Of those that
were moved apart their energy is not fitted, but how it changed."""


@dataclass(frozen=True, eq=False)
class DimerSet:
    """Interaction energies of the dimers of two species from one origin.

    Attributes:
        species: names of the two, perhaps equal.
        name: of the origin, one of those of `SHOWN`.
        qm: shape (s,), kcal/mol.
        field: those of the force field, shape (s,), kcal/mol.
    """

    species: tuple[str, str]
    name: str
    qm: Array
    field: Array

    @property
    def rmse(self) -> float:
        """Unweighted root-mean-square error, kcal/mol, of the dimers that QM puts below zero."""
        bound = self.qm < 0.0
        return float(np.sqrt(np.mean((self.field - self.qm)[bound] ** 2)))
