"""What a reader of a study's results should not overlook."""

from typing import Any

import pytest

from aiida_forcefield.study.warnings import study_warnings

GOOD: dict[str, Any] = {
    "force_field": {"warnings": []},
    "qm": {"points": 200, "failed_points": 3},
    "dipoles": {
        "methanol": {
            "gas": {"charges": 1.76, "qm": 1.67, "potential_error": 0.22},
            "solvated": {"charges": 2.15, "qm": 2.11, "potential_error": 0.17},
        }
    },
    "validation": [{"liquid": 0.02}, {"liquid": 0.01}],
    "target_error": 0.013,
    "pressure": {"bias": -150.0, "error": 210.0, "level": 0.0, "target": 250.0, "pairs": 90},
    "variations": ["charges", "dimers"],
    "many_body": {"energy": 0.01, "pressure": 300.0, "volume": 70.0},
    "properties": {
        "density": {
            "halves_agree": True,
            "seeds_agree": True,
            "changes": {"charges": 0.01, "dimers": 0.0},
        }
    },
}


def told(path: str, value: Any) -> list[str]:
    """The doubts where one of the good results is another."""
    *parents, last = path.split("/")
    changed: dict[str, Any] = {**GOOD}
    inner = changed
    for name in parents:
        inner[name] = {**inner[name]}
        inner = inner[name]
    inner[last] = value
    return list(study_warnings(changed))


def test_good_results_are_not_doubted() -> None:
    assert list(study_warnings(GOOD)) == []


def test_a_study_that_has_only_begun_is_not_doubted() -> None:
    nothing = {"force_field": None, "dipoles": {}, "validation": [], "pressure": None}
    assert list(study_warnings({**GOOD, **nothing, "properties": {}})) == []


def test_of_several_species_the_one_is_named() -> None:
    (poor,) = told("dipoles/water", {"gas": {"charges": 2.6, "qm": 1.9, "potential_error": 0.2}})
    assert poor.startswith("The dipole of the charges of water in vacuum is 2.60 D")


def test_each_property_is_looked_at() -> None:
    heat = {"halves_agree": True, "seeds_agree": False, "changes": {"charges": 0.1, "dimers": 0.1}}
    (rough,) = told("properties/heat_of_vaporization", heat)
    assert "velocities differ in heat_of_vaporization" in rough


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("force_field/warnings", ["The fit did not converge."], "The fit did not converge."),
        ("qm/failed_points", 21, "21 of 200 QM points failed."),
        (
            "dipoles/methanol/gas/potential_error",
            0.41,
            "Charges miss 41% of the electrostatic potential",
        ),
        (
            "dipoles/methanol/solvated/charges",
            2.6,
            "charges in the solvent is 2.60 D, that of the QM",
        ),
        ("validation", [{"liquid": 0.02}], "within 0.46 kcal/mol, more than the target"),
        ("validation", [{"liquid": None}], "No pair of the liquid could be computed"),
        ("pressure", None, "How well the pressure of pairs is known could not be told"),
        ("pressure/error", 400.0, "The pressure of pairs is known to 400 bar, not to the target"),
        ("pressure/bias", -500.0, "a pressure of pairs that is -500 bar off"),
        ("many_body", None, "Properties lack three-body dispersion: there was no preliminary"),
        (
            "properties/density/halves_agree",
            False,
            "The first and the second half of the simulation differ in density",
        ),
        ("properties/density/seeds_agree", False, "began with other velocities differ in density"),
        (
            "properties/density/changes",
            {"dimers": 0.0},
            "No density with another choice of charges:",
        ),
        ("variations", [], "The uncertainty of density lacks what choices of the fit change"),
    ],
)
def test_what_is_wrong_is_told(path: str, value: Any, expected: str) -> None:
    (sentence,) = told(path, value)
    assert expected in sentence
