"""Interaction energies as QM and the force field see them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class DimerSet:
    """Interaction energies of the dimers of two species from one origin.

    Attributes:
        species: names of the two, perhaps equal.
        name: of the origin, such as ``"random"``.
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
