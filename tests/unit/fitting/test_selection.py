from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from aiida_forcefield.potentials.torsions import relaxed_torsions
from threadpoolctl import threadpool_info, threadpool_limits

from aiida_forcefield.potentials import (
    DimerPoints,
    ForceField,
    MoleculePoints,
    Settings,
    Term,
    fit_chosen_forms,
    fit_force_field,
    interaction_energies,
    molecule_energies,
    selection,
)

from .synthetic_fields import Case, build
from .test_fit import data
from .test_torsions import TURNED, circle


def chosen(
    case: Case,
    truth: ForceField,
    fit: Callable[..., ForceField] = fit_chosen_forms,
    dimers_told: int = 30,
) -> ForceField:
    case = replace(case, molecules=case.molecules[:30], dimers=case.dimers[:dimers_told])
    energies, gradients = molecule_energies(truth, case.species, case.molecules)
    count = len(energies)
    molecules = MoleculePoints(
        case.molecules, energies, gradients, np.ones(count), ("thermal",) * count
    )
    interaction = interaction_energies(truth, case.species, case.dimers)
    dimers = DimerPoints(case.dimers, interaction, np.ones(len(interaction)), "random")
    charges = (truth.charges, truth.gas_charges)
    return fit(case.species, case.reference, *charges, molecules, [dimers])


def test_forms_that_made_the_points_are_found(methanol: Case) -> None:
    morse = chosen(methanol, methanol.forcefield)
    assert morse.term("bond C1-O1").form == "morse"
    found = morse.diagnostics
    assert found["foresight morse"] < 0.5 * found["foresight harmonic_bond"]
    assert morse.term("dihedral H1-C1-O1-H2").form == "threefold"

    springs = replace(methanol.forcefield, terms=tuple(map(spring, methanol.forcefield.terms)))
    harmonic = chosen(methanol, springs)
    assert harmonic.term("bond C1-O1").form == "harmonic_bond"
    assert harmonic.diagnostics["foresight"] == harmonic.diagnostics["foresight harmonic_bond"]


def test_a_fit_keeps_to_one_thread(methanol: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    class SeenError(Exception):
        pass

    def threads() -> set[int]:
        return {each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"}

    def fit(*_: object) -> ForceField:
        raise SeenError(threads())

    monkeypatch.setattr(selection, "fit_force_field", fit)
    with threadpool_limits(limits=2, user_api="blas"):
        with pytest.raises(SeenError) as seen:
            chosen(methanol, methanol.forcefield)
        assert seen.value.args == ({1},)
        assert threads() == {2}


@pytest.mark.parametrize("sixth", [0.0, 0.02])
def test_terms_of_a_dihedral_are_as_many_as_its_profile_tells(
    monkeypatch: pytest.MonkeyPatch, sixth: float
) -> None:
    monkeypatch.setattr(selection, "RIVALS", (selection.FOURIER6,))
    case = build("dimethyl_carbonate")
    terms = tuple(longer(term, sixth) for term in case.forcefield.terms)
    found = chosen_by_profile(case, with_terms(case.forcefield, terms), TURNED)
    expected = "fourier6" if sixth else "fourier"
    assert found.term(TURNED).form == expected
    errors = found.diagnostics
    assert errors["foresight fourier6"] < 0.1
    assert (errors["foresight fourier"] > 1.0) == bool(sixth)


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
            term.name,
            "chiral_fourier",
            {"k5": 0.0, "k6": 0.0, **sines, **term.parameters}
            | ({"s3": third} if term.name == turned else {}),
        )
        if term.form == "fourier"
        else term
        for term in case.forcefield.terms
    )
    found = chosen_by_profile(case, with_terms(case.forcefield, terms), turned)
    assert found.term(turned).form == ("chiral_fourier" if third else "fourier")


