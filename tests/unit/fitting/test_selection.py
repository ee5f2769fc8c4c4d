from dataclasses import replace

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from aiida_forcefield.fitting import (
    DimerPoints,
    FitData,
    MoleculePoints,
    Settings,
    choose_forms,
    fit_force_field,
    selection,
)
from aiida_forcefield.potentials import ForceField, Term
from aiida_forcefield.potentials.diagnostics import Evidence, Outliers
from aiida_forcefield.scans import Origin

from ..synthetic_fields import Case, build
from .test_fit import data, joint, told
from .test_torsions import TURNED, circle, relaxed


def points_of(case: Case, truth: ForceField, dimers_told: int = 30) -> FitData:
    """What a force field says of some molecules and dimers."""
    molecules, pairs = case.molecules[:30], case.dimers[:dimers_told]
    energies, gradients = case.energies(truth, molecules)
    count = len(energies)
    alone = MoleculePoints(
        case.name, molecules, energies, gradients, np.ones(count), (Origin("thermal"),) * count
    )
    interaction, ones = case.interactions(truth, pairs), np.ones(len(pairs))
    atoms = len(case.species.symbols)
    dimers = DimerPoints(case.pair, pairs, interaction, ones, Origin("random"), atoms)
    return joint(case, alone, dimers)


def chosen(case: Case, truth: ForceField, dimers_told: int = 30) -> ForceField:
    points = points_of(case, truth, dimers_told)
    return choose_forms(case.system, truth.electrostatics, points)[1]


def evidence(field: ForceField, rival: str) -> Evidence:
    (found,) = (each for each in told(field).evidence if each.rival == rival)
    return found


def of_pairs(field: ForceField) -> list[Term]:
    return [t for t in field.terms if t.kind == "nonbonded" and len(t.types) == 2]


def test_forms_that_made_the_points_are_found(methanol: Case) -> None:
    morse = chosen(methanol, methanol.forcefield)
    assert morse.term(methanol.named("bond C1-O1")).form == "morse"
    found = evidence(morse, "harmonic_bond")
    assert found.usual == "morse"
    assert found.before < 0.5 * found.after
    assert not found.taken
    assert morse.term(methanol.named("dihedral H1-C1-O1-H2")).form == "threefold"

    springs = replace(methanol.forcefield, terms=tuple(map(spring, methanol.forcefield.terms)))
    harmonic = chosen(methanol, springs)
    assert harmonic.term(methanol.named("bond C1-O1")).form == "harmonic_bond"
    assert told(harmonic).foreseen("molecule") == evidence(harmonic, "harmonic_bond").after


