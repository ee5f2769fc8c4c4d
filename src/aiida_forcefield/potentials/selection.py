"""Which forms a molecule wants, by how well a fit with them foresees points it has not seen."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from aiida_forcefield.potentials.fit import fit_force_field
from aiida_forcefield.potentials.forcefield import ForceField, Kind
from aiida_forcefield.potentials.forms import (
    FORM_OF_KIND,
    FOURIER6,
    HARMONIC_BOND,
    Form,
)
from aiida_forcefield.potentials.points import DimerPoints, MoleculePoints
from aiida_forcefield.potentials.prior import Reference
from aiida_forcefield.potentials.residuals import Settings
from aiida_forcefield.topology.topology import Topology

RIVALS: Final[tuple[Form, ...]] = (HARMONIC_BOND, FOURIER6)
"""Forms that are tried beside those of `FORM_OF_KIND`."""
GAIN: Final = 0.02
"""By which share the error of unseen points must fall for a rival to be taken."""


def fit_chosen_forms(
    topology: Topology,
    reference: Reference,
    charges: Mapping[str, float],
    gas_charges: Mapping[str, float],
    molecule_points: MoleculePoints,
    dimer_points: Sequence[DimerPoints],
    settings: Settings | None = None,
) -> ForceField:
    """The fit with those forms of bonded interactions that evidence speaks for.

    Args and errors as `fit_force_field`.

    Returns:
        The force field. Its diagnostics have the ``foresight`` of each form that was tried, named
        like ``"foresight harmonic_bond"``.
    """
    data = (topology, reference, charges, gas_charges, molecule_points, dimer_points, settings)
    forms: dict[Kind, Form] = dict(FORM_OF_KIND)
    best = fit_force_field(*data)
    tried: dict[str, float] = {}
    present = {term.kind for term in best.terms}
    for rival in RIVALS:
        if rival.kind not in present:
            continue
        trial = fit_force_field(*data, forms | {rival.kind: rival})
        before, after = (field.diagnostics["foresight"] for field in (best, trial))
        tried |= {forms[rival.kind].name: before, rival.name: after}
        # A form does not gain by leaving out what it cannot describe.
        if after < (1.0 - GAIN) * before and _outliers(trial) == _outliers(best):
            best, forms[rival.kind] = trial, rival
    evidence = {f"foresight {name}": value for name, value in tried.items()}
    return replace(best, diagnostics=best.diagnostics | evidence)


def _outliers(field: ForceField) -> dict[str, float]:
    return {k: n for k, n in field.diagnostics.items() if k.startswith("outliers ")}
