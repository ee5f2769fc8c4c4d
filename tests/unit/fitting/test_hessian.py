from dataclasses import replace

import numpy as np
import pytest

from aiida_forcefield.fitting import Settings, fit_force_field
from aiida_forcefield.fitting.hessian import hessian_model
from aiida_forcefield.potentials import Layout

from ..synthetic_fields import Case
from .test_fit import joint, told


def test_hessian_of_the_field_itself_is_found_without_error(case: Case) -> None:
    field = case.forcefield
    model = hessian_model(Layout.of(field, case.system), case.name, case.reference)
    off, _ = model.errors(field.vector)
    assert len(off) == model.size
    assert np.abs(off).max() < 1e-4
    assert np.abs(model.frequency_errors(off)).max() < 0.1
    assert len(model.frequencies) == 3 * len(case.species.symbols) - 6


def test_twice_the_force_constants_are_twice_the_squared_frequencies(methanol: Case) -> None:
    reference = replace(methanol.reference, hessian=2 * methanol.reference.hessian)
    field = methanol.forcefield
    model = hessian_model(Layout.of(field, methanol.system), methanol.name, reference)
    off, _ = model.errors(field.vector)
    stretches = np.sort(off)[:4]  # four bonds to hydrogen, beyond where modes count as soft
    assert stretches == pytest.approx(-0.5, abs=1e-3)
    frequencies = model.frequencies
    lower = frequencies * (np.sqrt(0.5) - 1)
    np.testing.assert_allclose(np.sort(model.frequency_errors(off)), np.sort(lower), rtol=1e-3)


def test_a_fit_takes_from_the_hessian_what_no_point_tells(methanol: Case) -> None:
    """Force constants come back, far beyond what the prior makes of the same Hessian."""
    field = methanol.forcefield
    settings = Settings(hessian_error=0.01)
    found = fit_force_field(methanol.system, field.electrostatics, joint(methanol, None), settings)
    total = told(found).total("hessian")
    assert total is not None
    assert total.fitted < 0.1 * total.prior
    bond, true = (f.term(methanol.named("bond H2-O1")).parameters for f in (found, field))
    assert 2 * bond["D"] * bond["alpha"] ** 2 == pytest.approx(
        2 * true["D"] * true["alpha"] ** 2, rel=0.05
    )
