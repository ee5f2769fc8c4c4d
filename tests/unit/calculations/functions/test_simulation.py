"""The files of a simulation: what the barostat is told, and what a gas is."""

import json

import numpy as np
import pytest
from aiida.orm import Dict, Int

from aiida_forcefield.calculations.functions.simulation import (
    place_molecule,
    prepare_gas_leg,
    prepare_production,
    prepare_simulation,
)
from aiida_forcefield.data import BoxData, ForceFieldData, PointsData, SystemData
from aiida_forcefield.topology import Box

from ....fields import build, polarizable
from ..systems import FIELD, SYSTEM, reference

pytestmark = pytest.mark.usefixtures("storage")

LIQUID = {"phase": "liquid", "temperature": 298.15, "pressure": 10.1325}
GAS = {"phase": "gas", "temperature": 298.15, "species": "MeOH"}
SETTINGS = {"cutoff": 9.0, "equilibration": 4.0, "production": 2.0, "frames": 0, "seeds": [3, 4]}
FORMS = "morse harmonic_angle threefold tang_toennies"
OPENMM = SETTINGS | {"engine": "openmm"}
COUNTS = (2, 2)
ATOMS = sum(n * len(s.symbols) for n, s in zip(COUNTS, SYSTEM.species, strict=True))


def box() -> BoxData:
    positions = np.random.default_rng(1).uniform(0, 20, (ATOMS, 3))
    return BoxData(Box(COUNTS, positions, np.full(3, 20.0)))


def barostat(many_body: Dict | None, volume: float) -> float:
    """The pressure that the script aims at when the box has a volume (Å³), atm."""
    script = prepare_production(
        *(ForceFieldData(FIELD), SystemData(SYSTEM), box(), Dict(LIQUID), Dict(SETTINGS)), many_body
    )
    (line,) = (x for x in script.get_content().splitlines() if x.startswith("variable target"))
    formula = line.split(" equal ")[1].replace("^", "**")
    return float(eval(formula, {"vol": volume}))


def test_the_pressure_is_what_was_asked_for() -> None:
    assert barostat(None, 300.0) == pytest.approx(10.0)


def test_three_body_dispersion_pushes_by_the_volume() -> None:
    many_body = Dict({"energy": 0.01, "pressure": 303.975, "volume": 70.0})
    assert barostat(many_body, 280.0) == pytest.approx(10.0 - 300.0)
    assert barostat(many_body, 560.0) == pytest.approx(10.0 - 300.0 / 8)


def test_files_of_a_liquid() -> None:
    files = prepare_simulation(
        ForceFieldData(FIELD), SystemData(SYSTEM), box(), Dict(LIQUID), Dict(SETTINGS)
    )
    assert {*files} == {"force_field", "damping", "system", "equilibration_3", "equilibration_4"}
    assert f"{ATOMS} atoms" in files["system"].get_content()
    assert "kspace_style" in files["force_field"].get_content()
    assert " npt " in files["equilibration_3"].get_content()


def test_files_of_a_gas() -> None:
    system, state = SystemData(SYSTEM), Dict(GAS)
    methanol = SYSTEM.of_name("MeOH")
    placed = place_molecule(system, state, PointsData(reference(methanol)))
    assert placed.value.counts == (0, 1)
    field = ForceFieldData(FIELD)
    files = prepare_simulation(field, system, placed, state, Dict(SETTINGS))
    assert "\n6 atoms\n" in files["system"].get_content()
    assert "kspace_style" not in files["force_field"].get_content()
    assert "langevin" in files["equilibration_3"].get_content()
    scripts = prepare_gas_leg(field, system, state, Dict(SETTINGS), Int(0))
    assert {*scripts} == {"production_3", "production_4"}
    one, other = (node.get_content() for node in scripts.values())
    assert one != other


def test_scripts_of_molecules_that_polarise_one_another() -> None:
    whole = build({"water": "O", "MeOH": "CO"}, FORMS, {"scale_14": (1.0, 1.0)})
    field, system = ForceFieldData(polarizable(whole[1], whole[0])), SystemData(whole[0])
    files = prepare_simulation(field, system, box(), Dict(LIQUID), Dict(SETTINGS))
    assert f"{ATOMS + 6} atoms" in files["system"].get_content()
    production = prepare_production(field, system, box(), Dict(LIQUID), Dict(SETTINGS))
    for script in (files["equilibration_3"], production):
        assert " tgnpt/drude " in script.get_content()
    gas = prepare_gas_leg(field, system, Dict(GAS), Dict(SETTINGS), Int(0))
    assert " langevin/drude " in gas["production_3"].get_content()


def test_files_for_openmm() -> None:
    force_field, system, settings = ForceFieldData(FIELD), SystemData(SYSTEM), Dict(OPENMM)
    files = prepare_simulation(force_field, system, box(), Dict(LIQUID), settings)
    scripts = {"equilibration_3", "equilibration_4"}
    assert {*files} == {"force_field", "molecules", "system", *scripts}
    assert files["force_field"].filename == "forcefield.xml"
    assert "constraints" in files["molecules"].get_content()
    script = prepare_production(force_field, system, box(), Dict(LIQUID), settings)
    leg = json.loads(script.get_content())
    assert leg["target"]["pressure"] == 10.1325
    gas = prepare_gas_leg(force_field, system, Dict(GAS), settings, Int(0))["production_3"]
    assert json.loads(gas.get_content())["target"] is None


def test_what_openmm_cannot_say_is_told() -> None:
    linear, field = build(
        {"allene": "C=C=C"}, "morse harmonic_angle linear_angle fourier harmonic_improper exp6", {}
    )
    whole = BoxData(Box((1,), linear.species[0].conformers[0], np.full(3, 20.0)))
    with pytest.raises(ValueError, match="leads over linear atoms, which OpenMM's XML cannot say"):
        prepare_simulation(
            ForceFieldData(field), SystemData(linear), whole, Dict(LIQUID), Dict(OPENMM)
        )
