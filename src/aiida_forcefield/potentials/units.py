"""Physical constants in the units of the package: eV, Å, e (CODATA 2018)."""

from typing import Final

COULOMB: Final = 14.3996454784  # e²/(4π ε0), eV Å
KCAL_PER_MOL: Final = 1.0 / 23.0605478  # eV
HARTREE: Final = 27.211386245988  # eV
BOHR: Final = 0.529177210903  # Å
DEBYE_PER_E_ANGSTROM: Final = 4.80320471
