import json
from dataclasses import replace

import numpy as np
import pytest
from pydantic import TypeAdapter

from aiida_forcefield.potentials import Term
from aiida_forcefield.potentials.forcefield import check_terms, columns, vector

from ..synthetic_fields import Case


def test_flat_vector_and_names_agree(case: Case) -> None:
    field = case.forcefield
    assert len(set(field.parameter_names)) == len(field.vector) == len(field.covariance)
    for term in field.terms:
        assert vector(field.terms)[columns(field.terms)[term.name]].tolist() == list(
            term.parameters.values()
        )


def test_terms_survive_json(case: Case) -> None:
    adapter = TypeAdapter(tuple[Term, ...])
    text = json.dumps(adapter.dump_python(case.forcefield.terms, mode="json"), sort_keys=True)
    back = adapter.validate_python(json.loads(text))
    assert back == case.forcefield.terms
    np.testing.assert_array_equal(vector(back), case.forcefield.vector)


def test_a_term_must_have_its_forms_parameters(methanol: Case) -> None:
    with pytest.raises(ValueError, match="form of bond A: 'spring' is not one of"):
        Term("bond", ("A",), "spring", {})
    with pytest.raises(ValueError, match=r"form of bond A: 'exp6' is not one of .*'morse'"):
        Term("bond", ("A",), "exp6", {})
    with pytest.raises(ValueError, match="the form exp6 has"):
        Term("nonbonded", ("M:H1",), "exp6", {"A": 1.0})
    with pytest.raises(ValueError, match="'bond X' is not in the force field"):
        methanol.forcefield.term("bond X")
    for scale in (np.nan, np.inf, -0.5):
        with pytest.raises(ValueError, match=r"scale_14: .*; must be a number of 0 or more"):
            replace(methanol.forcefield, scale_14=(0.5, scale))
    with pytest.raises(ValueError, match="differ in bond methanol:C1-methanol:O1"):
        check_terms(methanol.forcefield.terms[1:], methanol.system)
