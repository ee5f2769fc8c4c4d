"""Bad fits are told in words, each in those of its kind; a good one is not doubted."""

import re
from dataclasses import replace

import numpy as np
import pytest

from aiida_forcefield.potentials import (
    DimerPoints,
    ForceField,
    MoleculePoints,
    Settings,
    doubts,
    fit_force_field,
)
from aiida_forcefield.potentials.forms import FORMS
from aiida_forcefield.units import KCAL_PER_MOL

from .synthetic_fields import Case
from .test_fit import data

Data = tuple[MoleculePoints, DimerPoints]


def fitted(case: Case, points: Data, settings: Settings | None = None) -> ForceField:
    field = case.forcefield
    molecules, dimers = points
    return fit_force_field(
        case.species,
        case.reference,
        field.charges,
        field.gas_charges,
        molecules,
        [dimers],
        settings,
    )


@pytest.fixture(scope="module")
def good(methanol: Case) -> ForceField:
    return fitted(methanol, data(methanol, noise=1.0))


def test_a_good_fit_is_not_doubted(good: ForceField, methanol: Case) -> None:
    assert doubts(good) == ()
    assert doubts(methanol.forcefield) == ()  # nothing was fitted


def test_contradictory_points(methanol: Case) -> None:
    (told,) = doubts(fitted(methanol, data(methanol, noise=3.0)))
    assert told.startswith("The fit misses its points by 2.9 times what is expected")


def test_points_that_disagree_with_the_others(methanol: Case) -> None:
    molecules, dimers = data(methanol, noise=0.5)
    energies = dimers.energies.copy()
    energies[::8] -= 1.0
    told = doubts(fitted(methanol, (molecules, replace(dimers, energies=energies))))
    assert told == (
        "19 of 250 points disagree with the others and were left out: look at the QM of those "
        "labels.",
    )


def test_few_points(methanol: Case) -> None:
    molecules, dimers = data(methanol, noise=0.5)
    few = DimerPoints(dimers.positions[:3], dimers.energies[:3], dimers.weights[:3], "random")
    alone = replace(molecules, weights=np.zeros_like(molecules.weights))
    told = doubts(fitted(methanol, (alone, few)))
    assert told[0].startswith("3 interaction energies for 16 nonbonded parameters: too few")
    assert told[1].startswith("The points do not determine bond ")
    assert told[2].startswith("The points do not determine 3 of 4 repulsions: nonbonded C1:A,")


def test_bonded_parameters_that_nothing_tells_of(methanol: Case) -> None:
    molecules, dimers = data(methanol, noise=0.5)
    unknown = replace(molecules, weights=np.zeros_like(molecules.weights))
    told = doubts(fitted(methanol, (unknown, dimers), Settings(hessian_error=1e3)))
    assert told[0].startswith("The points do not determine bond ")
    assert told[0].endswith(" more: their prior stands.")


def test_a_bound_that_is_hit(methanol: Case) -> None:
    weak = replace(methanol, reference=replace(methanol.reference, c6=methanol.reference.c6 / 20))
    told = doubts(fitted(weak, data(methanol, noise=0), Settings(dispersion_width=0.5)))
    (held,) = (line for line in told if line.startswith("Held by a bound"))
    assert "nonbonded O1:C6: at upper bound" in held


def test_not_converged(good: ForceField) -> None:
    found = replace(good, diagnostics=good.diagnostics | {"converged": 0.0})
    assert doubts(found) == ("The fit did not converge: its parameters are not the best ones.",)


def test_torsions_that_do_not_settle(good: ForceField) -> None:
    found = replace(good, diagnostics=good.diagnostics | {"torsion_change": 0.5 * KCAL_PER_MOL})
    (told,) = doubts(found)
    assert told.startswith("Profiles along dihedrals did not settle: one changed by 0.50 kcal/mol")


def test_a_quartic_bond_that_breaks_apart(good: ForceField) -> None:
    bond = good.terms[0]

    def with_cubic(k3: float) -> ForceField:
        parameters = {"k2": 20.0, "k3": k3, "k4": 30.0, "r0": 1.4}
        quartic = replace(bond, form="quartic_bond", parameters=parameters, flags=())
        return replace(good, terms=(quartic, *good.terms[1:]))

    form = FORMS["quartic_bond"]
    for k3, torn in ((-48.0, False), (-50.0, True)):
        field = with_cubic(k3)
        r = np.linspace(1.0, 4.0, 300)
        lowest = form.evaluate(r, np.array([*field.terms[0].parameters.values()])).energy.min()
        assert (lowest < -1e-3) == torn
        told = f"Far from its minimum a quartic bond has less energy than there: {bond.name}."
        assert (told in doubts(field)) == torn


def test_a_low_barrier(good: ForceField) -> None:
    first = replace(good.terms[-1], flags=("barrier before collapse H2-O1: 3.1 kcal/mol",))
    (told,) = doubts(replace(good, terms=(*good.terms[:-1], first)))
    assert told.endswith("being low: H2-O1: 3.1 kcal/mol.")


@pytest.mark.parametrize(
    ("charges", "message"),
    [
        ({"O1": -0.5}, r"charges: \+0.\d+ e in all; must be \+0"),
        ({"H2": float("nan")}, "charges: .nan e in all"),
        ({"X9": 0.1}, None),
    ],
)
def test_charges_that_do_not_add_up_are_refused(
    methanol: Case, charges: dict[str, float], message: str | None
) -> None:
    field, (molecules, dimers) = methanol.forcefield, data(methanol, noise=0)
    arguments = (methanol.species, methanol.reference)
    wrong = {**field.charges, **charges}
    if message is None:
        wrong.pop("O1")
        message = "charges: none for O1"
    for both in ((wrong, field.gas_charges), (field.charges, wrong)):
        with pytest.raises(ValueError, match=message):
            fit_force_field(*arguments, *both, molecules, [dimers])


def test_dimers_that_are_worse_than_before(good: ForceField) -> None:
    errors = {"rmse_interaction pair C1-O1": 0.07, "rmse_interaction pair C1-O1_start": 0.01}
    (told,) = doubts(replace(good, diagnostics=good.diagnostics | errors))
    assert told.startswith("Described worse than before the fit: pair C1-O1 (1.61 kcal/mol, before")
    better = errors | {"rmse_interaction pair C1-O1_start": 0.08}
    assert doubts(replace(good, diagnostics=good.diagnostics | better)) == ()


def test_a_parameter_that_is_drawn_far_off_its_prior(methanol: Case) -> None:
    """The hydroxyl bond of the reference is a tenth of an ångström too long."""
    x = methanol.reference.positions.copy()
    bond = x[5] - x[1]
    x[5] += 0.1 * bond / np.linalg.norm(bond)
    case = replace(methanol, reference=replace(methanol.reference, positions=x))
    told = doubts(fitted(case, data(methanol, noise=0.5)))
    (drawn,) = (line for line in told if line.startswith("Drawn by the points"))
    assert re.search(r"bond H2-O1:r0: -[3-6]\.\d standard deviations off its prior", drawn)
