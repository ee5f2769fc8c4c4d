"""Parameters of a form in the units of other programs."""

from collections.abc import Mapping
from typing import Final

from aiida_forcefield.potentials.forms.form import Form

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
