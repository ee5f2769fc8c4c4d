"""Physical constants and units (CODATA 2018), in the package's eV, Å, e and K."""

from typing import Final

BOLTZMANN: Final = 8.617333262e-5  # eV/K
COULOMB: Final = 14.3996454784  # e²/(4π ε0), eV Å

# What another unit is worth: divide by it to express a value in that unit.
HARTREE: Final = 27.211386245988  # eV
KCAL_PER_MOL: Final = 1.0 / 23.0605478  # eV
KJ_PER_MOL: Final = KCAL_PER_MOL / 4.184  # eV
BOHR: Final = 0.529177210903  # Å
NM: Final = 10.0  # Å

# Conversion factors: multiply by them.
BAR: Final = 1.602176634e6  # eV/Å³ to bar
GPA: Final = 160.2176634  # eV/Å³ to GPa
BAR_PER_ATM: Final = 1.01325
DEBYE_PER_E_ANGSTROM: Final = 4.80320471
LITRE_PER_MOL: Final = 6.02214076e-4  # Å³ a molecule to litres a mole
