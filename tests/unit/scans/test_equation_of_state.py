"""A Birch-Murnaghan curve gives back what it was made of, with errors that are honest."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiida_forcefield.scans.equation_of_state import (
    birch_murnaghan,
    equation_of_state,
    pressure,
)
from aiida_forcefield.units import GPA

VOLUME = 16.8
STRAINS = np.linspace(-0.05, 0.05, 6)
UNKNOWN = np.full(6, np.nan)


def curve(volume: float, modulus: float, derivative: float) -> tuple[np.ndarray, np.ndarray]:
    """Energies and slopes at the strains."""
    volumes, parameters = VOLUME * (1 + STRAINS) ** 3, (volume, modulus / GPA, derivative)
    slopes = -3 * volumes / (1 + STRAINS) * pressure(volumes, *parameters)
    return birch_murnaghan(volumes, -866.7, *parameters), slopes


@given(volume=st.floats(15.5, 18.0), modulus=st.floats(10.0, 300.0), derivative=st.floats(3.0, 6.0))
def test_a_curve_gives_back_its_parameters(
    volume: float, modulus: float, derivative: float
) -> None:
    energies, slopes = curve(volume, modulus, derivative)
    some = np.where(np.arange(6) % 2, slopes, np.nan)
    few = np.array([0, 2, 5])  # three points with slopes are six observations
    for found in (
        equation_of_state(STRAINS, energies, UNKNOWN, VOLUME),
        equation_of_state(STRAINS, energies, some, VOLUME),
        equation_of_state(STRAINS[few], energies[few], slopes[few], VOLUME),
    ):
        assert found.volume == pytest.approx(volume, rel=1e-5)
        assert found.bulk_modulus == pytest.approx(modulus, rel=1e-3)
        assert found.derivative == pytest.approx(derivative, rel=1e-2)
        assert found.energy == pytest.approx(-866.7, abs=1e-6)
        assert (1 + found.strain) ** 3 * VOLUME == pytest.approx(found.volume)
        assert found.residual < 1e-6


def test_the_modulus_is_volume_times_curvature() -> None:
    step = 1e-3 * VOLUME
    below, at, above = birch_murnaghan(
        VOLUME + step * np.array([-1, 0, 1]), 0.0, VOLUME, 70 / GPA, 4.2
    )
    assert VOLUME * (below - 2 * at + above) / step**2 * GPA == pytest.approx(70.0, rel=1e-4)


def test_pressure_is_the_negative_slope() -> None:
    volumes, step = np.linspace(15, 19, 9), 1e-5
    parameters = 17.0, 0.4, 4.5
    slope = birch_murnaghan(volumes + step, 0.0, *parameters)
    slope = (slope - birch_murnaghan(volumes - step, 0.0, *parameters)) / (2 * step)
    np.testing.assert_allclose(pressure(volumes, *parameters), -slope, atol=1e-9)


def test_errors_are_those_of_repeated_noise() -> None:
    energies, _ = curve(16.6, 68.0, 4.3)
    rng = np.random.default_rng(7)
    found = [
        equation_of_state(STRAINS, energies + 1e-4 * rng.normal(size=6), UNKNOWN, VOLUME)
        for _ in range(200)
    ]
    for name, error in (("volume", "volume_error"), ("bulk_modulus", "bulk_modulus_error")):
        spread = np.std([getattr(state, name) for state in found])
        stated = np.sqrt(np.mean([getattr(state, error) ** 2 for state in found]))
        assert stated == pytest.approx(spread, rel=0.2)


def test_too_few_points_or_no_minimum() -> None:
    energies, _ = curve(16.6, 68.0, 4.3)
    with pytest.raises(ValueError, match="4 energies and slopes; at least 5"):
        equation_of_state(STRAINS[:4], energies[:4], UNKNOWN[:4], VOLUME)
    with pytest.raises(ValueError, match="no minimum"):
        equation_of_state(STRAINS, curve(25.0, 68.0, 4.3)[0], UNKNOWN, VOLUME)
