"""The joint fit of a force field: its data, residuals, priors, and what a fit says of itself."""

from aiida_forcefield.fitting.assembly import Minimum, assemble
from aiida_forcefield.fitting.cells import assemble_cells
from aiida_forcefield.fitting.charges import FittedCharges, fit_charges, liquid_charges
from aiida_forcefield.fitting.damping import (
    Trimers,
    fit_damping,
    most_damped,
    three_body_energies,
    trimers_of,
)
from aiida_forcefield.fitting.data import (
    CellPoints,
    DimerPoints,
    FitData,
    MoleculePoints,
    Reference,
    join_dimers,
)
from aiida_forcefield.fitting.errors import change_errors, field_errors
from aiida_forcefield.fitting.fit import PHYSICAL, fit_force_field
from aiida_forcefield.fitting.outliers import near
from aiida_forcefield.fitting.polarizable import FittedPolarizable, fit_polarizable
from aiida_forcefield.fitting.priors import (
    PhysicalPriors,
    Prior,
    PriorSource,
)
from aiida_forcefield.fitting.selection import Choice, choose_forms
from aiida_forcefield.fitting.settings import Settings
from aiida_forcefield.fitting.uncertain import least_certain, most_telling
from aiida_forcefield.fitting.variations import VARIATIONS, Choices
from aiida_forcefield.fitting.warnings import fit_warnings

__all__ = [
    "PHYSICAL",
    "VARIATIONS",
    "CellPoints",
    "Choice",
    "Choices",
    "DimerPoints",
    "FitData",
    "FittedCharges",
    "FittedPolarizable",
    "Minimum",
    "MoleculePoints",
    "PhysicalPriors",
    "Prior",
    "PriorSource",
    "Reference",
    "Settings",
    "Trimers",
    "assemble",
    "assemble_cells",
    "change_errors",
    "choose_forms",
    "field_errors",
    "fit_charges",
    "fit_damping",
    "fit_force_field",
    "fit_polarizable",
    "fit_warnings",
    "join_dimers",
    "least_certain",
    "liquid_charges",
    "most_damped",
    "most_telling",
    "near",
    "three_body_energies",
    "trimers_of",
]
