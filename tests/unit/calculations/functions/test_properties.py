"""Properties through the provenance graph."""

from dataclasses import fields

import numpy as np
import pytest
from aiida.orm import Dict

from aiida_forcefield.calculations.functions.properties import (
    _joined,
    combine_property,
    estimate_uncertainty,
    measure_property,
)
from aiida_forcefield.data import BoxData, ForceFieldData, SystemData, ThermoData
from aiida_forcefield.dynamics import Thermo, tail_coefficient
from aiida_forcefield.topology import Box, Frames

from ..systems import FIELD, SYSTEM

pytestmark = pytest.mark.usefixtures("storage")

COUNTS = (30, 10)
ATOMS = sum(n * len(s.symbols) for n, s in zip(COUNTS, SYSTEM.species, strict=True))
STATE = {"temperature": 298.15, "pressure": 1.0}
TAIL = tail_coefficient(FIELD, SYSTEM, COUNTS, 9.0)


def leg(seed: int, tail: float = TAIL) -> ThermoData:
    volume = 1500.0 + np.random.default_rng(seed).normal(0, 20.0, 101)
    columns = {field.name: np.zeros(101) for field in fields(Thermo)}
    columns |= {"time": 0.1 * np.arange(101), "volume": volume, "tail": tail / volume}
    return ThermoData(Thermo(**{**columns, "density": 1400.0 / volume}))


def task(name: str, target: dict[str, float], part: str = "liquid") -> Dict:
    return Dict({"name": name, "request": STATE, "part": part, "target": target})


def measure(wanted: Dict, tail: float = TAIL, phase: str = "liquid", **nodes: Dict) -> Dict:
    state = {"liquid": STATE, "gas": {"temperature": 298.15, "species": "water"}}[phase]
    thermo = {
        f"seed_{seed}": {f"leg_{number:02d}": leg(10 * seed + number, tail) for number in (0, 1)}
        for seed in (1, 2)
    }
    found: Dict = measure_property(
        ForceFieldData(FIELD),
        SystemData(SYSTEM),
        BoxData(Box(COUNTS, np.zeros((ATOMS, 3)), np.full(3, 12.0))),
        Dict({"phase": phase, **state}),
        Dict({"cutoff": 9.0}),
        wanted,
        **nodes,
        thermo=thermo,
    )
    return found


def test_all_legs_of_all_seeds_count() -> None:
    found = measure(task("density", {"target_error": 0.01}))
    assert found["production"] == pytest.approx([20.0, 20.0])
    assert found["value"] == pytest.approx(1400.0 / 1500.0, abs=0.01)
    assert found["target_error"] == 0.01
    wanted = measure(task("compressibility", {"relative_error": 0.1}))
    assert wanted["target_error"] == pytest.approx(0.1 * wanted["value"])


def test_three_body_dispersion_pushes_by_the_volume() -> None:
    many_body = Dict({"energy": 0.01, "pressure": 500.0, "volume": 37.5})
    found = measure(task("density", {"target_error": 0.01}), many_body=many_body)
    assert found["three_body_pressure"] == pytest.approx(500.0, rel=0.05)
    assert measure(task("density", {"target_error": 0.01}))["three_body_pressure"] == 0.0


def test_a_tail_correction_that_is_wrong_is_told() -> None:
    wanted = task("density", {"target_error": 0.01})
    with pytest.raises(ValueError, match="tail correction: the engine added 0"):
        measure(wanted, tail=0.0)
    assert measure(wanted, tail=0.0, phase="gas")["value"] > 0  # which has none


def test_frames_of_a_seed_are_joined() -> None:
    first, second = (
        Frames((1,), np.full((3, 1, 3), float(number)), np.ones((3, 3))) for number in (0, 1)
    )
    joined = _joined([first, second])
    np.testing.assert_array_equal(joined.positions[:, 0, 0], [0.0, 0.0, 0.0, 1.0, 1.0])
    assert joined.edges.shape == (5, 3)


def test_parts_of_a_property_are_put_together() -> None:
    part = {"standard_error": 0.0, "halves_agree": True, "seeds_agree": True, "production": [1.0]}
    part |= {"property": "heat_of_vaporization"}
    found = combine_property(
        task("heat_of_vaporization", {"target_error": 0.3}),
        gas=Dict({**part, "value": 10.0}),
        liquid=Dict({**part, "value": -30.0}),
    )
    assert found["value"] == pytest.approx(40.0 + 8.314462618e-3 * 298.15)


def test_uncertainty_is_that_of_the_property() -> None:
    result = {"property": "density", "value": 1.0, "standard_error": 0.003, "compressibility": 1e-4}
    pressure = Dict({"bias": 0.0, "error": 400.0, "level": 0.0})
    other = Dict({"value": 1.03, "standard_error": 0.0})
    found = estimate_uncertainty(Dict(result), pressure, charges=other)
    assert found["uncertainty"] == pytest.approx(0.05, rel=0.01)
    assert found["pair_pressure"] == pytest.approx(0.04)
    plain = estimate_uncertainty(Dict({**result, "property": "thermal_expansion"}), charges=other)
    assert "pair_pressure" not in plain.get_dict()
    assert plain["uncertainty"] == pytest.approx(0.03, rel=0.01)
