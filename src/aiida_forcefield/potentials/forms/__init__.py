"""Forms: the algebraic equations of the interactions, with all their first derivatives.

Every form is a function of one coordinate q (Å or radians) and of its parameters. Derivatives with
respect to q and to the parameters are analytic, so that energies and Cartesian gradients both have
analytic Jacobians in the fit.
"""

from typing import Final

from aiida_forcefield.potentials.forms.angles import COSINE_ANGLE, HARMONIC_ANGLE, LINEAR_ANGLE
from aiida_forcefield.potentials.forms.bonds import HARMONIC_BOND, MORSE, QUARTIC_BOND, morse
from aiida_forcefield.potentials.forms.combination import Combination, combine, pair_of
from aiida_forcefield.potentials.forms.dihedrals import (
    CHIRAL_FOURIER,
    FOURIER,
    FOURIER6,
    RYCKAERT_BELLEMANS,
    THREEFOLD,
    fourier,
)
from aiida_forcefield.potentials.forms.form import (
    EnergyComponent,
    Form,
    FormValue,
    Kind,
    Parameter,
)
from aiida_forcefield.potentials.forms.impropers import COSINE_IMPROPER, HARMONIC_IMPROPER
from aiida_forcefield.potentials.forms.nonbonded import (
    BORN_MAYER_HUGGINS,
    EXP6,
    LENNARD_JONES,
    OVERLAP,
    TANG_TOENNIES,
)

FORMS: Final = {
    form.name: form
    for form in (
        MORSE,
        HARMONIC_BOND,
        QUARTIC_BOND,
        HARMONIC_ANGLE,
        COSINE_ANGLE,
        LINEAR_ANGLE,
        FOURIER,
        FOURIER6,
        THREEFOLD,
        CHIRAL_FOURIER,
        RYCKAERT_BELLEMANS,
        HARMONIC_IMPROPER,
        COSINE_IMPROPER,
        EXP6,
        BORN_MAYER_HUGGINS,
        LENNARD_JONES,
        TANG_TOENNIES,
        OVERLAP,
    )
}
FORM_OF_KIND: Final[dict[Kind, Form]] = {
    "bond": MORSE,
    "angle": HARMONIC_ANGLE,
    "dihedral": FOURIER,
    "improper": HARMONIC_IMPROPER,
    "nonbonded": TANG_TOENNIES,
}
"""What a fit takes where nothing else is asked for."""

CHOOSABLE: Final[dict[str, list[Form]]] = {
    kind: [f for f in FORMS.values() if f.kind == kind and f not in (LINEAR_ANGLE, THREEFOLD)]
    for kind in FORM_OF_KIND
}
"""What a fit can be asked for. Straight angles and groups of three have forms of their own."""

__all__ = [
    "BORN_MAYER_HUGGINS",
    "CHIRAL_FOURIER",
    "CHOOSABLE",
    "COSINE_ANGLE",
    "COSINE_IMPROPER",
    "EXP6",
    "FORMS",
    "FORM_OF_KIND",
    "FOURIER",
    "FOURIER6",
    "HARMONIC_ANGLE",
    "HARMONIC_BOND",
    "HARMONIC_IMPROPER",
    "LENNARD_JONES",
    "LINEAR_ANGLE",
    "MORSE",
    "OVERLAP",
    "QUARTIC_BOND",
    "RYCKAERT_BELLEMANS",
    "TANG_TOENNIES",
    "THREEFOLD",
    "Combination",
    "EnergyComponent",
    "Form",
    "FormValue",
    "Kind",
    "Parameter",
    "combine",
    "fourier",
    "morse",
    "pair_of",
]
