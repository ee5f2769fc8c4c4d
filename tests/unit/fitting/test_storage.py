"""What a fit says of itself is kept by a node of the provenance graph."""

from dataclasses import replace

import numpy as np
import pytest

from aiida_forcefield.data import ForceFieldData
from aiida_forcefield.fitting import choose_forms
from aiida_forcefield.potentials import DataError

from ..synthetic_fields import Case, along
from .test_fit import data, joint, told

pytestmark = pytest.mark.usefixtures("storage")


def test_a_fit_comes_back_from_its_node(methanol: Case) -> None:
    points = joint(methanol, *data(methanol, noise=1.0))
    _, field = choose_forms(methanol.system, methanol.forcefield.electrostatics, points)
    pair = along("pair C1-O1")
    more = DataError("interaction", "eV", 6, 0.07, 0.01, None, ("methanol", "methanol"), pair)
    errors = (*told(field).errors, more)
    field = replace(field, diagnostics=replace(told(field), errors=errors))
    found = ForceFieldData(field).value
    assert found.diagnostics is not None
    assert found.diagnostics.evidence
    for each, expected in zip(found.diagnostics.errors, errors, strict=True):
        assert (each.kind, each.origin, each.species) == (
            expected.kind,
            expected.origin,
            expected.species,
        )
        assert each.fitted == pytest.approx(expected.fitted, rel=1e-12)
    assert [term.flags for term in found.terms] == [term.flags for term in field.terms]
    np.testing.assert_array_equal(found.covariance, field.covariance)
    assert ForceFieldData(methanol.forcefield).value.diagnostics is None
