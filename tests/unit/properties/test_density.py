"""Density, how stiff the liquid is, and what its force field leaves open."""

import numpy as np
import pytest

from aiida_forcefield.dynamics import ManyBody, summarise
from aiida_forcefield.properties import Liquid, Result, State, property_of, read_simulation

from .series import METHANOL, MIXTURE, autoregressive, thermo, trajectory

DENSITY = property_of("density")
ROOM = State(temperature=298.15, pressure=1.0)
MOLECULES = 40
MASS = 32.042 * MOLECULES / 0.602214  # g/cm³ Å³


def volumes(samples: int) -> np.ndarray:
    rng = np.random.default_rng(samples)
    return 2800.0 + rng.normal(0, 40.0, samples).cumsum() * 0.05 + rng.normal(0, 40.0, samples)


@pytest.mark.parametrize("samples", [17, 21, 400])
def test_density_and_compressibility(samples: int) -> None:
    """Also of the shortest liquids, of which equilibration takes half."""
    volume = volumes(samples)
    run = thermo(volume=volume, density=MASS / volume)
    push = ManyBody(0.0, 500.0, 70.0)
    found, without = (
        DENSITY.measure("liquid", ROOM, trajectory(run, molecules=MOLECULES, many_body=many_body))
        for many_body in (push, None)
    )
    mean = summarise([run.density], 0.1)
    assert found["value"] == mean.mean
    assert found["standard_error"] == mean.standard_error
    assert found["unit"] == "g/cm3"
    assert (found["temperature"], found["pressure"]) == (298.15, 1.0)
    assert found["production"] == [pytest.approx(0.1 * (samples - 1))]
    outward = found["three_body_pressure"]
    here = 32.042 / 0.602214 / found["value"]
    assert outward == pytest.approx(push.pressure_at(here), rel=1e-3)
    # What falls as the liquid expands makes it stiffer.
    stiffness = 1 / found["compressibility"] - 1 / without["compressibility"]
    assert stiffness == pytest.approx(3 * outward)
    assert 1 / without["compressibility"] > 0
    assert without["three_body_pressure"] == 0.0


def test_it_needs_the_liquid_of_any_system() -> None:
    for system in (METHANOL, MIXTURE):
        needed = DENSITY.simulations(ROOM, system)
        assert needed == {"liquid": Liquid(298.15, 1.0)}
        assert read_simulation({"phase": "liquid", "temperature": 298.15, "pressure": 1.0}) in [
            *needed.values()
        ]


def test_seeds_that_contradict_each_other_are_told() -> None:
    low, high = (
        thermo(volume=v, density=MASS / v) for v in autoregressive(0.5, (2, 400), 1) + 2800
    )
    high = thermo(volume=high.volume, density=high.density * 1.1)
    found = DENSITY.measure("liquid", ROOM, trajectory(low, high, molecules=MOLECULES))
    assert found["halves_agree"]
    assert not found["seeds_agree"]


def density(value: float, error: float, outward: float = 0.0) -> Result:
    content = {"property": "density", "value": value, "standard_error": error, "unit": "g/cm3"}
    return {**content, "compressibility": 1e-4, "three_body_pressure": outward}


def test_changes_beyond_the_statistics_count() -> None:
    others = {"charges": density(1.04, 0.0), "weights": density(0.97, 0.0)}
    found = DENSITY.uncertainty(density(1.0, 0.0), others)
    assert found["value"] == 1.0
    assert found["changes"] == pytest.approx({"charges": 0.04, "weights": -0.03})
    assert found["uncertainty"] == pytest.approx(0.05)


def test_changes_within_the_statistics_do_not() -> None:
    found = DENSITY.uncertainty(density(1.0, 0.004), {"charges": density(1.003, 0.004)})
    assert found["uncertainty"] == pytest.approx(0.004)


def test_what_is_not_known_of_the_pressure_counts() -> None:
    pressure = {"error": 320.0, "bias": -240.0, "level": 0.0, "pairs": 40}
    found = DENSITY.uncertainty(density(0.75, 0.04), {}, pressure)
    assert found["pair_pressure"] == pytest.approx(0.03)
    assert found["uncertainty"] == pytest.approx(0.05)
    assert found["changes"] == {}


@pytest.mark.parametrize(("change", "expected"), [(0.02, 0.03), (0.04, 0.04)])
def test_what_pairs_tell_is_counted_once(change: float, expected: float) -> None:
    pressure = {"error": 400.0, "bias": 0.0, "level": 0.0, "pairs": 40}
    others = {"dimers": density(0.75 + change, 0.0)}
    found = DENSITY.uncertainty(density(0.75, 0.0), others, pressure)
    assert found["uncertainty"] == pytest.approx(expected)


def test_what_the_level_of_qm_leaves_open_counts_beside_it() -> None:
    pressure = {"error": 400.0, "bias": 0.0, "level": 533.333333, "pairs": 40}
    found = DENSITY.uncertainty(density(0.75, 0.0), {}, pressure)
    assert found["qm_level"] == pytest.approx(0.04)
    assert found["uncertainty"] == pytest.approx(0.05)


def test_rows_say_where_the_uncertainty_comes_from() -> None:
    result = density(0.75, 0.003, 280.0)
    (plain, *_) = DENSITY.rows(result)
    assert (plain.value, plain.error, plain.unit) == (0.75, 0.003, "g/cm3")
    found = DENSITY.uncertainty(
        result, {"dimers": density(0.76, 0.0)}, {"error": 400.0, "bias": 0.0, "level": 0.0}
    )
    rows = {row.label: row for row in DENSITY.rows(found)}
    assert rows["predicted"].error == found["uncertainty"]
    assert rows["of which statistics"].error == 0.003
    assert rows["change with other dimers"].value == pytest.approx(0.01)
    assert rows["from the pressure of pairs"].error == pytest.approx(0.03)
    assert rows["from the level of QM"].error == 0.0
    assert rows["three-body dispersion, outwards"].value == 280.0
    assert rows["three-body dispersion, outwards"].unit == "bar"


def test_what_was_not_measured_has_no_row() -> None:
    assert [row.label for row in DENSITY.rows(density(0.75, 0.003))] == ["predicted"]
