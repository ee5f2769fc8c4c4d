"""Dispersion coefficients of the atoms of a molecule or a crystal."""

import numpy as np
from numpy.typing import NDArray

from .elements import atomic_numbers
from .units import BOHR, HARTREE

Array = NDArray[np.float64]


def pair_dispersion(
    symbols: tuple[str, ...], positions: Array, charge: int, cell: Array | None = None
) -> Array:
    """C6 coefficients of all pairs of atoms from DFT-D4, shape (n, n), eV Å⁶.

    Caldeweyher et al., J. Chem. Phys. 150, 154122 (2019); Phys. Chem. Chem. Phys. 22, 8499 (2020).

    Args:
        symbols: element of each of the n atoms.
        positions: shape (n, 3), Å.
        charge: in all, e.
        cell: lattice vectors of a crystal, one a row, shape (3, 3), Å.
    """
    from dftd4.interface import DispersionModel

    numbers = atomic_numbers(symbols)
    lattice = {} if cell is None else {"lattice": cell / BOHR, "periodic": np.full(3, True)}
    model = DispersionModel(numbers, positions / BOHR, charge=charge, **lattice)
    return np.asarray(model.get_properties()["c6 coefficients"]) * HARTREE * BOHR**6
