"""Heat of vaporization: its formula, its parts, and liquids that have none."""

import numpy as np
import pytest

from aiida_forcefield.dynamics import ManyBody
from aiida_forcefield.properties import Gas, Liquid, State, plan_simulations, property_of
from aiida_forcefield.properties import read_properties as read
from aiida_forcefield.topology import System, from_smiles

from .series import METHANOL, MIXTURE, autoregressive, thermo, trajectory

HEAT = property_of("heat_of_vaporization")
ROOM = State(temperature=300.0, pressure=1.0)
KJ = 96.4853321  # kJ/mol in an eV
RT = 8.314462618e-3 * 300.0


def liquid(energy: float, many_body: ManyBody | None = None):
    """100 molecules with an energy (eV) each, 70 Å³ each."""
    noise = autoregressive(0.9, (2, 4000), 1)
    runs = [thermo(volume=7000.0 + 50 * x, potential_energy=100 * energy + 0.5 * x) for x in noise]
    return trajectory(*runs, molecules=100, many_body=many_body)


def gas(energy: float):
    noise = autoregressive(0.9, (2, 4000), 3)
    return trajectory(*(thermo(potential_energy=energy + 0.05 * x) for x in noise), molecules=1)


def measure(many_body: ManyBody | None = None) -> dict:
    parts = {
        "liquid": HEAT.measure("liquid", ROOM, liquid(-0.3, many_body)),
        "gas": HEAT.measure("gas", ROOM, gas(0.1)),
    }
    return HEAT.combine(ROOM, parts)


def test_energies_of_both_phases() -> None:
    found = measure()
    assert found["value"] == pytest.approx(0.4 * KJ + RT, abs=3 * found["standard_error"])
    # Both errors: 0.05 eV and 0.005 eV a molecule, each divided by √(8000 / 19).
    expected = KJ * np.hypot(0.05, 0.005) / np.sqrt(8000 / 19)
    assert found["standard_error"] == pytest.approx(expected, rel=0.3)
    assert found["unit"] == "kJ/mol"
    assert found["halves_agree"]
    assert found["gas_energy"] == pytest.approx(0.1 * KJ, abs=1.0)


def test_the_pressure_of_the_liquid_is_a_trifle() -> None:
    high = State(temperature=300.0, pressure=1000.0)
    low, squeezed = (HEAT.measure("liquid", s, liquid(-0.3))["value"] for s in (ROOM, high))
    # 999 bar times 70 Å³.
    assert squeezed - low == pytest.approx(999.0 * 70.0 / 1.602176634e6 * KJ, rel=0.01)


def test_three_body_dispersion_counts_by_its_energy() -> None:
    # It was measured in half the volume: the energy falls with the square of that.
    found, pairs = measure(ManyBody(0.04, 2400.0, 35.0)), measure()
    assert found["three_body_energy"] == pytest.approx(0.01 * KJ, rel=0.02)
    assert pairs["value"] - found["value"] == pytest.approx(found["three_body_energy"])
    rows = {row.label: row.value for row in HEAT.rows(found)}
    assert rows["of which three-body dispersion"] == pytest.approx(-0.01 * KJ, rel=0.02)
    assert [row.label for row in HEAT.rows(pairs)] == ["predicted"]


def test_parts_that_disagree_are_told() -> None:
    parts = {
        name: {"value": 1.0, "standard_error": 0.1, "production": []} for name in ("gas", "liquid")
    }
    for part in parts.values():
        part |= {"halves_agree": True, "seeds_agree": True}
    parts["gas"]["seeds_agree"] = False
    found = HEAT.combine(ROOM, parts)
    assert found["halves_agree"]
    assert not found["seeds_agree"]


def test_each_phase_may_have_its_share_of_the_error() -> None:
    assert HEAT.allowed_error(HEAT.target, -40.0, 2) == pytest.approx(0.3 / np.sqrt(2))


def test_it_shares_the_liquid_with_the_density() -> None:
    state = {"temperature": 300.0, "pressure": 1.0}
    wanted = read([{"density": state}, {"heat_of_vaporization": state}])
    tasks = plan_simulations(wanted, METHANOL)
    assert {key: [t.requested.label for t in value] for key, value in tasks.items()} == {
        Liquid(300.0, 1.0): ["density", "heat_of_vaporization"],
        Gas(300.0, "methanol"): ["heat_of_vaporization"],
    }


@pytest.mark.parametrize(
    ("system", "reason"),
    [
        (MIXTURE, "only a pure liquid has it; the system has methanol, water"),
        (System.pure("Li", from_smiles("[Li+]")), r"Li has the charge \+1"),
    ],
)
def test_what_has_none_is_refused(system: System, reason: str) -> None:
    with pytest.raises(ValueError, match=f"heat_of_vaporization: {reason}"):
        HEAT.simulations(ROOM, system)
