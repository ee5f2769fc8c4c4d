"""Fits to stored points find what an earlier code found; `benchmarks/points.py` does all five."""

from functools import cache

import pytest

from aiida_forcefield.fitting import choose_forms
from aiida_forcefield.potentials import Diagnostics, ForceField
from benchmarks.points import Stored, differences, origin, stored

MOLECULES = ("methanol", "ethylene_carbonate")


@cache
def fitted(name: str) -> tuple[Stored, ForceField]:
    case = stored(name)
    choice, field = choose_forms(case.system, case.electrostatics, case.data)
    assert {term.form for term in field.terms} >= {choice.forms["nonbonded"]}
    return case, field


@pytest.mark.parametrize("name", MOLECULES)
def test_parameters_and_their_errors(name: str) -> None:
    case, field = fitted(name)
    assert differences(field, case.expected)["largest relative deviation"] < 1e-6


@pytest.mark.parametrize("name", MOLECULES)
def test_flags(name: str) -> None:
    case, field = fitted(name)
    found = {
        (term.kind, *(each.removeprefix(f"{name}:") for each in term.types)): [
            (flag.parameter, flag.kind) for flag in term.flags
        ]
        for term in field.terms
    }
    for each in case.expected["terms"]:
        flags = [(flag["parameter"], flag["kind"]) for flag in each.get("flags", [])]
        assert found[each["kind"], *each["types"]] == flags


@pytest.mark.parametrize("name", MOLECULES)
def test_diagnostics(name: str) -> None:
    case, field = fitted(name)
    found, expected = field.diagnostics, case.expected["diagnostics"]
    assert isinstance(found, Diagnostics)
    for key in ("reduced_chi2", "condition", "undetermined", "converged"):
        assert getattr(found, key) == pytest.approx(expected[key], rel=1e-6)
    assert found.unsettled == pytest.approx(expected["unsettled"], rel=1e-3)
    for kind, count in expected["points"].items():
        assert found.points(kind) == count
    for data, error in expected["foresight"].items():
        assert found.foreseen(data) == pytest.approx(error, rel=1e-6)
    heights = [barrier.height for barrier in found.barriers]
    assert heights == pytest.approx([each["height"] for each in expected["barriers"]], rel=1e-6)
    assert not found.outliers
    compared = {
        form: error
        for each in found.evidence
        for form, error in ((each.usual, each.before), (each.rival, each.after))
    }
    assert compared == pytest.approx(expected["foresight_of_forms"], rel=1e-6)
    errors = {(each.kind, each.origin): each for each in found.errors}
    for each in expected["errors"]:
        where = origin(each["origin"]) if each["origin"] else None
        for what in ("prior", "fitted", "left_out"):
            if each.get(what) is not None:
                value = getattr(errors[each["kind"], where], what)
                assert value == pytest.approx(each[what], rel=1e-6)
