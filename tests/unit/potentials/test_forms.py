import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from aiida_forcefield.potentials.forms import (
    EXP6,
    FORMS,
    LENNARD_JONES,
    EnergyComponent,
    Form,
    combine,
    fourier,
    morse,
    pair_of,
)
from aiida_forcefield.potentials.forms.form import FormValue
from aiida_forcefield.scans.coordinates import evaluate

PARAMETERS = {
    "morse": [4.2, 1.9, 1.4],
    "harmonic_bond": [15.0, 1.4],
    "quartic_bond": [15.0, -30.0, 35.0, 1.4],
    "harmonic_angle": [2.5, 109.0],
    "cosine_angle": [2.5, 109.0],
    "linear_angle": [2.5],
    "fourier": [0.03, -0.2, 0.1, 0.05],
    "threefold": [0.1],
    "fourier6": [0.03, -0.2, 0.1, 0.05, -0.02, 0.04],
    "chiral_fourier": [0.03, 0.01, -0.2, 0.04, 0.1, -0.03, 0.05, 0.02, -0.02, 0.03, 0.04, 0.01],
    "ryckaert_bellemans": [0.1, 0.2, -0.3, 0.05, 0.02, -0.01],
    "harmonic_improper": [1.2],
    "cosine_improper": [1.2],
    "exp6": [1500.0, 0.27, 20.0],
    "born_mayer_huggins": [0.25, 0.3, 2.4, 20.0, 15.0],
    "lennard_jones": [0.006, 3.1],
    "tang_toennies": [1500.0, 0.27, 20.0, 100.0],
    "overlap": [2500.0, 700.0, 300.0, 0.27, 20.0, 100.0],
}
PAIRS = {
    "exp6": [90.0, 0.25, 1.0],
    "born_mayer_huggins": [0.2, 0.33, 1.4, 2.0, 3.0],
    "lennard_jones": [0.002, 2.4],
    "tang_toennies": [90.0, 0.25, 1.0, 4.0],
    "overlap": [150.0, 40.0, 20.0, 0.25, 1.0, 4.0],
}
Array = NDArray[np.float64]


def at(form: str, q: Array) -> FormValue:
    return FORMS[form].evaluate(q, np.array(PARAMETERS[form]))


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@given(q=st.floats(0.9, 3.0))
def test_derivatives_are_those_of_the_energy(form: Form, q: float) -> None:
    check_derivatives(form.evaluate, q, PARAMETERS[form.name])


@pytest.mark.parametrize("rule", [None, "geometric"])
@pytest.mark.parametrize("name", PAIRS)
@given(r=st.floats(1.5, 4.0))
def test_derivatives_between_two_types(name: str, rule: None, r: float) -> None:
    check_derivatives(pair_of(FORMS[name], rule), r, PARAMETERS[name] + PAIRS[name])


def check_derivatives(evaluate, q: float, parameters: list[float]) -> None:
    """Against central differences, whose error is relative to the largest term."""
    p, x = np.array(parameters), np.array([q])
    value = evaluate(x, p)
    step = 1e-5
    slope = (evaluate(x + step, p).energy - evaluate(x - step, p).energy) / (2 * step)
    assert value.slope == pytest.approx(slope, rel=1e-6, abs=1e-6)
    for i in range(len(p)):
        shift = np.zeros(len(p))
        shift[i] = 1e-5 * max(abs(p[i]), 0.1)
        plus, minus = evaluate(x, p + shift), evaluate(x, p - shift)
        width = 2 * shift[i]
        for exact, high, low in (
            (value.energy_jacobian, plus.energy, minus.energy),
            (value.slope_jacobian, plus.slope, minus.slope),
        ):
            assert exact[..., i] == pytest.approx((high - low) / width, rel=1e-6, abs=1e-6)


def test_parts_of_the_overlap_are_its_exponential() -> None:
    r, p = np.linspace(1.5, 6, 20), np.array(PARAMETERS["overlap"])
    whole = FORMS["overlap"].evaluate(r, p)
    dispersion = FORMS["overlap"].evaluate(r, np.array([0, 0, 0, *p[3:]]))
    parts = [evaluate(r, p) for evaluate in FORMS["overlap"].parts.values()]
    for place in range(2):  # energy and slope
        np.testing.assert_allclose(
            sum(part[place] for part in parts), whole[place] - dispersion[place]
        )
    for place in range(2, 4):  # their derivatives by the amplitudes
        summed = sum(part[place] for part in parts)
        np.testing.assert_allclose(summed[:, :3], whole[place][:, :3])
        np.testing.assert_array_equal(summed[:, 4:], 0)


def test_overlap_is_tang_toennies_with_one_amplitude() -> None:
    r, (A, P, T, *rest) = np.linspace(0.5, 6, 20), PARAMETERS["overlap"]
    expected = FORMS["tang_toennies"].evaluate(r, np.array([A - P - T, *rest]))
    found = at("overlap", r)
    np.testing.assert_allclose(found.energy, expected.energy)
    np.testing.assert_allclose(found.slope, expected.slope)


