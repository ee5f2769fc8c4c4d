from dataclasses import replace

import numpy as np
import pytest

from aiida_forcefield.potentials import (
    DimerPoints,
    ForceField,
    MoleculePoints,
    Reference,
    Settings,
    Term,
    change_errors,
    fit_force_field,
    interaction_energies,
    join_dimers,
    molecule_energies,
)
from aiida_forcefield.potentials.energy import dimer_model, molecule_model
from aiida_forcefield.potentials.forms import TANG_TOENNIES
from aiida_forcefield.potentials.hessian import hessian_model
from aiida_forcefield.potentials.prior import build_prior
from aiida_forcefield.potentials.residuals import Problem, type_pairs
from aiida_forcefield.potentials.torsions import relaxed_torsions
from aiida_forcefield.scans import stretched
from aiida_forcefield.topology import Species

from .synthetic_fields import Case, disturbed

KCAL = 1 / 23.0605478
SETTINGS = Settings()


def data(case: Case, noise: float, seed: int = 0) -> tuple[MoleculePoints, DimerPoints]:
    """What the true field gives, with noise in units of the errors that the fit expects."""
    rng = np.random.default_rng(seed)
    energy, gradient = molecule_energies(case.forcefield, case.species, case.molecules)
    interaction = interaction_energies(case.forcefield, case.species, case.dimers)

    def disturbed(values: np.ndarray, error: float) -> np.ndarray:
        return values + noise * error * rng.normal(size=values.shape)

    return (
        MoleculePoints(
            case.molecules,
            disturbed(energy, SETTINGS.energy_error),
            gradient + internal(disturbed(0 * gradient, SETTINGS.gradient_error), case.molecules),
            np.ones(len(energy)),
            ("thermal",) * len(energy),
        ),
        DimerPoints(
            case.dimers,
            disturbed(interaction, SETTINGS.interaction_error),
            np.ones(len(interaction)),
            "random",
        ),
    )


def moved_apart(case: Case, dimers: DimerPoints, places: np.ndarray) -> DimerPoints:
    """The same, some of them with what the true field has when their molecules are farther apart,
    relative to what it has as they are."""
    before, after = case.dimers[places], stretched(case.dimers[places])
    near, far = (interaction_energies(case.forcefield, case.species, x) for x in (before, after))
    return replace(
        dimers,
        stretched=after,
        stretched_energies=dimers.energies[places] + far - near,
        pulled=places,
    )