def test_a_fit_keeps_to_one_thread(methanol: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    class SeenError(Exception):
        pass

    def threads() -> set[int]:
        return {each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"}

    def fit(*_: object) -> ForceField:
        raise SeenError(threads())

    monkeypatch.setattr(selection, "fit_force_field", fit)
    with threadpool_limits(limits=2, user_api="blas"):
        before = threads()
        assert 2 in before  # a library that other tests loaded may have one only
        with pytest.raises(SeenError) as seen:
            chosen(methanol, methanol.forcefield)
        assert seen.value.args == ({1},)
        assert threads() == before


@pytest.mark.parametrize("sixth", [0.0, 0.02])
def test_terms_of_a_dihedral_are_as_many_as_its_profile_tells(
    monkeypatch: pytest.MonkeyPatch, sixth: float
) -> None:
    monkeypatch.setattr(selection, "RIVALS", (selection.FOURIER6,))
    case = build("dimethyl_carbonate")
    terms = tuple(longer(case, term, sixth) for term in case.forcefield.terms)
    found = chosen_by_profile(case, with_terms(case.forcefield, terms), TURNED)
    expected = "fourier6" if sixth else "fourier"
    assert found.term(case.named(TURNED)).form == expected
    compared = evidence(found, "fourier6")
    assert compared.after < 0.1
    assert (compared.before > 1.0) == bool(sixth)


@pytest.mark.parametrize("third", [0.0, 0.03])
def test_sines_are_taken_where_left_and_right_differ(
    monkeypatch: pytest.MonkeyPatch, third: float
) -> None:
    """Three dihedrals about one bond, at 120 degrees, make up for all sines but the third."""
    monkeypatch.setattr(selection, "RIVALS", (selection.CHIRAL_FOURIER,))
    case, turned = build("fluoroethanol"), "dihedral C1-C2-O1-H3"
    sines = {f"s{n}": 0.0 for n in range(1, 7)}
    terms = tuple(
        Term(
            "dihedral",
            term.types,
            "chiral_fourier",
            {"k5": 0.0, "k6": 0.0, **sines, **term.parameters}
            | ({"s3": third} if term.name == case.named(turned) else {}),
        )
        if term.form == "fourier"
        else term
        for term in case.forcefield.terms
    )
    found = chosen_by_profile(case, with_terms(case.forcefield, terms), turned)
    assert found.term(case.named(turned)).form == ("chiral_fourier" if third else "fourier")


def test_sines_are_not_tried_where_left_and_right_are_alike(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(selection, "RIVALS", (selection.CHIRAL_FOURIER,))
    case = build("dimethyl_carbonate")
    found = chosen_by_profile(case, case.forcefield, TURNED)
    assert found.term(case.named(TURNED)).form == "fourier"
    assert not told(found).evidence


def with_terms(field: ForceField, terms: tuple[Term, ...]) -> ForceField:
    size = sum(len(term.parameters) for term in terms)
    return replace(field, terms=terms, covariance=np.zeros((size, size)))


def chosen_by_profile(case: Case, truth: ForceField, name: str) -> ForceField:
    """The fit to the relaxed profile of one dihedral."""
    turned, _ = circle(case, step=20, name=name)
    at_rest = relaxed(case, truth, turned).positions
    energies, gradients = case.energies(truth, at_rest)
    profile = replace(turned, positions=at_rest, energies=energies, gradients=gradients)
    return choose_forms(case.system, truth.electrostatics, joint(case, profile))[1]


def longer(case: Case, term: Term, sixth: float) -> Term:
    """A dihedral with a fifth and a sixth term."""
    if term.form != "fourier":
        return term
    more = (
        {"k5": -sixth, "k6": sixth} if term.name == case.named(TURNED) else {"k5": 0.0, "k6": 0.0}
    )
    return Term("dihedral", term.types, "fourier6", term.parameters | more)


def spring(term: Term) -> Term:
    """The harmonic bond with the minimum and the curvature of a Morse bond."""
    if term.form != "morse":
        return term
    D, alpha, r0 = term.parameters.values()
    return Term("bond", term.types, "harmonic_bond", {"k": D * alpha**2, "r0": r0})


def test_pairs_get_parameters_of_their_own_where_the_rule_fails(methanol: Case) -> None:
    ruled = chosen(methanol, methanol.forcefield)
    assert not of_pairs(ruled)
    assert evidence(ruled, "pairs").before < 0.1

    own = methanol.forcefield.pair(*methanol.types("H1", "O1"))
    own |= {"A": 0.4 * own["A"]}
    unruly = (
        *methanol.forcefield.terms,
        Term("nonbonded", methanol.types("H1", "O1"), "tang_toennies", own),
    )
    truth = with_terms(methanol.forcefield, unruly)
    found = chosen(methanol, truth, dimers_told=100)
    compared = evidence(found, "pairs")
    assert compared.after < 0.6 * compared.before
    assert len(of_pairs(found)) == 6
    unseen = methanol.dimers[100:]
    energies = methanol.interactions(truth, unseen)
    weights = Settings().energy_weights(energies)
    points = points_of(methanol, truth, 100)
    ruled = fit_force_field(methanol.system, truth.electrostatics, points)
    wrong = [
        weights @ (methanol.interactions(field, unseen) - energies) ** 2 for field in (ruled, found)
    ]
    assert wrong[1] < 0.5 * wrong[0]


def test_a_rival_may_leave_out_fewer_points_but_not_others(methanol: Case) -> None:
    whole = chosen(methanol, methanol.forcefield)

    def leaving_out(**labels: int) -> ForceField:
        outliers = [Outliers(methanol.pair, Origin(each), n) for each, n in labels.items()]
        return replace(whole, diagnostics=replace(told(whole), outliers=tuple(outliers)))

    best = leaving_out(random=2)
    assert not selection._leaves_out_more(leaving_out(random=1), best)
    assert not selection._leaves_out_more(leaving_out(), best)
    assert selection._leaves_out_more(leaving_out(random=3), best)
    assert selection._leaves_out_more(leaving_out(squeezed=1), best)


@pytest.mark.parametrize("seed", range(4))
def test_noise_gives_no_pair_parameters_of_its_own(methanol: Case, seed: int) -> None:
    """Where the rule made the points, a fit with more freedom foresees others no better."""
    field = methanol.forcefield
    drawn = np.random.default_rng(seed).permutation(len(methanol.dimers))[:60]
    case = replace(methanol, molecules=methanol.molecules[:30], dimers=methanol.dimers[drawn])
    molecules, dimers = data(case, noise=1.0, seed=seed)
    points = joint(case, molecules, dimers)
    assert not of_pairs(choose_forms(case.system, field.electrostatics, points)[1])


def test_what_was_chosen_can_be_used_again(methanol: Case) -> None:
    """Another fit with the choice is the same fit; the choice is plain words."""
    own = methanol.forcefield.pair(*methanol.types("H1", "O1"))
    term = Term("nonbonded", methanol.types("H1", "O1"), "tang_toennies", own | {"A": own["A"] / 2})
    truth = with_terms(methanol.forcefield, (*methanol.forcefield.terms, term))
    points = points_of(methanol, truth, 100)
    choice, found = choose_forms(methanol.system, truth.electrostatics, points)
    assert choice.forms["bond"] == "morse"
    assert methanol.types("H1", "O1") in choice.pairs
    again = fit_force_field(
        methanol.system,
        truth.electrostatics,
        points,
        forms=choice.form_of_kind,
        pairs=choice.pairs,
    )
    np.testing.assert_array_equal(again.vector, found.vector)
