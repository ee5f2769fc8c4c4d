"""Forms of impropers: functions of χ in radians, the dihedral angle centre-j-k-l, 0 when planar."""

from typing import Final

import numpy as np

from aiida_forcefield.potentials.forms.form import Array, Form, FormValue, Parameter


def harmonic_improper(chi: Array, parameters: Array) -> FormValue:
    """E = k χ²: B. R. Brooks et al., J. Comput. Chem. 4, 187 (1983); no factor ½."""
    (k,) = parameters
    return FormValue(k * chi**2, 2 * k * chi, (chi**2)[..., None], (2 * chi)[..., None])


def cosine_improper(chi: Array, parameters: Array) -> FormValue:
    """E = k (1 − cos 2χ): W. D. Cornell et al., JACS 117, 5179 (1995). Near 0 it is 2 k χ²."""
    (k,) = parameters
    rise, slope = 1 - np.cos(2 * chi), 2 * np.sin(2 * chi)
    return FormValue(k * rise, k * slope, rise[..., None], slope[..., None])


HARMONIC_IMPROPER: Final = Form(
    "harmonic_improper",
    "improper",
    "harmonic",
    "k χ²",
    (Parameter("k", "eV/rad²", True, (1e-3, 30.0)),),
    harmonic_improper,
)
COSINE_IMPROPER: Final = Form(
    "cosine_improper",
    "improper",
    "cosine",
    "k (1 − cos 2χ)",
    (Parameter("k", "eV", True, (1e-3, 30.0)),),
    cosine_improper,
)
