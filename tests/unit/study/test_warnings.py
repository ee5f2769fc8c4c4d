"""What a reader of a study's results should not overlook."""

from typing import Any

import pytest

from aiida_forcefield.study.warnings import study_warnings

GOOD: dict[str, Any] = {
    "force_field": {"doubts": []},
    "qm": {"points": 200, "failed_points": 3},
    "dipoles": {
        "gas": {"charges": 1.76, "qm": 1.67, "potential_error": 0.22},
        "solvated": {"charges": 2.15, "qm": 2.11, "potential_error": 0.17},
    },
    "validation": [{"dimers: liquid": 0.02}, {"dimers: liquid": 0.01}],
    "target_error": 0.013,
    "pressure": {"bias": -150.0, "error": 210.0, "target": 250.0, "pairs": 90},
    "variations": ["charges", "dimers"],
    "many_body_settled": True,
    "properties": {
        "density": {
            "halves_agree": True,
            "seeds_agree": True,
            "beyond_pairs": {"induction": -95.0},
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
    nothing = {"force_field": None, "dipoles": None, "validation": [], "pressure": None}
    assert list(study_warnings({**GOOD, **nothing, "properties": {"density": None}})) == []


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("force_field/doubts", ["The fit did not converge."], "The fit did not converge."),
        ("qm/failed_points", 21, "21 of 200 QM points failed."),
        ("dipoles/gas/potential_error", 0.41, "Charges miss 41% of the electrostatic potential"),
        ("dipoles/solvated/charges", 2.6, "charges in the solvent is 2.60 D, that of the QM"),
        ("validation", [{"dimers: liquid": 0.02}], "within 0.46 kcal/mol, more than the target"),
        ("validation", [{"molecule: energies": 0.02}], "No pair of the liquid could be computed"),
        ("pressure", None, "How well the pressure of pairs is known could not be told"),
        ("pressure/error", 400.0, "The pressure of pairs is known to 400 bar, not to the target"),
        ("pressure/bias", -500.0, "a pressure of pairs that is -500 bar off"),
        ("properties/density/beyond_pairs", {}, "What molecules of the liquid polarise"),
        ("many_body_settled", False, "beyond pairs is that of the preliminary liquid"),
        ("properties/density/halves_agree", False, "The first and the second half"),
        ("properties/density/seeds_agree", False, "began with other velocities differ"),
        (
            "properties/density/changes",
            {"dimers": 0.0},
            "No density with another choice of charges:",
        ),
        ("variations", [], "lacks what choices of the fit change"),
    ],
)
def test_what_is_wrong_is_told(path: str, value: Any, expected: str) -> None:
    (sentence,) = told(path, value)
    assert expected in sentence
