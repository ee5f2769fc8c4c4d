from dataclasses import replace

import numpy as np

from aiida_forcefield.potentials import (
    DimerPoints,
    ForceField,
    MoleculePoints,
    Term,
    fit_chosen_forms,
    interaction_energies,
    molecule_energies,
)

from .synthetic_fields import Case


def chosen(case: Case, truth: ForceField) -> ForceField:
    case = replace(case, molecules=case.molecules[:30], dimers=case.dimers[:30])
    energies, gradients = molecule_energies(truth, case.topology, case.molecules)
    count = len(energies)
    molecules = MoleculePoints(
        case.molecules, energies, gradients, np.ones(count), ("thermal",) * count
    )
    interaction = interaction_energies(truth, case.topology, case.dimers)
    dimers = DimerPoints(case.dimers, interaction, np.ones(len(interaction)), "random")
    return fit_chosen_forms(
        case.topology, case.reference, truth.charges, truth.gas_charges, molecules, [dimers]
    )


def test_forms_that_made_the_points_are_found(methanol: Case) -> None:
    morse = chosen(methanol, methanol.forcefield)
    assert morse.term("bond C1-O1").form == "morse"
    found = morse.diagnostics
    assert found["foresight morse"] < 0.5 * found["foresight harmonic_bond"]
    assert morse.term("dihedral H1-C1-O1-H2").form == "fourier"  # none better, so the simpler one

    springs = replace(methanol.forcefield, terms=tuple(map(spring, methanol.forcefield.terms)))
    harmonic = chosen(methanol, springs)
    assert harmonic.term("bond C1-O1").form == "harmonic_bond"
    assert harmonic.diagnostics["foresight"] == harmonic.diagnostics["foresight harmonic_bond"]


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

    own = methanol.forcefield.pair("O1", "H2")
    own |= {"A": 1.6 * own["A"]}
    unruly = (*methanol.forcefield.terms, Term("nonbonded", "nonbonded H2-O1", "exp6", own))
    size = sum(len(term.parameters) for term in unruly)
    truth = replace(methanol.forcefield, terms=unruly, covariance=np.zeros((size, size)))
    found = chosen(methanol, truth)
    errors = found.diagnostics
    assert errors["foresight pairs"] < 0.9 * errors["foresight combination_rule"]
    energies = interaction_energies(truth, methanol.topology, methanol.dimers)
    bound = energies < 0
    wrong = [
        np.std((interaction_energies(field, methanol.topology, methanol.dimers) - energies)[bound])
        for field in (ruled, found)
    ]
    assert wrong[1] < 0.3 * wrong[0]
