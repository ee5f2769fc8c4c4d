"""Compressibility and thermal expansion against ensembles whose answers are known."""

import numpy as np
import pytest

from aiida_forcefield.dynamics import ManyBody
from aiida_forcefield.properties import State, Trajectory, property_of
from aiida_forcefield.units import BAR, BOLTZMANN

from .series import autoregressive, thermo, trajectory

COMPRESSIBILITY, EXPANSION = (property_of(n) for n in ("compressibility", "thermal_expansion"))
T = 298.15
ROOM = State(temperature=T, pressure=1.0)


def test_an_ideal_gas() -> None:
    """At constant pressure its volume has the density V^N exp(−pV/kT), a gamma distribution."""
    molecules, state = 300, State(temperature=T, pressure=50.0)
    rng = np.random.default_rng(3)
    unit = BOLTZMANN * T / (50.0 / BAR)
    runs = [thermo(volume=rng.gamma(molecules + 1, unit, size=20000)) for _ in range(2)]
    gas = trajectory(*runs, molecules=molecules)
    kappa = COMPRESSIBILITY.measure("liquid", state, gas)
    assert kappa["value"] == pytest.approx(1e4 / 50.0, rel=0.03)
    assert abs(kappa["value"] - 1e4 / 50.0) < 3 * kappa["standard_error"]
    alpha = EXPANSION.measure("liquid", state, gas)
    assert alpha["value"] == pytest.approx(1 / T, rel=0.03)
    assert abs(alpha["value"] - 1 / T) < 3 * alpha["standard_error"]


BULK, THERMAL = 12000.0, 9.0  # bar, bar/K: of a liquid with p = −B ΔV/V + γ ΔT
VOLUME = 7000.0  # Å³


def liquid(
    phi: float, samples: int, seed: int, pressure: float, many_body: ManyBody | None
) -> Trajectory:
    """Runs that fluctuate as that liquid does under the pressure of the barostat, bar."""
    a, b = autoregressive(phi, (2, samples), seed)
    volume = VOLUME + np.sqrt(BOLTZMANN * T * VOLUME / (BULK / BAR)) * a
    # ⟨ΔV ΔH⟩ = k T² dV/dT, and the enthalpy has noise of its own.
    slope = T * THERMAL / BAR
    enthalpy = slope * (volume - VOLUME) + 0.8 * b
    energy = enthalpy - pressure / BAR * volume
    return trajectory(thermo(volume=volume, potential_energy=energy), many_body=many_body)


def test_a_liquid_of_pairs() -> None:
    runs = liquid(0.9, 40000, 1, ROOM.pressure, None)
    kappa = COMPRESSIBILITY.measure("liquid", ROOM, runs)
    alpha = EXPANSION.measure("liquid", ROOM, runs)
    assert kappa["value"] == pytest.approx(1e4 / BULK, rel=0.1)
    assert alpha["value"] == pytest.approx(THERMAL / BULK, rel=0.1)
    assert abs(kappa["value"] - 1e4 / BULK) < 3 * kappa["standard_error"]
    assert abs(alpha["value"] - THERMAL / BULK) < 3 * alpha["standard_error"]


def test_a_liquid_with_more_than_pairs() -> None:
    """What pushes as V⁻³ adds three times its pressure to the bulk modulus, and nothing to γ."""
    push = ManyBody(0.0, 1500.0, VOLUME / 100)
    runs = liquid(0.0, 100000, 2, ROOM.pressure - 1500.0, push)
    bulk = BULK + 3 * 1500.0
    kappa = COMPRESSIBILITY.measure("liquid", ROOM, runs)
    alpha = EXPANSION.measure("liquid", ROOM, runs)
    assert kappa["value"] == pytest.approx(1e4 / bulk, rel=0.02)
    assert alpha["value"] == pytest.approx(THERMAL / bulk, rel=0.02)


@pytest.mark.parametrize("outward", [0.0, 1500.0])
def test_errors_are_the_spread_of_repeated_simulations(outward: float) -> None:
    push = ManyBody(0.0, outward, VOLUME / 100)
    for measured in (COMPRESSIBILITY, EXPANSION):
        results = [
            measured.measure("", ROOM, liquid(0.9, 2000, seed, ROOM.pressure - outward, push))
            for seed in range(60)
        ]
        values, errors = (
            np.array([each[key] for each in results]) for key in ("value", "standard_error")
        )
        assert errors.mean() == pytest.approx(values.std(ddof=1), rel=0.25)
        assert np.mean([each["halves_agree"] for each in results]) > 0.85


def test_a_transient_is_left_out() -> None:
    runs = liquid(0.5, 8000, 5, ROOM.pressure, None)
    (run,) = runs.runs
    decay = 2000.0 * np.exp(-np.arange(8000) / 100)
    drifting = thermo(volume=run.volume + decay, potential_energy=run.potential_energy)
    found = COMPRESSIBILITY.measure("liquid", ROOM, trajectory(drifting))
    assert found["value"] == pytest.approx(1e4 / BULK, rel=0.15)
