from dataclasses import replace

import numpy as np
import pytest

from aiida_forcefield.fitting import PHYSICAL, Prior, Reference, Settings
from aiida_forcefield.potentials.forcefield import columns, vector
from aiida_forcefield.potentials.forms import FORMS, TANG_TOENNIES, combine
from aiida_forcefield.potentials.radii import van_der_waals_distance
from aiida_forcefield.topology import System, from_smiles

from ..synthetic_fields import Case


def prior_of(case: Case, width: float = 0.07, pairs: tuple[tuple[str, str], ...] = ()) -> Prior:
    settings, references = Settings(dispersion_width=width), {case.name: case.reference}
    return PHYSICAL.prior(case.system, references, settings, settings.form_of_kind, pairs)


def test_prior_starts_where_the_curve_is_lowest_at_contact(methanol: Case) -> None:
    prior = prior_of(methanol)
    p = next(term for term in prior.terms if term.name == methanol.named("nonbonded O1")).parameters
    r = np.linspace(2.0, 6.0, 4001)
    energy = TANG_TOENNIES.evaluate(r, np.array(list(p.values()))).energy
    assert r[np.argmin(energy)] == pytest.approx(van_der_waals_distance("O", "O"), abs=2e-3)


@pytest.mark.parametrize(("width", "factor"), [(0.15, np.exp(0.4)), (0.5, np.exp(1.25))])
def test_dispersion_that_a_study_sets_free_has_room(
    methanol: Case, width: float, factor: float
) -> None:
    prior = prior_of(methanol, width)
    names = [name for term in prior.terms for name in term.parameters]
    free = np.isin(names, ["C6", "C8"])
    np.testing.assert_allclose(np.exp(prior.upper - prior.centre)[free], factor)


def test_u_and_parameters_are_the_same_point(case: Case) -> None:
    prior = prior_of(case)
    np.testing.assert_allclose(prior.to_parameters(prior.centre), vector(prior.terms), rtol=1e-12)
    assert (prior.lower < prior.centre).all()
    assert (prior.centre < prior.upper).all()


def test_jacobian_is_the_derivative_of_the_parameters(methanol: Case) -> None:
    prior = prior_of(methanol)
    step = 1e-6
    forward, backward = (prior.to_parameters(prior.centre + s) for s in (step, -step))
    expected = (forward - backward) / (2 * step)
    found = prior.jacobian(prior.to_parameters(prior.centre))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_straight_angle_has_a_form_without_a_kink() -> None:
    species = from_smiles("C#N")  # H-C-N
    x = np.array([[0.0, 0, 0], [1.15, 0, 0], [-1.07, 0, 0]])
    hessian = np.zeros((9, 9))
    references = {"HCN": Reference(x, hessian, np.full((3, 3), 10.0))}
    settings = Settings()
    system = System.pure("HCN", species)
    prior = PHYSICAL.prior(system, references, settings, settings.form_of_kind)
    (angle,) = [term for term in prior.terms if term.kind == "angle"]
    assert angle.form == "linear_angle"


def test_c6_must_be_positive(methanol: Case) -> None:
    broken = replace(methanol.reference, c6=np.zeros((6, 6)))
    with pytest.raises(ValueError, match="c6 of methanol: "):
        prior_of(replace(methanol, reference=broken))


def test_pairs_are_expected_where_the_rule_has_them_wherever_that_is(methanol: Case) -> None:
    pair = methanol.named("nonbonded C1-O1")
    types = methanol.types("C1", "O1")
    prior = prior_of(methanol, 0.15, pairs=(types,))
    places = columns(prior.terms)
    u, own = prior.centre.copy(), prior.rows[places[pair]]
    np.testing.assert_allclose(own @ (u - prior.centre), 0.0)
    u[places[methanol.named("nonbonded O1")]] += [1.0, 0.02, 0.1, 0.1]  # ln A, ln ρ, ln C6, ln C8
    moved = prior.to_parameters(u)
    one, other = (moved[places[f"nonbonded {name}"]] for name in types)
    u[places[pair]] = np.log(combine(FORMS["tang_toennies"], one, other, None)[0])
    np.testing.assert_allclose(own @ (u - prior.centre), 0.0, atol=0.02)  # standard deviations
    u[places[pair][2]] += 0.05
    np.testing.assert_allclose((own @ (u - prior.centre))[2], 1.0)
