from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiida_forcefield.potentials.forms import CHIRAL_FOURIER, FORMS
from aiida_forcefield.potentials.phases import from_phases, to_phases

PHI = np.linspace(-3, 3, 40)


def cosines(parts: Iterable[tuple[int, float, float]]) -> np.ndarray:
    return sum(height * (1 + np.cos(n * PHI - phase)) for n, height, phase in parts)


@given(st.lists(st.floats(-1, 1), min_size=12, max_size=12))
def test_phases_say_what_sines_say(values: list[float]) -> None:
    parameters = dict(zip(CHIRAL_FOURIER.parameter_names, values, strict=True))
    expected = CHIRAL_FOURIER.evaluate(PHI, np.array(values)).energy
    parts = [(n, height, np.radians(phase)) for n, height, phase in to_phases(parameters)]
    np.testing.assert_allclose(cosines(parts), expected, atol=1e-12)


def test_a_series_without_sines_has_no_phases() -> None:
    assert to_phases({"k1": 0.1, "k2": 0.2}) == [(1, 0.1, 0.0), (2, 0.2, 0.0)]


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        ([(3, 0.2, 0.0), (2, 0.1, np.pi)], "fourier"),
        ([(3, 0.2, np.pi)], "threefold"),
        ([(6, 0.2, 0.0)], "fourier6"),
        ([(3, 0.2, 1.0), (3, 0.1, -0.5), (1, 0.1, 0.0)], "chiral_fourier"),
    ],
)
def test_the_simplest_form_is_taken(parts: list[tuple[int, float, float]], name: str) -> None:
    form, parameters = from_phases(parts)
    assert form == name
    energy = FORMS[form].evaluate(PHI, np.array(list(parameters.values()))).energy
    assert np.ptp(energy - cosines(parts)) < 1e-12  # but for a constant


def test_too_many_waves_are_refused() -> None:
    with pytest.raises(ValueError, match="periodicity 7 is not one of 1 to 6"):
        from_phases([(7, 0.1, 0.0)])
