"""Dispersion coefficients of the atoms of a molecule, a crystal or a cation."""

import numpy as np
from numpy.typing import NDArray

from .elements import atomic_numbers
from .units import BOHR, HARTREE

Array = NDArray[np.float64]

EFFECTIVE_ELECTRONS = {2: 1.42, 10: 4.45, 18: 5.90, 36: 6.70, 54: 7.79}
"""Electrons that take part in dispersion, of the noble gas with so many electrons; Pitzer's, as
given by Halgren, J. Am. Chem. Soc. 114, 7827 (1992)."""


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


def cation_dispersion(symbol: str, charge: int, polarizability: float) -> Array:
    """C6 coefficient of a cation of one atom, shape (1, 1), eV Å⁶, after Slater and Kirkwood.

    D4 scales the polarizability of the neutral atom. A cation has lost the very electrons that
    made it large: of Li+ D4's C6 is ten thousand times too big.

    Args:
        polarizability: its mean, Å³.
    """
    electrons = int(atomic_numbers((symbol,))[0]) - charge
    active = np.interp(electrons, list(EFFECTIVE_ELECTRONS), list(EFFECTIVE_ELECTRONS.values()))
    c6 = 0.75 * np.sqrt(active) * (polarizability / BOHR**3) ** 1.5
    return np.array([[c6]]) * HARTREE * BOHR**6