@pytest.mark.parametrize("part", FORMS["overlap"].parts)
@given(r=st.floats(1.0, 4.0))
def test_derivatives_of_the_parts_of_the_overlap(part: EnergyComponent, r: float) -> None:
    check_derivatives(FORMS["overlap"].parts[part], r, PARAMETERS["overlap"])


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_parameters_lie_within_bounds_that_their_sign_allows(form: Form) -> None:
    for value, parameter in zip(PARAMETERS[form.name], form.parameters, strict=True):
        low, high = parameter.bounds
        assert low <= value <= high
        assert not parameter.positive or low > 0
        assert (parameter.mean is None) == (form.kind != "nonbonded")


def test_morse_dissociates_to_its_depth_and_curves_by_two_d_alpha_squared() -> None:
    D, alpha, r0 = p = np.array(PARAMETERS["morse"])
    assert morse(np.array([50.0]), p).energy == pytest.approx(D)
    value = morse(np.array([r0 - 1e-6, r0 + 1e-6]), p)
    assert np.diff(value.slope) / 2e-6 == pytest.approx(2 * D * alpha**2, rel=1e-5)


def test_bonds_are_harmonic_near_their_minimum() -> None:
    x = np.array([-1e-4, 2e-4])
    D, alpha = 4.0, 2.0
    harmonic = D * alpha**2 * x**2
    for form, p in (
        ("harmonic_bond", [D * alpha**2, 1.4]),
        ("morse", [D, alpha, 1.4]),
        ("quartic_bond", [D * alpha**2, -D * alpha**3, 7 / 12 * D * alpha**4, 1.4]),
    ):
        energy = FORMS[form].evaluate(1.4 + x, np.array(p)).energy
        np.testing.assert_allclose(energy, harmonic, rtol=1e-3)


def test_quartic_is_the_fourth_order_of_morse() -> None:
    """So it is in MM3: N. L. Allinger et al., JACS 111, 8551 (1989)."""
    D, alpha, x = 4.0, 2.0, np.array([-0.01, 0.01, 0.02])
    p = [D * alpha**2, -D * alpha**3, 7 / 12 * D * alpha**4, 1.4]
    quartic = FORMS["quartic_bond"].evaluate(1.4 + x, np.array(p)).energy
    exact = morse(1.4 + x, np.array([D, alpha, 1.4])).energy
    np.testing.assert_allclose(quartic, exact, atol=D * (alpha * 0.02) ** 5)


def test_angles_are_harmonic_near_their_minimum() -> None:
    x = np.array([-1e-4, 2e-4])
    theta0, k = np.deg2rad(109.0), 2.5
    for form, p, centre in (
        ("harmonic_angle", [k, 109.0], theta0),
        ("cosine_angle", [k / np.sin(theta0) ** 2, 109.0], theta0),
        ("linear_angle", [2 * k], np.pi),
    ):
        energy = FORMS[form].evaluate(centre + x, np.array(p)).energy
        np.testing.assert_allclose(energy, k * x**2, rtol=1e-3)


@pytest.mark.parametrize("form", ["cosine_angle", "linear_angle"])
@pytest.mark.parametrize("bend", [0.0, 1e-8, 1e-4, 0.05])
def test_a_straight_group_has_the_gradient_of_its_energy(form: str, bend: float) -> None:
    """In Cartesian coordinates, through the pole of θ's own derivative."""
    p = np.array({"cosine_angle": [2.0, 170.0], "linear_angle": [2.0]}[form])
    x = np.array([[-1.16, bend, 0], [0, 0, 0], [1.16, 0, 0]])

    def energy(positions: Array) -> Array:
        theta, _ = evaluate(positions, [[0, 1, 2]])
        return FORMS[form].evaluate(theta, p).energy[..., 0]

    theta, directions = evaluate(x, [[0, 1, 2]])
    gradient = (FORMS[form].evaluate(theta, p).slope[:, None, None] * directions)[0]
    step = 1e-5
    shifts = step * np.concatenate([np.eye(9), -np.eye(9)]).reshape(-1, 3, 3)
    expected = -np.diff(energy(x + shifts).reshape(2, 9), axis=0).reshape(3, 3) / (2 * step)
    np.testing.assert_allclose(gradient, expected, atol=1e-7)


def test_a_linear_group_is_stiff_where_the_cosine_is_not() -> None:
    bent = np.array([np.pi - 0.01])
    assert FORMS["linear_angle"].evaluate(bent, np.ones(1)).energy == pytest.approx(5e-5, rel=1e-4)
    soft = FORMS["cosine_angle"].evaluate(bent, np.array([1.0, 180.0])).energy
    assert soft == pytest.approx(0.01**4 / 4, rel=1e-3)


def test_fourier_counts_the_angle_from_cis() -> None:
    assert fourier(np.array([np.pi]), np.array([0.1, 0, 0, 0])).energy == pytest.approx(0)
    assert fourier(np.array([0.0]), np.array([0.1, 0, 0, 0])).energy == pytest.approx(0.2)


