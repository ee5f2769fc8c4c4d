import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiida_forcefield.potentials.forms import FORMS, Form, exp6_pair, fourier, morse

PARAMETERS = {
    "morse": [4.2, 1.9, 1.4],
    "harmonic_angle": [2.5, 109.0],
    "fourier": [0.03, -0.2, 0.1, 0.05],
    "harmonic_improper": [1.2],
    "exp6": [1500.0, 0.27, 20.0],
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@given(q=st.floats(0.9, 3.0))
def test_derivatives_are_those_of_the_energy(form: Form, q: float) -> None:
    p = np.array(PARAMETERS[form.name])
    x = np.array([q])
    value = form.evaluate(x, p)
    step = 1e-5
    slope = (form.evaluate(x + step, p).energy - form.evaluate(x - step, p).energy) / (2 * step)
    assert value.slope == pytest.approx(slope, rel=1e-6, abs=1e-6)
    for i in range(len(p)):
        shift = np.zeros(len(p))
        shift[i] = 1e-5 * max(abs(p[i]), 0.1)
        plus, minus = form.evaluate(x, p + shift), form.evaluate(x, p - shift)
        width = 2 * shift[i]
        assert value.energy_jacobian[..., i] == pytest.approx(
            (plus.energy - minus.energy) / width, rel=1e-6, abs=1e-6
        )
        assert value.slope_jacobian[..., i] == pytest.approx(
            (plus.slope - minus.slope) / width, rel=1e-6, abs=1e-6
        )


def test_morse_dissociates_to_its_depth_and_curves_by_two_d_alpha_squared() -> None:
    D, alpha, r0 = p = np.array(PARAMETERS["morse"])
    assert morse(np.array([50.0]), p).energy == pytest.approx(D)
    value = morse(np.array([r0 - 1e-6, r0 + 1e-6]), p)
    assert np.diff(value.slope) / 2e-6 == pytest.approx(2 * D * alpha**2, rel=1e-5)


def test_fourier_counts_the_angle_from_cis() -> None:
    assert fourier(np.array([np.pi]), np.array([0.1, 0, 0, 0])).energy == pytest.approx(0)
    assert fourier(np.array([0.0]), np.array([0.1, 0, 0, 0])).energy == pytest.approx(0.2)


@given(r=st.floats(0.5, 10))
def test_exp6_does_not_depend_on_the_order_of_the_types(r: float) -> None:
    p = np.array([1500.0, 0.27, 20.0, 90.0, 0.25, 1.0])
    there, back = exp6_pair(np.array([r]), p), exp6_pair(np.array([r]), np.roll(p, 3))
    assert there.energy == pytest.approx(back.energy, rel=1e-12)
    assert there.energy_jacobian == pytest.approx(np.roll(back.energy_jacobian, 3), rel=1e-9)
