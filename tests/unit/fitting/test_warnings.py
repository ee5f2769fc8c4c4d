"""A user is warned of bad fits, of each in its own words, and not of a good one."""

import re
from dataclasses import replace

import numpy as np
import pytest

from aiida_forcefield.fitting import (
    DimerPoints,
    FitData,
    MoleculePoints,
    Settings,
    fit_force_field,
    fit_warnings,
)
from aiida_forcefield.potentials import DataError, FixedCharges, ForceField
from aiida_forcefield.potentials.diagnostics import Barrier, ThreeBody
from aiida_forcefield.potentials.electrostatics import Polarizable
from aiida_forcefield.potentials.forms import FORMS
from aiida_forcefield.scans.coordinates import evaluate
from aiida_forcefield.topology import System
from aiida_forcefield.units import KCAL_PER_MOL

from ..synthetic_fields import Case, along
from .test_fit import data, joint, told

Data = tuple[MoleculePoints, DimerPoints]


def fitted(case: Case, points: Data, settings: Settings | None = None) -> ForceField:
    charges = case.forcefield.electrostatics
    return fit_force_field(case.system, charges, joint(case, *points), settings)


@pytest.fixture(scope="module")
def good(methanol: Case) -> ForceField:
    return fitted(methanol, data(methanol, noise=1.0))


def test_of_a_good_fit_nobody_is_warned(good: ForceField, methanol: Case) -> None:
    assert fit_warnings(good) == ()
    assert fit_warnings(methanol.forcefield) == ()  # nothing was fitted


def test_contradictory_points(methanol: Case) -> None:
    (said,) = fit_warnings(fitted(methanol, data(methanol, noise=3.0)))
    assert said.startswith("The fit misses its points by 2.9 times what is expected")


def test_points_that_disagree_with_the_others(methanol: Case) -> None:
    molecules, dimers = data(methanol, noise=0.5)
    energies = dimers.energies.copy()
    energies[::8] -= 1.0
    said = fit_warnings(fitted(methanol, (molecules, replace(dimers, energies=energies))))
    assert said == (
        "19 of 250 points disagree with the others and were left out: look at the QM of "
        "methanol-methanol random.",
    )


def test_few_points(methanol: Case) -> None:
    molecules, dimers = data(methanol, noise=0.5)
    few = replace(
        dimers,
        positions=dimers.positions[:3],
        energies=dimers.energies[:3],
        weights=dimers.weights[:3],
    )
    alone = replace(molecules, weights=np.zeros_like(molecules.weights))
    said = fit_warnings(fitted(methanol, (alone, few)))
    assert said[0].startswith("3 interaction energies for 16 nonbonded parameters: too few")
    assert said[1].startswith("The points do not determine bond ")
    assert said[2].startswith(
        "The points do not determine 3 of 4 repulsions: nonbonded methanol:C1:A,"
    )


def test_bonded_parameters_that_nothing_tells_of(methanol: Case) -> None:
    molecules, dimers = data(methanol, noise=0.5)
    unknown = replace(molecules, weights=np.zeros_like(molecules.weights))
    said = fit_warnings(fitted(methanol, (unknown, dimers), Settings(hessian_error=1e3)))
    assert said[0].startswith("Motions that QM holds and the force field does not: methanol H2 (")
    assert said[1].startswith("The points do not determine bond ")
    assert said[1].endswith(" more: their prior stands.")


def test_a_bound_that_is_hit(methanol: Case) -> None:
    weak = replace(methanol, reference=replace(methanol.reference, c6=methanol.reference.c6 / 20))
    said = fit_warnings(fitted(weak, data(methanol, noise=0), Settings(dispersion_width=0.5)))
    (held,) = (line for line in said if line.startswith("Held by a bound"))
    assert "nonbonded methanol:O1:C6: at upper bound" in held


def test_not_converged(good: ForceField) -> None:
    found = replace(good, diagnostics=replace(told(good), converged=False))
    assert fit_warnings(found) == (
        "The fit did not converge: its parameters are not the best ones.",
    )


def test_torsions_that_do_not_settle(good: ForceField) -> None:
    found = replace(good, diagnostics=replace(told(good), unsettled=0.5 * KCAL_PER_MOL))
    (said,) = fit_warnings(found)
    assert said.startswith("Profiles along dihedrals did not settle: one changed by 0.50 kcal/mol")


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
        said = f"Far from its minimum a quartic bond has less energy than there: {bond.name}."
        assert (said in fit_warnings(field)) == torn


def test_a_low_barrier(good: ForceField) -> None:
    low = Barrier(("methanol:H2", "methanol:O1"), 3.1 * KCAL_PER_MOL, low=True)
    (said,) = fit_warnings(replace(good, diagnostics=replace(told(good), barriers=(low,))))
    assert said.endswith("being low: methanol:H2-methanol:O1: 3.1 kcal/mol.")


