"""From the electrostatic potential of a molecule to the charges of a system."""

from collections.abc import Mapping

import numpy as np
from aiida.engine import calcfunction
from aiida.orm import ArrayData, Dict

from aiida_forcefield.data import PointsData, SpeciesData
from aiida_forcefield.fitting import fit_charges, liquid_charges
from aiida_forcefield.potentials.electrostatics import FixedCharges
from aiida_forcefield.topology import System
from aiida_forcefield.topology.system import type_name


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


def electrostatics_of(system: System, charges: Mapping[str, Dict]) -> FixedCharges:
    """Charges of all atom types of a system, from those of its species by name."""
    found = {name: charges[name].get_dict() for name in system.names}
    gas, liquid = (
        {
            type_name(name, label): charge
            for name, sets in found.items()
            for label, charge in sets[state].items()
        }
        for state in ("gas", "liquid")
    )
    return FixedCharges(gas, liquid)
