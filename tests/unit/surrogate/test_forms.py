import numpy as np
import pytest

from aiida_forcefield.surrogate.forms import Form

FORMS = [
    Form("bond", 1.2, 1.8),
    Form("angle", 90, 130),
    Form("improper", -30, 30),
    Form("dihedral", -180, 180),
    Form("dihedral", -30, 30),
    Form("pair", 1.6, 6.0),
    Form("pair", 1.6, 6.0, charge_product=-1.0),
    Form("ions", 1.6, 6.0),
    Form("strain", -0.05, 0.06),
    Form("displacement", -0.2, 0.2),
]


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_derivatives_are_those_of_the_functions(form):
    x, step = np.linspace(form.lower, form.upper, 15), 1e-5
    for shape in form.shapes:
        for function in (
            form.coordinate,
            form.envelope,
            lambda y, s=shape: form.known(y, s),
            lambda y, s=shape: form.basis(y, s),
        ):
            slope = (function(x + step)[0] - function(x - step)[0]) / (2 * step)
            np.testing.assert_allclose(function(x)[1], slope, atol=1e-6)


def test_a_morse_curve_is_in_the_span_of_a_bond():
    form = Form("bond", 1.2, 1.8)
    r = np.linspace(1.2, 1.8, 50)
    morse = 4.2 * (1 - np.exp(-2.0 * (r - 1.43))) ** 2 - 100
    assert (2.0, 0.0) in form.shapes
    functions, _ = form.basis(r, (2.0, 0.0))
    coefficients = np.linalg.lstsq(functions, morse, rcond=None)[0]
    np.testing.assert_allclose(functions @ coefficients, morse, atol=1e-9)


def test_a_birch_murnaghan_curve_is_in_the_span_of_a_strain():
    form = Form("strain", -0.05, 0.06)
    strain = np.linspace(-0.05, 0.06, 50)
    x = 1.02 * (1 + strain) ** -2 - 1  # (V₀/V)^(2/3) − 1
    energy = 4.3 * x**3 + x**2 * (2 - 4 * x) - 866.0
    functions, _ = form.basis(strain, form.shapes[0])
    coefficients = np.linalg.lstsq(functions, energy, rcond=None)[0]
    np.testing.assert_allclose(functions @ coefficients, energy, atol=1e-9)


def test_a_pair_vanishes_at_infinity():
    form = Form("pair", 1.6, 6.0)
    assert not form.basis(np.array([np.inf]), (0.26, 0.0))[0].any()


def test_the_coulomb_energy_of_two_ions():
    # 1 hartree is the energy of two elementary charges 1 bohr apart.
    energy, _ = Form("pair", 1.6, 6.0, charge_product=1.0).known([0.529177], (0.26, 0.0))
    np.testing.assert_allclose(energy, 27.2114, rtol=1e-5)


def test_mirror_images_cost_the_same_without_sine_terms():
    form, phi = Form("dihedral", -180, 180), np.linspace(5, 175, 20)
    np.testing.assert_allclose(
        form.basis(phi, (0.0, 0.4))[0], form.basis(-phi, (0.0, 0.4))[0], atol=1e-12
    )
    assert np.abs(form.basis(phi, (1.0, 0.4))[0] - form.basis(-phi, (1.0, 0.4))[0]).max() > 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("torsion", 0, 1), "kind: 'torsion' is unknown; allowed: bond"),
        (("bond", 1.8, 1.2), "lower must be below upper"),
        (("bond", 1.8, np.inf), "window"),
        (("pair", 0.0, 4.0), "must be above 0"),
        (("strain", -1.0, 0.1), "a strain must be above -1"),
        (("dihedral", -200, 200), "wider than 360"),
        (("bond", 1.2, 1.8, 1.0), "charge_product"),
    ],
)
def test_impossible_windows_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Form(*arguments)