def test_sines_are_not_tried_where_left_and_right_are_alike(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(selection, "RIVALS", (selection.CHIRAL_FOURIER,))
    case = build("dimethyl_carbonate")
    found = chosen_by_profile(case, case.forcefield, TURNED)
    assert found.term(TURNED).form == "fourier"
    assert "foresight chiral_fourier" not in found.diagnostics


def with_terms(field: ForceField, terms: tuple[Term, ...]) -> ForceField:
    size = sum(len(term.parameters) for term in terms)
    return replace(field, terms=terms, covariance=np.zeros((size, size)))


def chosen_by_profile(case: Case, truth: ForceField, name: str) -> ForceField:
    """The fit to the relaxed profile of one dihedral."""
    turned, _ = circle(case, step=20, name=name)
    relaxed = relaxed_torsions(case.species, truth, turned).positions
    energies, gradients = molecule_energies(truth, case.species, relaxed)
    profile = replace(turned, positions=relaxed, energies=energies, gradients=gradients)
    charges = (truth.charges, truth.gas_charges)
    return fit_chosen_forms(case.species, case.reference, *charges, profile, [])


def longer(term: Term, sixth: float) -> Term:
    """A dihedral with a fifth and a sixth term."""
    if term.form != "fourier":
        return term
    more = {"k5": -sixth, "k6": sixth} if term.name == TURNED else {"k5": 0.0, "k6": 0.0}
    return Term("dihedral", term.name, "fourier6", term.parameters | more)


def spring(term: Term) -> Term:
    """The harmonic bond with the minimum and the curvature of a Morse bond."""
    if term.form != "morse":
        return term
    D, alpha, r0 = term.parameters.values()
    return Term("bond", term.name, "harmonic_bond", {"k": D * alpha**2, "r0": r0})


def test_pairs_get_parameters_of_their_own_where_the_rule_fails(methanol: Case) -> None:
    ruled = chosen(methanol, methanol.forcefield)
    assert all("-" not in term.name for term in ruled.terms if term.kind == "nonbonded")
    assert ruled.diagnostics["foresight combination_rule"] < 0.1

    own = methanol.forcefield.pair("H1", "O1")
    own |= {"A": 0.4 * own["A"]}
    unruly = (
        *methanol.forcefield.terms,
        Term("nonbonded", "nonbonded H1-O1", "tang_toennies", own),
    )
    truth = with_terms(methanol.forcefield, unruly)
    found = chosen(methanol, truth, dimers_told=100)
    errors = found.diagnostics
    assert errors["foresight pairs"] < 0.6 * errors["foresight combination_rule"]
    unseen = methanol.dimers[100:]
    energies = interaction_energies(truth, methanol.species, unseen)
    weights = Settings().energy_weights(energies)
    wrong = [
        weights @ (interaction_energies(field, methanol.species, unseen) - energies) ** 2
        for field in (chosen(methanol, truth, fit_force_field, 100), found)
    ]
    assert wrong[1] < 0.5 * wrong[0]


def test_a_rival_may_leave_out_fewer_points_but_not_others(methanol: Case) -> None:
    def leaving_out(**labels: float) -> ForceField:
        diagnostics = {f"outliers {label}": n for label, n in labels.items()}
        return replace(methanol.forcefield, diagnostics=diagnostics)

    best = leaving_out(random=2.0)
    assert not selection._leaves_out_more(leaving_out(random=1.0), best)
    assert not selection._leaves_out_more(leaving_out(), best)
    assert selection._leaves_out_more(leaving_out(random=3.0), best)
    assert selection._leaves_out_more(leaving_out(squeezed=1.0), best)


@pytest.mark.parametrize("seed", range(4))
def test_noise_gives_no_pair_parameters_of_its_own(methanol: Case, seed: int) -> None:
    """Where the rule made the points, a fit with more freedom foresees others no better."""
    field = methanol.forcefield
    drawn = np.random.default_rng(seed).permutation(len(methanol.dimers))[:60]
    case = replace(methanol, molecules=methanol.molecules[:30], dimers=methanol.dimers[drawn])
    molecules, dimers = data(case, noise=1.0, seed=seed)
    charges = (field.charges, field.gas_charges)
    found = fit_chosen_forms(case.species, case.reference, *charges, molecules, [dimers])
    assert all("-" not in term.name for term in found.terms if term.kind == "nonbonded")
