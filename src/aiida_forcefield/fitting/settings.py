"""How much each kind of data weighs in a fit, and what a study may ask for."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.potentials.forcefield import Kind
from aiida_forcefield.potentials.forms import CHOOSABLE, FORM_OF_KIND, FORMS, Form
from aiida_forcefield.units import KCAL_PER_MOL

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Settings:
    """How much each kind of data weighs.

    Attributes:
        energy_error: what the forms are expected to miss of a molecule's energy, eV.
        torsion_error: the same along a dihedral, with all else relaxed in the force field, eV; of
            the slope there, 3 times that, eV/rad.
        gradient_error: of its gradient, eV/Å.
        stress_error: of the stress of a crystal, GPa.
        hessian_error: of the elements of its Hessian between normal modes, relative to the
            frequencies: of a squared frequency itself.
        interaction_error: of an interaction energy, eV.
        component_error: of a component of an interaction energy, eV, beside a twentieth of it: the
            total is what counts.
        virial_error: of the change of an interaction energy when the molecules move apart, by the
            relative change of their distance, eV. Such changes make the pressure of a liquid.
        pressure_error: of the pressure that pairs make in a liquid, by those drawn from it, bar; so
            small that the fit has their mean, however well that is known.
        repulsive_scale: interaction energies E > 0 weigh exp(−E / repulsive_scale), eV; the liquid
            hardly visits them.
        dispersion_width: relative standard deviation of C6 and C8 about their prior. Left free,
            they grow to mimic what the form lacks, and the liquid becomes too dense.
        barrier: least height of the inner maximum between two atom types, eV.
        forms: name of the form of each kind of interaction that shall have a certain one; of the
            others the evidence, or the usual one.
    """

    energy_error: float = 0.01
    torsion_error: float = 0.001
    gradient_error: float = 0.2
    stress_error: float = 1.0
    hessian_error: float = 0.1
    interaction_error: float = 0.015
    component_error: float = 0.03
    virial_error: float = 0.7 * KCAL_PER_MOL
    pressure_error: float = 25.0
    repulsive_scale: float = 6 * KCAL_PER_MOL
    dispersion_width: float = 0.15
    barrier: float = 10 * KCAL_PER_MOL
    forms: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if name != "forms" and not 0 < value < np.inf:
                raise ValueError(f"{name}: {value} is not a positive number")
        for kind, name in self.forms.items():
            if kind not in CHOOSABLE:
                raise ValueError(f"forms: {kind!r} is no kind; allowed: {', '.join(CHOOSABLE)}")
            if name not in (allowed := [form.name for form in CHOOSABLE[kind]]):
                raise ValueError(f"forms: {kind} {name!r}; allowed: {', '.join(allowed)}")

    @property
    def form_of_kind(self) -> dict[Kind, Form]:
        """What is asked for, and the usual forms of all else."""
        return {**FORM_OF_KIND, **{FORMS[name].kind: FORMS[name] for name in self.forms.values()}}

    def energy_weights(self, energies: Array) -> Array:
        """How much interaction energies weigh, shape (s,); they are in eV."""
        weights: Array = np.exp(-energies.clip(0) / self.repulsive_scale)
        return weights
