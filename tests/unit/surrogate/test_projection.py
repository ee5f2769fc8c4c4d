import numpy as np
import pytest

from aiida_forcefield.replay.learning import replay
from aiida_forcefield.surrogate import Observations, Settings, learn
from aiida_forcefield.surrogate.projection import project
from tests.unit.surrogate.curves import ionic, ionic_slope, morse, torsion, torsion_record

SETTINGS = Settings(noise=1e-6, energy_cap=1e6)


def learned(kind, lower, upper, energy, count=12):
    x = np.linspace(lower, upper, count)
    return learn(kind, lower, upper, Observations(x, energy(x), np.full(count, np.nan)), SETTINGS)


def test_the_parameters_of_a_true_form_come_back():
    projection = project(learned("bond", 1.0, 1.6, morse))
    assert projection.target.name == "morse"
    np.testing.assert_allclose(projection.parameters, [4.5, 2, 1.2], rtol=1e-3)
    assert projection.misfit < 1e-3
    (*_, k) = projection.in_unit("eV", 1.0)
    assert (k.name, k.unit) == ("k", "eV/Å²")
    assert k.value == pytest.approx(18, rel=1e-3)


def test_buckingham_comes_back_beside_the_charges_of_the_ions():
    x = 1 / np.linspace(1 / 1.3, 1 / 12, 12)
    points = Observations(x, ionic(x), ionic_slope(x))
    projection = project(learn("ions", 1.3, 12, points, SETTINGS))
    assert "q1 q2 = -1" in projection.target.equation
    np.testing.assert_allclose(projection.parameters, [2000, 0.28, 20], rtol=0.02)


def test_fourier_coefficients_come_back():
    done = replay(torsion_record(), 0.002, False)
    # The sine of the curve is none of the form.
    np.testing.assert_allclose(done.projection.parameters, [0.03, 0, 0.06, 0], atol=2e-3)
    assert 0.03 < done.projection.misfit < 0.2


def test_a_poor_form_is_told_with_a_better_one():
    advice = project(learned("bond", 1.0, 1.6, morse), "harmonic").advice
    assert advice.startswith("harmonic misses ")
    assert "consider morse" in advice


def test_units_follow_the_energy():
    surrogate = learned("angle", 90, 130, lambda x: 3 * np.radians(x - 110) ** 2)
    k, theta = project(surrogate).in_unit("kcal/mol", 1 / 23.0605478)
    assert (k.unit, theta.unit) == ("kcal/mol/rad²", "degrees")
    assert k.value == pytest.approx(3 * 23.0605478, rel=1e-3)
    assert theta.value == pytest.approx(110, abs=0.01)


def test_a_weight_at_low_temperature_looks_at_the_bottom():
    surrogate = learned("bond", 1.0, 1.6, morse)
    bottom, whole = (project(surrogate, "harmonic", t).parameters for t in (300, None))
    assert abs(bottom[1] - 1.2) < abs(whole[1] - 1.2) / 3
    assert project(surrogate, "harmonic", 300).weight == "Boltzmann at 300 K"


def test_errors_cover_the_truth():
    rng, inside = np.random.default_rng(0), 0
    for _ in range(20):
        x = np.linspace(1.0, 1.6, 9)
        points = Observations(x, morse(x) + rng.normal(0, 5e-3, 9), np.full(9, np.nan))
        surrogate = learn("bond", 1.0, 1.6, points, Settings(noise=5e-3, energy_cap=1e6))
        _, _, r0, _ = project(surrogate).in_unit("eV", 1.0)
        inside += abs(r0.value - 1.2) < 2 * r0.standard_error
    assert inside >= 17


def test_an_unknown_form_is_refused():
    with pytest.raises(ValueError, match="form: 'spline'; allowed for this kind: fourier"):
        project(learned("dihedral", -180, 180, torsion), "spline")


def test_a_form_within_its_ranges_is_not_refused():
    assert project(learned("bond", 1.0, 1.6, morse)).refusal is None


@pytest.mark.parametrize(
    ("kind", "window", "energy", "expected"),
    [
        (
            "bond",
            (0.9, 1.7),
            lambda x: ((x - 1.3) ** 2 / 0.09 - 1) ** 2,
            "not describe this curve (it misses 70 %",
        ),
        (
            "bond",
            (0.9, 1.7),
            lambda x: ((x - 1.3) ** 2 / 0.09 - 1) ** 2 + 3 * (x - 1.3),
            "which has a barrier",
        ),
        ("bond", (1.0, 1.6), lambda x: 15 * (x - 1.3) ** 2, "of morse run away (D would be "),
        (
            "bond",
            (1.0, 1.6),
            lambda x: 30 * morse(x),
            "D would be 135 eV; 0.001 to 50 are physical",
        ),
        ("angle", (90, 130), lambda x: -1e-4 * (x - 90) ** 2, "of harmonic run away (k would be "),
        ("dihedral", (-180, 180), lambda x: 96 * torsion(x), "k3 would be 5.76 eV; -5 to 5 are"),
        ("dimer", (2, 8), lambda x: -1e-3 * np.exp(-((x - 5) ** 2)), "exp-6 does not describe"),
    ],
)
def test_parameters_that_describe_nothing_are_refused(kind, window, energy, expected):
    refusal = project(learned(kind, *window, energy)).refusal
    assert refusal is not None
    assert expected in refusal


def test_where_parameters_run_away_a_form_is_named_whose_do_not():
    surrogate = learned("bond", 1.0, 1.6, lambda x: 15 * (x - 1.3) ** 2)
    assert "consider harmonic" in project(surrogate).advice
    assert project(surrogate, "harmonic").refusal is None
