"""Properties are found by name, and say in one line what is wrong with a request."""

import numpy as np
import pytest

from aiida_forcefield.properties import (
    AbsoluteError,
    Gas,
    Liquid,
    RelativeError,
    property_names,
    property_of,
    read_properties,
    read_request,
    read_simulation,
    read_target,
    write_simulation,
)
from aiida_forcefield.properties.property import require_liquid
from aiida_forcefield.topology.crystal import Crystal
from aiida_forcefield.topology.ions import ions_of

STATE = {"temperature": 298.15, "pressure": 1.0}


def test_each_property_is_whole() -> None:
    assert {"density", "heat_of_vaporization", "compressibility"} <= {*property_names()}
    for name in property_names():
        found = property_of(name)
        assert found.name == name
        assert found.title
        assert found.unit
        assert found.__doc__


@pytest.mark.parametrize(
    ("name", "request_", "message"),
    [
        ("densty", STATE, "property 'densty' is unknown; allowed: .*density"),
        ("density", {**STATE, "temperature": -3}, "density.temperature: -3 must be greater than 0"),
        ("density", {"temperature": 300.0}, "density.pressure is missing"),
        ("density", {**STATE, "p": 1}, "density.p is unknown; allowed: temperature, pressure"),
        ("density", {**STATE, "pressure": float("nan")}, "density.pressure: nan must be"),
    ],
)
def test_bad_requests(name: str, request_: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_request(name, request_)


def test_targets() -> None:
    assert read_target("density") == property_of("density").target
    assert read_target("density", {"target_error": 0.01}) == AbsoluteError(target_error=0.01)
    relative = read_target("compressibility", {"relative_error": 0.1})
    assert relative == RelativeError(relative_error=0.1)
    assert relative.allowed(-2.0) == pytest.approx(0.2)
    for bad in ({"target_error": 0.0}, {"relative_error": 0.1}, {}):
        with pytest.raises(ValueError, match="density"):
            read_target("density", bad)


def test_a_property_at_several_states() -> None:
    warmer = {**STATE, "temperature": 320.0}
    found = read_properties([{"density": STATE}, {"density": warmer}])
    assert [each.label for each in found] == ["density", "density_2"]
    assert [each.request.temperature for each in found] == [298.15, 320.0]


@pytest.mark.parametrize("simulation", [Liquid(298.15, 1.0), Gas(298.15, "EC")])
def test_simulations_as_plain_values(simulation: Liquid | Gas) -> None:
    assert read_simulation(write_simulation(simulation)) == simulation


def test_a_crystal_is_no_liquid() -> None:
    cell = Crystal(("Na", "Cl"), 4 * np.eye(3), np.array([[0.0, 0, 0], [2, 2, 2]]))
    with pytest.raises(ValueError, match="density: the system is a crystal"):
        require_liquid("density", ions_of(cell, {"Na": 1, "Cl": -1}))
