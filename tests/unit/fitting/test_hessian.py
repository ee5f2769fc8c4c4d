from dataclasses import replace

import numpy as np
import pytest

from aiida_forcefield.potentials import MoleculePoints, Settings, fit_force_field
from aiida_forcefield.potentials.hessian import hessian_model

from .synthetic_fields import Case

NONE = np.zeros((0, 6, 3))


def test_hessian_of_the_field_itself_is_found_without_error(case: Case) -> None:
    field = case.forcefield
    args = (case.species, field.terms, case.reference, field.charges, field.scale_14)
    model = hessian_model(*args)
    off, _ = model.errors(field.vector)
    assert len(off) == model.size
    assert np.abs(off).max() < 1e-4
    assert model.frequency_error(field.vector) < 0.1
    assert len(model.frequencies) == 3 * len(case.species.symbols) - 6


def test_twice_the_force_constants_are_twice_the_squared_frequencies(methanol: Case) -> None:
    reference = replace(methanol.reference, hessian=2 * methanol.reference.hessian)
    field = methanol.forcefield
    model = hessian_model(methanol.species, field.terms, reference, field.charges, field.scale_14)
    off, _ = model.errors(field.vector)
    stretches = np.sort(off)[:4]  # four bonds to hydrogen, beyond where modes count as soft
    assert stretches == pytest.approx(-0.5, abs=1e-3)
    frequencies = model.frequencies
    expected = np.sqrt(np.mean((frequencies * (1 - np.sqrt(0.5))) ** 2))
    assert model.frequency_error(field.vector) == pytest.approx(expected, rel=1e-3)


def test_a_fit_takes_from_the_hessian_what_no_point_tells(methanol: Case) -> None:
    """Force constants come back, far beyond what the prior makes of the same Hessian."""
    none = MoleculePoints(NONE, np.zeros(0), NONE, np.zeros(0), ())
    field = methanol.forcefield
    charges = (field.charges, field.gas_charges)
    data = (methanol.species, methanol.reference, *charges, none, [])
    found = fit_force_field(*data, Settings(hessian_error=0.01))
    errors = found.diagnostics
    assert errors["rmse_frequency"] < 0.1 * errors["rmse_frequency_start"]
    bond, true = (f.term("bond H2-O1").parameters for f in (found, field))
    assert 2 * bond["D"] * bond["alpha"] ** 2 == pytest.approx(
        2 * true["D"] * true["alpha"] ** 2, rel=0.05
    )