def test_dihedral_forms_agree_where_they_say_the_same() -> None:
    phi = np.linspace(-np.pi, np.pi, 50)
    k1, k2, k3, _ = k = np.array([0.03, -0.2, 0.1, 0.0])
    short = fourier(phi, k).energy
    long = FORMS["fourier6"].evaluate(phi, np.array([*k, 0, 0])).energy
    chiral = FORMS["chiral_fourier"].evaluate(phi, np.array([*np.c_[k, 0 * k].ravel(), *[0.0] * 4]))
    # cos 2φ = 2c² − 1, cos 3φ = 4c³ − 3c, and c = −cos(φ − 180°)
    series = np.array([k1 + k3, 3 * k3 - k1, 2 * k2, -4 * k3, 0, 0])
    bellemans = FORMS["ryckaert_bellemans"].evaluate(phi, series).energy
    for energy in (long, chiral.energy, bellemans):
        np.testing.assert_allclose(energy, short, atol=1e-12)


def test_a_sine_shifts_the_phase() -> None:
    phi, k, s = np.linspace(-3, 3, 20), 0.1, 0.04
    p = np.zeros(12)
    p[4:6] = k, s  # n = 3
    energy = FORMS["chiral_fourier"].evaluate(phi, p).energy
    expected = k + np.hypot(k, s) * np.cos(3 * phi - np.arctan2(s, k))
    np.testing.assert_allclose(energy, expected, atol=1e-12)


def test_impropers_are_harmonic_near_the_plane() -> None:
    chi = np.array([-1e-3, 2e-3])
    cosine = FORMS["cosine_improper"].evaluate(chi, np.array([0.7])).energy
    harmonic = FORMS["harmonic_improper"].evaluate(chi, np.array([1.4])).energy
    np.testing.assert_allclose(cosine, harmonic, rtol=1e-5)


def test_damping_vanishes_far_away_and_is_complete_at_contact() -> None:
    A, rho, C6, C8 = PARAMETERS["tang_toennies"]
    far = np.array([12.0, 15.0])
    undamped = A * np.exp(-far / rho) - C6 / far**6 - C8 / far**8
    np.testing.assert_allclose(at("tang_toennies", far).energy, undamped, rtol=1e-10)
    near = at("tang_toennies", np.array([1e-3]))
    # f_n / r^n → 1 / (ρ^n (n + 1)!) · r: nothing is left of the attraction
    assert near.energy == pytest.approx(A, rel=1e-2)
    assert near.slope < 0


def test_huggins_without_size_and_c8_is_buckingham() -> None:
    A, rho, C6 = PARAMETERS["exp6"]
    r = np.linspace(1, 6, 20)
    same = FORMS["born_mayer_huggins"].evaluate(r, np.array([A, rho, 0.0, C6, 0.0]))
    np.testing.assert_allclose(same.energy, at("exp6", r).energy, rtol=1e-12)
    shifted = FORMS["born_mayer_huggins"].evaluate(
        r, np.array([A * np.exp(-2 / rho), rho, 2.0, C6, 0.0])
    )
    np.testing.assert_allclose(shifted.energy, same.energy, rtol=1e-9)


def test_lennard_jones_has_its_minimum_at_the_sixth_root_of_two() -> None:
    epsilon, sigma = PARAMETERS["lennard_jones"]
    value = at("lennard_jones", np.array([sigma, 2 ** (1 / 6) * sigma]))
    np.testing.assert_allclose(value.energy, [0, -epsilon], atol=1e-15)
    assert value.slope[1] == pytest.approx(0, abs=1e-15)


@given(r=st.floats(0.5, 10))
def test_exp6_does_not_depend_on_the_order_of_the_types(r: float) -> None:
    p = np.array([1500.0, 0.27, 20.0, 90.0, 0.25, 1.0])
    there, back = pair_of(EXP6)(np.array([r]), p), pair_of(EXP6)(np.array([r]), np.roll(p, 3))
    assert there.energy == pytest.approx(back.energy, rel=1e-12)
    assert there.energy_jacobian == pytest.approx(np.roll(back.energy_jacobian, 3), rel=1e-9)


@pytest.mark.parametrize("name", PAIRS)
def test_equal_types_combine_to_themselves(name: str) -> None:
    p = np.array(PAIRS[name])
    for rule in (None, "geometric"):
        np.testing.assert_allclose(combine(FORMS[name], p, p, rule)[0], p, rtol=1e-14)


def test_rules_differ_in_the_diameter() -> None:
    one, other = [0.004, 3.0], [0.001, 4.0]
    np.testing.assert_allclose(combine(LENNARD_JONES, one, other, None)[0], [0.002, 3.5])
    opls = combine(LENNARD_JONES, one, other, "geometric")[0]
    np.testing.assert_allclose(opls, [0.002, np.sqrt(12)])


def test_an_atom_without_dispersion_has_none_with_others() -> None:
    value = pair_of(EXP6)(np.array([3.0]), np.array([100.0, 0.25, 0.0, 90.0, 0.3, 20.0]))
    assert np.isfinite(value.energy_jacobian).all()
    assert value.energy == pytest.approx(np.sqrt(9000) * np.exp(-3 * (4 + 1 / 0.3) / 2))
