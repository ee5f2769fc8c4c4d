"""Every form that a fit can be asked for: where its prior is, and that the fit finds it."""

from dataclasses import replace

import numpy as np
import pytest

from aiida_forcefield.fitting import PHYSICAL, DimerPoints, Prior, Settings, choose_forms
from aiida_forcefield.fitting.data import Components
from aiida_forcefield.potentials import ForceField, Layout, write_gromacs
from aiida_forcefield.potentials.forcefield import Kind, with_vector
from aiida_forcefield.potentials.forms import CHOOSABLE, FORM_OF_KIND, FORMS, EnergyComponent, Form
from aiida_forcefield.potentials.radii import van_der_waals_distance
from aiida_forcefield.scans.coordinates import evaluate

from ..synthetic_fields import Case, build, dimers_of, minimum
from .test_fit import data, error, joint, told

NAMES = [form.name for forms in CHOOSABLE.values() for form in forms]


@pytest.fixture(scope="module")
def carbonate() -> Case:
    """It has all kinds of interactions."""
    return build("dimethyl_carbonate")


def prior_of(case: Case, forms: dict[Kind, Form]) -> Prior:
    return PHYSICAL.prior(case.system, {case.name: case.reference}, Settings(), forms)


def forms_with(form: Form) -> dict[Kind, Form]:
    return {**FORM_OF_KIND, form.kind: form}


@pytest.mark.parametrize("name", NAMES)
def test_prior_has_the_curvature_of_the_hessian_or_touches(carbonate: Case, name: str) -> None:
    form, reference = FORMS[name], carbonate.reference
    usual = prior_of(carbonate, FORM_OF_KIND).terms
    own = prior_of(carbonate, forms_with(form)).terms
    step = 1e-4
    for term, other in zip(own, usual, strict=True):
        if term.form != name or form.kind == "dihedral":
            continue
        values = np.array([*term.parameters.values()])
        if form.kind == "nonbonded":
            symbol = carbonate.forcefield.atom_types[
                carbonate.system.type_names.index(term.types[0])
            ].symbol
            q = van_der_waals_distance(symbol, symbol)
            slope = float(form.evaluate(np.array(q), values).slope)
            assert abs(slope) < 1e-9
            assert form.evaluate(np.array(q), values).energy < 0
            continue
        members = next(
            each.members
            for each in carbonate.system.terms_of(carbonate.name)
            if each.name == term.name
        )
        q = float(evaluate(reference.positions, np.array(members))[0].mean())
        if form.kind == "improper":
            q = 0.0
        slopes = form.evaluate(np.array([q - step, q, q + step]), values).slope
        expected = FORMS[other.form].evaluate(
            np.array([q - step, q + step]), np.array([*other.parameters.values()])
        )
        assert slopes[1] == pytest.approx(0.0, abs=1e-9)
        assert slopes[2] - slopes[0] == pytest.approx(np.diff(expected.slope)[0], rel=1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_form_that_made_the_points_is_found(carbonate: Case, methanol: Case, name: str) -> None:
    form = FORMS[name]
    # Methanol is quick, but has no impropers, one dihedral, and hydrogens that need damping.
    case = methanol if form.kind in ("bond", "angle") else carbonate
    truth = some_field(case, form)
    case = replace(
        case,
        forcefield=truth,
        reference=minimum(truth, case.system),
        molecules=case.molecules[:50],
        dimers=dimers_of(truth, case.system, case.reference.positions, 60),
    )
    molecules, dimers = data(case, noise=0.01)
    if form.parts:
        dimers = replace(dimers, components=components_of(truth, case, dimers))
    _, found = choose_forms(
        case.system,
        truth.electrostatics,
        joint(case, molecules, dimers),
        # Undamped curves drawn at random collapse sooner than a fit lets them.
        Settings(barrier=1e-4, forms={"bond": "morse", form.kind: name}),
    )
    assert {term.form for term in found.terms if term.kind == form.kind} <= {name, "threefold"}
    assert error(found, "interaction") < 0.05 * Settings().interaction_error
    assert error(found, "gradient") < 0.05 * Settings().gradient_error
    assert told(found).converged
    true = {term.name: term.parameters for term in truth.terms}
    for term in found.terms:
        if term.form == name and term.name in true:
            for parameter, deviation in term.standard_errors.items():
                value = true[term.name][parameter]
                off = abs(term.parameters[parameter] - value)
                assert off <= 5 * deviation + 1e-6 * abs(value)


def components_of(truth: ForceField, case: Case, dimers: DimerPoints) -> Components:
    """What a force field has for the components of some dimers."""
    layout = Layout.of(truth, case.system)

    def energy(name: EnergyComponent) -> np.ndarray:
        model = layout.clusters(dimers.species, dimers.positions, component=name)
        return model.energy(truth.vector)[0]

    return Components(energy("electrostatics"), energy("exchange"), energy("induction"))


def some_field(case: Case, form: Form) -> ForceField:
    """A field with parameters within their priors, but not at their centres."""
    prior = prior_of(case, forms_with(form))
    rng = np.random.default_rng(7)
    shift = np.linalg.solve(prior.rows, 0.3 * rng.normal(size=len(prior.centre)))
    u = np.clip(prior.centre + shift, prior.lower + 1e-6, prior.upper - 1e-6)
    terms = with_vector(prior.terms, prior.to_parameters(u))
    return replace(case.forcefield, terms=terms, covariance=np.zeros((len(u), len(u))))


def test_held_parameters_are_not_said_to_be_unknown(carbonate: Case) -> None:
    for name, parameter in (("ryckaert_bellemans", "C0"), ("born_mayer_huggins", "sigma")):
        form = FORMS[name]
        truth = some_field(carbonate, form)
        molecules, dimers = data(replace(carbonate, forcefield=truth), noise=0.0)
        _, found = choose_forms(
            carbonate.system,
            truth.electrostatics,
            joint(carbonate, molecules, dimers),
            Settings(forms={"bond": "morse", form.kind: name}),
        )
        for term in found.terms:
            if term.form == name:
                assert term.parameters[parameter] == pytest.approx(term.prior[parameter], abs=1e-4)
                assert parameter not in term.standard_errors
                assert parameter not in {flag.parameter for flag in term.flags}


@pytest.mark.parametrize(
    ("forms", "message"),
    [
        ({"torsion": "fourier"}, "forms: 'torsion' is no kind; allowed: bond, angle, dihedral"),
        ({"bond": "fourier"}, "forms: bond 'fourier'; allowed: morse, harmonic_bond, quartic_bond"),
        ({"dihedral": "threefold"}, "forms: dihedral 'threefold'; allowed: fourier, fourier6"),
    ],
)
def test_forms_that_there_are_not(forms: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Settings(forms=forms)


def test_a_field_for_gromacs_can_be_asked_for(methanol: Case) -> None:
    molecules, dimers = data(methanol, noise=1.0)
    _, found = choose_forms(
        methanol.system,
        methanol.forcefield.electrostatics,
        joint(methanol, molecules, dimers),
        Settings(forms={"nonbonded": "lennard_jones"}),
    )
    assert told(found).evidence[0].usual == "morse"
    assert write_gromacs(found, methanol.system, [2])
