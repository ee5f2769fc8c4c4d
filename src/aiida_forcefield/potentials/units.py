"""Physical constants in the units of the package: eV, Å, e (CODATA 2018); other programs' units."""

from collections.abc import Mapping
from typing import Final

from aiida_forcefield.potentials.forms.form import Form

BOLTZMANN: Final = 8.617333262e-5  # eV/K
COULOMB: Final = 14.3996454784  # e²/(4π ε0), eV Å
KCAL_PER_MOL: Final = 1.0 / 23.0605478  # eV
KJ_PER_MOL: Final = KCAL_PER_MOL / 4.184  # eV
HARTREE: Final = 27.211386245988  # eV
BOHR: Final = 0.529177210903  # Å
NM: Final = 10.0  # Å
DEBYE_PER_E_ANGSTROM: Final = 4.80320471

_DIMENSIONS: Final = {  # exponents of energy and length
    "eV": (1, 0),
    "eV/Å²": (1, -2),
    "eV/Å³": (1, -3),
    "eV/Å⁴": (1, -4),
    "eV/rad²": (1, 0),
    "eV Å⁶": (1, 6),
    "eV Å⁸": (1, 8),
    "Å": (0, 1),
    "1/Å": (0, -1),
    "degree": (0, 0),
}


def convert(
    form: Form, parameters: Mapping[str, float], energy: float, length: float = 1.0
) -> dict[str, float]:
    """Parameters of a form in units of `energy`, in eV, and of `length`, in Å."""
    dimensions = {p.name: _DIMENSIONS[p.unit] for p in form.parameters}
    return {
        name: value / energy ** dimensions[name][0] / length ** dimensions[name][1]
        for name, value in parameters.items()
    }