def internal(gradients: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Without net force and torque, as gradients of QM are."""
    count, n, _ = positions.shape
    shifts = np.broadcast_to(np.tile(np.eye(3), (n, 1)), (count, 3 * n, 3))
    turns = np.stack([np.cross(axis, positions) for axis in np.eye(3)], axis=-1)
    rigid = np.linalg.qr(np.concatenate([shifts, turns.reshape(count, 3 * n, 3)], axis=2))[0]
    flat = gradients.reshape(count, -1, 1)
    inner: np.ndarray = flat - rigid @ (rigid.transpose(0, 2, 1) @ flat)
    return inner.reshape(gradients.shape)


def fit(case: Case, molecules: MoleculePoints, *dimers: DimerPoints) -> ForceField:
    field = case.forcefield
    return fit_force_field(
        case.species, case.reference, field.charges, field.gas_charges, molecules, dimers
    )


def test_field_that_made_the_data_is_found(case: Case) -> None:
    found = fit(case, *data(case, noise=0.02))
    assert found.diagnostics["rmse_interaction"] < 0.04 * SETTINGS.interaction_error
    assert found.diagnostics["rmse_gradient"] < 0.04 * SETTINGS.gradient_error
    for term in found.terms:
        true = case.forcefield.term(term.name).parameters
        if term.kind == "bond":
            assert term.parameters == pytest.approx(true, rel=0.01)
        if term.kind == "nonbonded":
            assert term.parameters["rho"] == pytest.approx(true["rho"], rel=0.03)


def test_standard_errors_are_the_real_errors(methanol: Case) -> None:
    deviations = []
    for seed in range(4):
        found = fit(methanol, *data(methanol, noise=1.0, seed=seed))
        error = np.sqrt(np.diag(found.covariance))
        bonds = [name.startswith("bond") for name in found.parameter_names]
        deviations.append(((found.vector - methanol.forcefield.vector) / error)[bonds])
    assert 0.6 < np.sqrt(np.mean(np.square(deviations))) < 1.5


def test_jacobian_of_the_residuals(case: Case) -> None:
    case = replace(case, molecules=case.molecules[:5], dimers=case.dimers[:20])
    molecules, dimers = data(case, noise=1.0)
    dimers = moved_apart(case, dimers, np.array([1, 4, 7]))
    dimers = replace(dimers, shares=np.array([-900.0, -3000.0, 200.0]))
    turned = next(t.name for t in case.species.term_types if t.kind == "dihedral")
    molecules = replace(molecules, labels=("thermal", turned, "thermal", turned, turned))
    field = case.forcefield
    prior = build_prior(case.species, case.reference, SETTINGS.dispersion_width)
    problem = Problem(
        prior,
        replace(SETTINGS, barrier=20.0),  # high enough that the guard acts
        hessian_model(case.species, field.terms, case.reference, field.charges, field.scale_14),
        molecule_model(case.species, field.terms, case.molecules, field.charges),
        molecules,
        dimer_model(
            case.species,
            field.terms,
            np.concatenate([case.dimers, stretched(case.dimers[[1, 4, 7]])]),
            field.gas_charges,
        ),
        [dimers],
        list(type_pairs(case.species, field.terms, field.charges)),
        relaxed_torsions(case.species, field, molecules),
    )
    u = np.where(prior.logarithmic, np.log(np.abs(field.vector)), field.vector)
    jacobian = problem.residuals(u)[1]
    for i, shift in enumerate(1e-6 * np.eye(len(u))):
        forward, backward = (problem.residuals(u + s)[0] for s in (shift, -shift))
        expected = (forward - backward) / 2e-6
        np.testing.assert_allclose(jacobian[:, i], expected, rtol=1e-4, atol=1e-4)


def test_how_energies_change_by_distance_is_fitted(methanol: Case) -> None:
    """All energies are too high by as much: their changes tell the truth."""
    molecules, dimers = data(methanol, noise=0.0)
    wrong = replace(dimers, energies=dimers.energies + 0.02)
    both = moved_apart(methanol, wrong, np.arange(60))
    unseen = methanol.dimers[60:]
    energies = [
        interaction_energies(methanol.forcefield, methanol.species, x)
        for x in (unseen, stretched(unseen))
    ]
    truth, weights = energies[1] - energies[0], np.exp(-energies[0].clip(0) / 0.13)

    def error(field: ForceField) -> float:
        near, far = (
            interaction_energies(field, methanol.species, x) for x in (unseen, stretched(unseen))
        )
        return float(np.average((far - near - truth) ** 2, weights=weights)) ** 0.5

    found, without = fit(methanol, molecules, both), fit(methanol, molecules, wrong)
    assert error(found) < 0.8 * error(without)
    assert found.diagnostics["rmse_virial"] > 0
    assert found.diagnostics["left_out_virial"] > found.diagnostics["rmse_virial"]
    assert "rmse_virial" not in without.diagnostics


def test_the_pressure_of_the_pairs_is_that_of_qm(methanol: Case) -> None:
    """QM has induction, which no form has: of all changes together nothing is missed."""
    molecules, dimers = data(methanol, noise=0.0)
    both = moved_apart(methanol, dimers, np.arange(60))
    missed = 0.004 * np.random.default_rng(3).normal(1.0, 1.0, 60)
    shares = -np.random.default_rng(4).uniform(500.0, 3000.0, 60)
    both = replace(both, stretched_energies=both.stretched_energies + missed)

    def pressure(field: ForceField) -> float:
        return float(shares @ change_errors(field, methanol.species, both))

    found = fit(methanol, molecules, replace(both, shares=shares))
    assert abs(pressure(found)) < 0.1 * abs(pressure(fit(methanol, molecules, both)))
    # An outlier tells nothing of it.
    energies = both.stretched_energies.copy()
    energies[7] += 5.0
    wrong = replace(both, stretched_energies=energies, shares=shares)
    left_out = fit(methanol, molecules, wrong)
    assert left_out.diagnostics["outliers random"] == 1
    assert abs(left_out.vector / found.vector - 1).max() < 0.5


def test_each_of_a_sample_has_its_share(methanol: Case) -> None:
    _, dimers = data(methanol, noise=0.0)
    with pytest.raises(ValueError, match="random: 2 shares of 3 stretched"):
        replace(moved_apart(methanol, dimers, np.arange(3)), shares=np.ones(2))


def test_sets_are_joined_with_their_pairs(methanol: Case) -> None:
    _, dimers = data(replace(methanol, dimers=methanol.dimers[:10]), noise=0.0)
    case = replace(methanol, dimers=methanol.dimers[:10])
    first, second = (moved_apart(case, dimers, np.array(k)) for k in ([2, 5], [0, 9]))
    both = join_dimers([first, dimers, second])
    assert both.pulled.tolist() == [2, 5, 20, 29]
    np.testing.assert_allclose(both.strains, 0.03, atol=1e-4)
    assert join_dimers([dimers]).stretched is None


def test_offset_of_the_energies_does_not_matter(methanol: Case) -> None:
    molecules, dimers = data(methanol, noise=0.1)
    shifted = replace(molecules, energies=molecules.energies - 3142.0)
    found, again = (fit(methanol, points, dimers) for points in (molecules, shifted))
    np.testing.assert_allclose(again.vector, found.vector, rtol=1e-4)


def test_point_of_no_weight_and_missing_gradient_are_left_out(methanol: Case) -> None:
    molecules, dimers = data(methanol, noise=0.1)
    gradients, weights, energies = (
        a.copy() for a in (molecules.gradients, molecules.weights, molecules.energies)
    )
    gradients[0] = np.nan
    weights[1], energies[1] = 0, 50.0
    found = fit(
        methanol,
        replace(molecules, energies=energies, gradients=gradients, weights=weights),
        dimers,
    )
    assert found.diagnostics["molecule_points"] == 99
    assert found.diagnostics["gradients"] == 98
    assert found.diagnostics["rmse_energy_intramolecular"] < 0.2 * SETTINGS.energy_error


@pytest.mark.parametrize(("count", "wrong"), [(100, [0.4]), (100, [10.0, 0.4]), (12, [10.0])])
def test_wrong_points_are_left_out_and_told(methanol: Case, count: int, wrong: list[float]) -> None:
    case = replace(methanol, molecules=methanol.molecules[:count])
    molecules, dimers = data(case, noise=1.0)
    right = fit(case, molecules, dimers)
    assert not any(name.startswith("outliers") for name in right.diagnostics)
    energies, disturbed = molecules.energies.copy(), dimers.energies.copy()
    energies[: len(wrong)] += wrong
    disturbed[[3, 30]] -= 1.0
    found = fit(case, replace(molecules, energies=energies), replace(dimers, energies=disturbed))
    assert found.diagnostics["outliers thermal"] == len(wrong)
    assert found.diagnostics["outliers random"] == 2
    errors = np.sqrt(np.diag(right.covariance))
    assert np.abs((found.vector - right.vector) / errors).max() < 2.5


def test_left_out_errors_are_those_of_a_fit_without(methanol: Case) -> None:
    molecules, dimers = data(methanol, noise=1.0)
    seen = DimerPoints(dimers.positions[:60], dimers.energies[:60], dimers.weights[:60], "seen")
    unseen = DimerPoints(dimers.positions[60:], dimers.energies[60:], dimers.weights[60:], "new")
    foreseen = fit(methanol, molecules, seen, unseen).diagnostics["left_out_interaction new"]
    without = fit(methanol, molecules, seen)
    model = interaction_energies(without, methanol.species, unseen.positions)
    weights = np.exp(-unseen.energies.clip(0) / SETTINGS.repulsive_scale)
    real = np.sqrt(np.average((model - unseen.energies) ** 2, weights=weights))
    assert foreseen == pytest.approx(real, rel=0.1)


def test_left_out_energies_are_those_of_a_fit_without(methanol: Case) -> None:
    molecules, dimers = data(methanol, noise=1.0)
    labels = ("seen",) * 60 + ("new",) * 40
    found = fit(methanol, replace(molecules, labels=labels), dimers)
    weights = np.concatenate([np.ones(60), np.zeros(40)])
    without = fit(methanol, replace(molecules, weights=weights), dimers)
    model = molecule_energies(without, methanol.species, molecules.positions)[0]
    apart = model - molecules.energies
    real = np.sqrt(np.mean((apart[60:] - apart[:60].mean()) ** 2))
    assert found.diagnostics["left_out_energy new"] == pytest.approx(real, rel=0.1)


def test_only_dimers(methanol: Case) -> None:
    none = MoleculePoints(np.zeros((0, 6, 3)), np.zeros(0), np.zeros((0, 6, 3)), np.zeros(0), ())
    found = fit(methanol, none, data(methanol, noise=0.1)[1])
    assert found.diagnostics["rmse_interaction"] < 0.2 * SETTINGS.interaction_error
    assert "rmse_energy_intramolecular" not in found.diagnostics


def test_terms_say_what_was_expected_and_how_many_points_tell_of_them(methanol: Case) -> None:
    molecules, dimers = data(methanol, noise=0.1)
    found = fit(methanol, molecules, dimers)
    bond, oxygen = found.term("bond C1-O1"), found.term("nonbonded O1")
    assert bond.prior["r0"] == pytest.approx(bond.parameters["r0"], abs=0.1)
    assert bond.informing_points["r0"] == len(molecules.energies)
    assert 0 < oxygen.informing_points["A"] <= len(molecules.energies) + len(dimers.energies)
    blind = fit(methanol, molecules).term("nonbonded O1")
    assert blind.informing_points["C6"] < oxygen.informing_points["C6"]


def test_without_dimers_the_nonbonded_terms_are_said_to_be_the_prior(methanol: Case) -> None:
    found = fit(methanol, data(methanol, noise=0.1)[0])
    for atom_type in methanol.species.type_names:
        flags = found.term(f"nonbonded {atom_type}").flags
        assert "C6: as uncertain as its prior" in flags
    assert not found.term("bond C1-O1").flags
    assert "rmse_interaction" not in found.diagnostics


def test_parameter_at_its_bound_is_flagged(methanol: Case) -> None:
    weak = replace(methanol.reference, c6=methanol.reference.c6 / 20)
    field = methanol.forcefield
    found = fit_force_field(
        methanol.species,
        weak,
        field.charges,
        field.gas_charges,
        *[[points] if isinstance(points, DimerPoints) else points for points in data(methanol, 0)],
        Settings(dispersion_width=0.5),
    )
    assert any("C6: at upper bound" in term.flags for term in found.terms)


def test_fit_is_better_than_its_start_and_says_so(case: Case) -> None:
    noisy = disturbed(case.reference, case.forcefield, case.species, SETTINGS.hessian_error)
    diagnostics = fit(replace(case, reference=noisy), *data(case, noise=1.0)).diagnostics
    for name in ("rmse_energy_intramolecular", "rmse_gradient", "rmse_interaction"):
        assert diagnostics[name] < diagnostics[f"{name}_start"]
    assert diagnostics["reduced_chi2"] == pytest.approx(1, abs=0.1)


def test_barrier_is_kept_where_charges_would_pull_atoms_together(methanol: Case) -> None:
    molecules, dimers = data(methanol, noise=0)
    field = methanol.forcefield
    charges = {name: 3 * charge for name, charge in field.charges.items()}

    def lowest_barrier(settings: Settings) -> float:
        found = fit_force_field(
            methanol.species,
            methanol.reference,
            charges,
            field.gas_charges,
            molecules,
            [dimers],
            settings,
        )
        barriers = [v for k, v in found.diagnostics.items() if k.startswith("barrier")]
        assert len(barriers) == 10
        return min(barriers)

    assert lowest_barrier(Settings(barrier=1e-6 * KCAL)) < KCAL
    assert lowest_barrier(Settings()) > 9 * KCAL


def test_single_ion() -> None:
    """No bonded terms and nothing inside the molecule: only the repulsion between two ions."""
    ion = Species(("Li",), 1, 1, ("Li1",), (), (), np.zeros((1, 1, 3)), "[Li+]")
    reference = Reference(np.zeros((1, 3)), np.zeros((3, 3)), np.array([[0.4]]))
    parameters = {"A": 400.0, "rho": 0.25, "C6": 0.4, "C8": 4.0}
    term = Term("nonbonded", "nonbonded Li1", "tang_toennies", parameters)
    true = ForceField((term,), {"Li1": 1.0}, {"Li1": 1.0}, np.zeros((4, 4)))
    pairs = np.zeros((20, 2, 3))
    pairs[:, 1, 0] = np.linspace(1.2, 4.0, 20)
    found = fit_force_field(
        ion,
        reference,
        true.charges,
        true.gas_charges,
        MoleculePoints(np.zeros((1, 1, 3)), np.zeros(1), np.zeros((1, 1, 3)), np.ones(1), ("ion",)),
        [DimerPoints(pairs, interaction_energies(true, ion, pairs), np.ones(20), "ions")],
        Settings(repulsive_scale=20.0),
    )
    r = pairs[:, 1, 0]
    curve, expected = (TANG_TOENNIES.evaluate(r, f.vector).energy for f in (found, true))
    np.testing.assert_allclose(curve, expected, atol=0.05)


def test_bad_data_is_named(methanol: Case) -> None:
    molecules, dimers = data(methanol, noise=0)
    with pytest.raises(ValueError, match="dimer points random: 150 positions, 149 energies"):
        replace(dimers, energies=dimers.energies[1:])
    with pytest.raises(ValueError, match="molecule points: positions and energies must be finite"):
        replace(molecules, energies=np.full(100, np.nan))
    with pytest.raises(ValueError, match="weights must be finite and not negative"):
        replace(dimers, weights=-dimers.weights)
    with pytest.raises(ValueError, match=r"gradients \(1,\) do not match"):
        replace(molecules, gradients=np.zeros(1))
    with pytest.raises(ValueError, match="energy_error: 0 is not a positive number"):
        Settings(energy_error=0)
