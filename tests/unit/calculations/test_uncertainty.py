"""The uncertainty of a density from its force field."""

import pytest
from aiida.orm import Dict

from aiida_forcefield.calculations.uncertainty import estimate_uncertainty

pytestmark = pytest.mark.usefixtures("storage")


def density(value: float, error: float, beyond: float = 0.0, induction: float = 0.0) -> Dict:
    content = {"value": value, "standard_error": error, "unit": "g/cm3"}
    content |= {"compressibility": 1e-4, "beyond_pairs_error": beyond}
    return Dict({**content, "beyond_pairs": {"induction": induction}})


def test_changes_beyond_the_statistics_count() -> None:
    others = {"charges": density(1.04, 0.0), "weights": density(0.97, 0.0)}
    found = estimate_uncertainty(density(1.0, 0.0), **others).get_dict()
    assert found["value"] == 1.0
    assert found["changes"] == pytest.approx({"charges": 0.04, "weights": -0.03})
    assert found["uncertainty"] == pytest.approx(0.05)


def test_changes_within_the_statistics_do_not() -> None:
    found = estimate_uncertainty(density(1.0, 0.004), charges=density(1.003, 0.004)).get_dict()
    assert found["uncertainty"] == pytest.approx(0.004)


def test_what_is_not_known_of_the_pressure_counts() -> None:
    pressure = Dict({"error": 320.0, "bias": -240.0, "pairs": 40})
    found = estimate_uncertainty(density(0.75, 0.04), pressure).get_dict()
    assert found["pair_pressure"] == pytest.approx(0.03)
    assert found["uncertainty"] == pytest.approx(0.05)
    assert found["changes"] == {}


def test_what_is_not_known_beyond_pairs_counts() -> None:
    found = estimate_uncertainty(density(0.75, 0.003, 40.0 / 0.75)).get_dict()
    assert found["many_body_pressure"] == pytest.approx(0.004)
    assert found["uncertainty"] == pytest.approx(0.005)


def test_induction_is_not_known_better_than_its_model() -> None:
    found = estimate_uncertainty(density(0.75, 0.0, 120.0, -800.0)).get_dict()
    assert found["beyond_pairs_error"] == pytest.approx(200.0)
    assert found["uncertainty"] == pytest.approx(0.015)


@pytest.mark.parametrize(("change", "expected"), [(0.02, 0.03), (0.04, 0.04)])
def test_what_pairs_tell_is_counted_once(change: float, expected: float) -> None:
    pressure = Dict({"error": 400.0, "bias": 0.0, "pairs": 40})
    others = {"dimers": density(0.75 + change, 0.0)}
    found = estimate_uncertainty(density(0.75, 0.0), pressure, **others).get_dict()
    assert found["uncertainty"] == pytest.approx(expected)
