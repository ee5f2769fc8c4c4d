"""A property is graded by its own uncertainty and checks."""

from typing import Any

import pytest

from aiida_forcefield.study.grades import grade


def results(**changes: Any) -> dict[str, Any]:
    """Of a study whose density is good, but for some changes."""
    density = {
        "property": "density",
        "value": 1.0,
        "standard_error": 0.002,
        "uncertainty": 0.02,
        "halves_agree": True,
        "seeds_agree": True,
        "changes": {"dimers": 0.01},
    }
    found = {
        "properties": {"density": density | changes.pop("density", {})},
        "force_field": {"diagnostics": {"converged": True}},
        "validation": [{"liquid": 0.01}],
        "target_error": 0.013,
        "variations": ["dimers"],
        "reference": {"density": {"value": 3.0}},
        "many_body": {"energy": 0.01, "pressure": 300.0, "volume": 70.0},
    }
    return found | changes


def test_what_is_certain_and_passes_all_checks_is_good() -> None:
    found = grade(results(), "density")
    assert (found.grade, found.reasons) == ("good", ())


@pytest.mark.parametrize(
    ("uncertainty", "expected"), [(0.029, "good"), (0.05, "rough"), (0.155, "do not use")]
)
def test_by_its_uncertainty(uncertainty: float, expected: str) -> None:
    found = grade(results(density={"uncertainty": uncertainty}), "density")
    assert found.grade == expected
    if expected != "good":
        assert found.reasons == (f"its uncertainty is {uncertainty:.0%} of its value",)


def test_a_liquid_of_known_pressure_without_a_value_is_not_used() -> None:
    assert grade(results(density={"value": 0.0}), "density").grade == "do not use"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"density": {"halves_agree": False}}, "parts of the simulation differ"),
        ({"density": {"seeds_agree": False}}, "parts of the simulation differ"),
        ({"validation": [{"liquid": 0.02}]}, "pairs of the liquid"),
        ({"validation": [{"liquid": None}]}, "pairs of the liquid"),
        ({"many_body": None}, "it lacks three-body dispersion"),
        ({"variations": []}, "its uncertainty lacks"),
        ({"variations": ["dimers", "charges"]}, "its uncertainty lacks"),
    ],
)
def test_a_check_that_fails_makes_it_rough(changes: dict[str, Any], reason: str) -> None:
    found = grade(results(**changes), "density")
    assert found.grade == "rough"
    assert found.reasons[0].startswith(reason)


@pytest.mark.parametrize(
    "diagnostics",
    [{"converged": False}, {"converged": True, "loose": [{"species": "allene"}]}],
)
def test_a_field_that_is_wrong_makes_it_useless(diagnostics: dict[str, Any]) -> None:
    found = grade(results(force_field={"diagnostics": diagnostics}, variations=[]), "density")
    assert found.grade == "do not use"
    assert len(found.reasons) == 2
    assert found.reasons[0].startswith("the f")