@pytest.mark.parametrize(
    ("charges", "message"),
    [
        ({"O1": -0.5}, r"charges: \+0.\d+ e in all on methanol; must be \+0"),
        ({"H2": float("nan")}, "charges: .nan e in all"),
        ({"X9": 0.1}, None),
    ],
)
def test_charges_that_do_not_add_up_are_refused(
    methanol: Case, charges: dict[str, float], message: str | None
) -> None:
    right, points = methanol.forcefield.electrostatics, joint(methanol, *data(methanol, noise=0))
    wrong = {**right.liquid, **{f"methanol:{name}": q for name, q in charges.items()}}
    if message is None:
        wrong.pop("methanol:O1")
        message = "charges: none for methanol:O1"
    for both in (FixedCharges(wrong, right.liquid), FixedCharges(right.gas, wrong)):
        with pytest.raises(ValueError, match=message):
            fit_force_field(methanol.system, both, points)


def test_dimers_that_are_worse_than_before(good: ForceField) -> None:
    pair = along("pair C1-O1")
    worse = DataError("interaction", "eV", 6, 0.07, 0.01, None, ("methanol", "methanol"), pair)

    def with_error(error: DataError) -> ForceField:
        errors = (*told(good).errors, error)
        return replace(good, diagnostics=replace(told(good), errors=errors))

    (said,) = fit_warnings(with_error(worse))
    assert said.startswith(
        "Described worse than before the fit: methanol-methanol pair C1-O1 (1.61 kcal/mol, before"
    )
    assert fit_warnings(with_error(replace(worse, prior=0.08))) == ()


def test_a_parameter_that_is_drawn_far_off_its_prior(methanol: Case) -> None:
    """The hydroxyl bond of the reference is a tenth of an ångström too long."""
    x = methanol.reference.positions.copy()
    bond = x[5] - x[1]
    x[5] += 0.1 * bond / np.linalg.norm(bond)
    case = replace(methanol, reference=replace(methanol.reference, positions=x))
    said = fit_warnings(fitted(case, data(methanol, noise=0.5)))
    (drawn,) = (line for line in said if line.startswith("Drawn by the points"))
    assert re.search(
        r"bond methanol:H2-methanol:O1:r0: -[3-6]\.\d standard deviations off its prior", drawn
    )


def test_a_motion_that_no_term_holds(methanol: Case) -> None:
    """The turn of a methyl group that is as stiff as a double bond, its dihedral forgotten."""
    species, reference = methanol.species, methanol.reference
    (turning,) = (term for term in species.term_types if term.kind == "dihedral")
    hessian = reference.hessian.copy()
    derivatives = evaluate(reference.positions, turning.members)[1]
    for member, gradient in zip(turning.members, derivatives, strict=True):
        direction = np.zeros_like(reference.positions)
        direction[list(member)] = gradient
        hessian += 1.0 * np.outer(direction, direction)
    others = tuple(term for term in species.term_types if term is not turning)
    free = System.pure(methanol.name, replace(species, term_types=others))
    molecules, dimers = data(methanol, noise=0.5)
    rest = {methanol.name: replace(reference, hessian=hessian)}
    stiff = FitData(rest, (molecules,), (dimers,))
    found = fit_force_field(free, methanol.forcefield.electrostatics, stiff)
    (motion,) = told(found).loose or ()
    assert motion.frequency > 600.0
    assert abs(motion.fitted) < 200.0
    assert "H2" in motion.types
    said = [line for line in fit_warnings(found) if line.startswith("Motions that QM holds")]
    assert len(said) == 1
    assert "methanol" in said[0]


@pytest.mark.parametrize(
    ("three_body", "expected"),
    [
        (None, "No energy of three molecules was computed"),
        (ThreeBody(0.3, 0.03, 8, 0.6, 0.01), "Energies of three molecules are 0.60 times"),
        (ThreeBody(0.3, 0.03, 8, 0.9, 0.01), None),
    ],
)
def test_what_polarization_was_not_told(
    good: ForceField, three_body: ThreeBody | None, expected: str | None
) -> None:
    charges = good.electrostatics.charges("gas")
    electrostatics = Polarizable(charges, (), {}, dict.fromkeys(charges, 1.0), 0.39)
    diagnostics = replace(told(good), three_body=three_body)
    said = fit_warnings(replace(good, electrostatics=electrostatics, diagnostics=diagnostics))
    assert [each[: len(expected)] for each in said] == [expected] if expected else not said
    assert fit_warnings(replace(good, diagnostics=diagnostics)) == ()
