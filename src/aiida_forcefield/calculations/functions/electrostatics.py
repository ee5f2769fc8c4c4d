"""From the electrostatic potential of a molecule to the electrostatics of a system."""

import numpy as np
from aiida.engine import calcfunction
from aiida.orm import ArrayData, Dict

from aiida_forcefield.calculations.fit_data import POLARIZABLE
from aiida_forcefield.data import PointsData, SpeciesData
from aiida_forcefield.fitting import fit_charges, fit_polarizable, liquid_charges
from aiida_forcefield.serial import dismantle

SCIENCE = 1
"""Raised where results change by what this file imports: the cache looks at the file alone."""


@calcfunction
def derive_charges(species: SpeciesData, reference: PointsData, properties: ArrayData) -> Dict:
    """Charges of each atom type, in vacuum and in the liquid, and how well they do.

    The dipole of the charges (D) stands beside that of the QM density.
    """
    molecule, positions = species.value, reference.value.positions[0]
    grid = properties.get_array("grid")
    fits = {
        phase: fit_charges(molecule, positions, grid, properties.get_array(name))
        for phase, name in (("gas", "potential"), ("solvated", "potential_solvated"))
    }
    qm_dipoles = {
        "gas": properties.get_array("dipole"),
        "solvated": properties.get_array("dipole_solvated"),
    }
    return Dict(
        {
            "gas": fits["gas"].charges,
            "solvated": fits["solvated"].charges,
            "liquid": liquid_charges(fits["gas"].charges, fits["solvated"].charges),
            "potential_error": {phase: fit.relative_error for phase, fit in fits.items()},
            "dipole": {phase: float(np.linalg.norm(fit.dipole)) for phase, fit in fits.items()},
            "qm_dipole": {phase: float(np.linalg.norm(d)) for phase, d in qm_dipoles.items()},
        }
    )


@calcfunction
def derive_polarizable(
    species: SpeciesData, reference: PointsData, properties: ArrayData, polarizability: ArrayData
) -> Dict:
    """Charges, permanent dipoles and polarizabilities of each atom type, and how well they do.

    The dipole (D) stands beside that of the QM density.
    """
    found = fit_polarizable(
        species.value,
        reference.value.positions[0],
        properties.get_array("grid"),
        properties.get_array("potential"),
        polarizability.get_array("polarizability")[0],
        properties.get_array("c6"),
    )
    qm_dipole = properties.get_array("dipole")
    return Dict(
        {
            POLARIZABLE: dismantle(found.electrostatics)[0],
            "potential_error": {"gas": found.relative_error},
            "dipole": {"gas": float(np.linalg.norm(found.dipole))},
            "qm_dipole": {"gas": float(np.linalg.norm(qm_dipole))},
        }
    )
