from dataclasses import replace

import numpy as np
import pytest

from aiida_forcefield.fitting import (
    PHYSICAL,
    DimerPoints,
    FitData,
    MoleculePoints,
    Reference,
    Settings,
    change_errors,
    fit_force_field,
    join_dimers,
)
from aiida_forcefield.fitting.case import Case as FitCase
from aiida_forcefield.fitting.case import Models
from aiida_forcefield.fitting.problem import Problem
from aiida_forcefield.potentials import (
    Diagnostics,
    FixedCharges,
    Flag,
    ForceField,
    Layout,
    Term,
    interaction_energies,
)
from aiida_forcefield.potentials.forms import TANG_TOENNIES
from aiida_forcefield.scans import Cluster, Origin, moved_apart
from aiida_forcefield.topology import System
from aiida_forcefield.topology.ions import ion

from ..synthetic_fields import Case, along, disturbed

KCAL = 1 / 23.0605478
SETTINGS = Settings()


def data(case: Case, noise: float, seed: int = 0) -> tuple[MoleculePoints, DimerPoints]:
    """What the true field gives, with noise in units of the errors that the fit expects."""
    rng = np.random.default_rng(seed)
    energy, gradient = case.energies(case.forcefield, case.molecules)
    interaction = case.interactions(case.forcefield, case.dimers)

    def disturbed(values: np.ndarray, error: float) -> np.ndarray:
        return values + noise * error * rng.normal(size=values.shape)

    return (
        MoleculePoints(
            case.name,
            case.molecules,
            disturbed(energy, SETTINGS.energy_error),
            gradient + internal(disturbed(0 * gradient, SETTINGS.gradient_error), case.molecules),
            np.ones(len(energy)),
            (Origin("thermal"),) * len(energy),
        ),
        DimerPoints(
            case.pair,
            case.dimers,
            disturbed(interaction, SETTINGS.interaction_error),
            np.ones(len(interaction)),
            Origin("random"),
            len(case.species.symbols),
        ),
    )


def apart(case: Case, dimers: np.ndarray) -> np.ndarray:
    """With the molecules farther apart."""
    return moved_apart(Cluster.of(case.species, case.species), dimers)


def with_moved(case: Case, dimers: DimerPoints, places: np.ndarray) -> DimerPoints:
    """The same, some of them with what the true field has when their molecules are farther apart,
    relative to what it has as they are."""
    before, after = case.dimers[places], apart(case, case.dimers[places])
    near, far = (case.interactions(case.forcefield, x) for x in (before, after))
    return replace(
        dimers,
        moved=after,
        moved_energies=dimers.energies[places] + far - near,
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


def fit(case: Case, molecules: MoleculePoints | None, *dimers: DimerPoints) -> ForceField:
    return fit_force_field(
        case.system, case.forcefield.electrostatics, joint(case, molecules, *dimers)
    )


def joint(case: Case, molecules: MoleculePoints | None, *dimers: DimerPoints) -> FitData:
    """All that is known of a molecule."""
    return FitData({case.name: case.reference}, (molecules,) if molecules else (), dimers)


def told(field: ForceField) -> Diagnostics:
    assert field.diagnostics is not None
    return field.diagnostics


def left_out_of(field: ForceField) -> dict[str, int]:
    """How many outliers of each sampling there are."""
    return {each.origin.sampling: each.points for each in told(field).outliers}


def error(field: ForceField, kind: str) -> float:
    """Of all points of a kind."""
    found = told(field).total(kind)
    assert found is not None
    return found.fitted


def test_field_that_made_the_data_is_found(case: Case) -> None:
    found = fit(case, *data(case, noise=0.02))
    assert error(found, "interaction") < 0.04 * SETTINGS.interaction_error
    assert error(found, "gradient") < 0.04 * SETTINGS.gradient_error
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
    dimers = with_moved(case, dimers, np.array([1, 4, 7]))
    dimers = replace(dimers, shares=np.array([-900.0, -3000.0, 200.0]))
    turned = next(t.name for t in case.species.term_types if t.kind == "dihedral")
    thermal, scan = Origin("thermal"), along(turned)
    molecules = replace(molecules, origins=(thermal, scan, thermal, scan, scan))
    field, points = case.forcefield, joint(case, molecules, dimers)
    settings = replace(SETTINGS, barrier=20.0)  # high enough that the guard acts
    prior = PHYSICAL.prior(case.system, points.references, settings, settings.form_of_kind)
    layout = Layout.of(field, case.system)
    whole = FitCase(layout, points, settings, Models.of(layout, points))
    problem = Problem.of(prior, whole).relaxed(field)
    assert len(problem.residuals) == 8  # all but those of cells
    u = np.where(prior.logarithmic, np.log(np.abs(field.vector)), field.vector)
    jacobian = problem.evaluate(u)[1]
    for i, shift in enumerate(1e-6 * np.eye(len(u))):
        forward, backward = (problem.evaluate(u + s)[0] for s in (shift, -shift))
        expected = (forward - backward) / 2e-6
        np.testing.assert_allclose(jacobian[:, i], expected, rtol=1e-4, atol=1e-4)


def test_how_energies_change_by_distance_is_fitted(methanol: Case) -> None:
    """All energies are too high by as much: their changes tell the truth."""
    molecules, dimers = data(methanol, noise=0.0)
    wrong = replace(dimers, energies=dimers.energies + 0.02)
    both = with_moved(methanol, wrong, np.arange(60))
    unseen = methanol.dimers[60:]
    energies = [
        methanol.interactions(methanol.forcefield, x) for x in (unseen, apart(methanol, unseen))
    ]
    truth, weights = energies[1] - energies[0], np.exp(-energies[0].clip(0) / 0.13)

    def missed(field: ForceField) -> float:
        near, far = (methanol.interactions(field, x) for x in (unseen, apart(methanol, unseen)))
        return float(np.average((far - near - truth) ** 2, weights=weights)) ** 0.5

    found, without = fit(methanol, molecules, both), fit(methanol, molecules, wrong)
    assert missed(found) < 0.8 * missed(without)
    virial = told(found).total("virial")
    assert virial is not None
    assert virial.left_out > virial.fitted > 0
    assert told(without).total("virial") is None


def test_the_pressure_of_the_pairs_is_that_of_qm(methanol: Case) -> None:
    """QM has induction, which no form has: of all changes together nothing is missed."""
    molecules, dimers = data(methanol, noise=0.0)
    both = with_moved(methanol, dimers, np.arange(60))
    missed = 0.004 * np.random.default_rng(3).normal(1.0, 1.0, 60)
    shares = -np.random.default_rng(4).uniform(500.0, 3000.0, 60)
    both = replace(both, moved_energies=both.moved_energies + missed)

    def pressure(field: ForceField) -> float:
        return float(shares @ change_errors(field, methanol.system, both))

    found = fit(methanol, molecules, replace(both, shares=shares))
    assert abs(pressure(found)) < 0.1 * abs(pressure(fit(methanol, molecules, both)))
    # An outlier tells nothing of it.
    energies = both.moved_energies.copy()
    energies[7] += 5.0
    wrong = replace(both, moved_energies=energies, shares=shares)
    left_out = fit(methanol, molecules, wrong)
    assert left_out_of(left_out) == {"random": 1}
    assert abs(left_out.vector / found.vector - 1).max() < 0.5


def test_each_of_a_sample_has_its_share(methanol: Case) -> None:
    _, dimers = data(methanol, noise=0.0)
    with pytest.raises(ValueError, match=r"\(random\): 2 shares of 3 moved apart"):
        replace(with_moved(methanol, dimers, np.arange(3)), shares=np.ones(2))


def test_sets_are_joined_with_their_pairs(methanol: Case) -> None:
    _, dimers = data(replace(methanol, dimers=methanol.dimers[:10]), noise=0.0)
    case = replace(methanol, dimers=methanol.dimers[:10])
    first, second = (with_moved(case, dimers, np.array(k)) for k in ([2, 5], [0, 9]))
    both = join_dimers([first, dimers, second])
    assert both.pulled.tolist() == [2, 5, 20, 29]
    np.testing.assert_allclose(both.strains, 0.03, atol=1e-4)
    assert join_dimers([dimers]).moved is None


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
    assert told(found).points("energy") == 99
    assert told(found).points("gradient") == 98
    assert error(found, "energy") < 0.2 * SETTINGS.energy_error


@pytest.mark.parametrize(("count", "wrong"), [(100, [0.4]), (100, [10.0, 0.4]), (12, [10.0])])
def test_wrong_points_are_left_out_and_told(methanol: Case, count: int, wrong: list[float]) -> None:
    case = replace(methanol, molecules=methanol.molecules[:count])
    molecules, dimers = data(case, noise=1.0)
    right = fit(case, molecules, dimers)
    assert not told(right).outliers
    energies, disturbed = molecules.energies.copy(), dimers.energies.copy()
    energies[: len(wrong)] += wrong
    disturbed[[3, 30]] -= 1.0
    found = fit(case, replace(molecules, energies=energies), replace(dimers, energies=disturbed))
    assert left_out_of(found) == {"thermal": len(wrong), "random": 2}
    errors = np.sqrt(np.diag(right.covariance))
    assert np.abs((found.vector - right.vector) / errors).max() < 2.5


def test_left_out_errors_are_those_of_a_fit_without(methanol: Case) -> None:
    molecules, dimers = data(methanol, noise=1.0)
    seen, unseen = (
        replace(
            dimers,
            positions=dimers.positions[part],
            energies=dimers.energies[part],
            weights=dimers.weights[part],
            origin=Origin(sampling),
        )
        for part, sampling in ((slice(60), "random"), (slice(60, None), "uncertain"))
    )
    (foreseen,) = (
        each.left_out
        for each in told(fit(methanol, molecules, seen, unseen)).by_origin("interaction")
        if each.origin == unseen.origin
    )
    without = fit(methanol, molecules, seen)
    model = methanol.interactions(without, unseen.positions)
    weights = np.exp(-unseen.energies.clip(0) / SETTINGS.repulsive_scale)
    real = np.sqrt(np.average((model - unseen.energies) ** 2, weights=weights))
    assert foreseen == pytest.approx(real, rel=0.1)


def test_left_out_energies_are_those_of_a_fit_without(methanol: Case) -> None:
    molecules, dimers = data(methanol, noise=1.0)
    new = Origin("scan")
    origins = (Origin("thermal"),) * 60 + (new,) * 40
    found = fit(methanol, replace(molecules, origins=origins), dimers)
    weights = np.concatenate([np.ones(60), np.zeros(40)])
    without = fit(methanol, replace(molecules, weights=weights), dimers)
    model = methanol.energies(without, molecules.positions)[0]
    apart = model - molecules.energies
    real = np.sqrt(np.mean((apart[60:] - apart[:60].mean()) ** 2))
    (foreseen,) = (e.left_out for e in told(found).by_origin("energy") if e.origin == new)
    assert foreseen == pytest.approx(real, rel=0.1)


def test_only_dimers(methanol: Case) -> None:
    found = fit(methanol, None, data(methanol, noise=0.1)[1])
    assert error(found, "interaction") < 0.2 * SETTINGS.interaction_error
    assert told(found).total("energy") is None


def test_terms_say_what_was_expected_and_how_many_points_tell_of_them(methanol: Case) -> None:
    molecules, dimers = data(methanol, noise=0.1)
    found = fit(methanol, molecules, dimers)
    bond, oxygen = (found.term(methanol.named(name)) for name in ("bond C1-O1", "nonbonded O1"))
    assert bond.prior["r0"] == pytest.approx(bond.parameters["r0"], abs=0.1)
    assert bond.informing_points["r0"] == len(molecules.energies)
    assert 0 < oxygen.informing_points["A"] <= len(molecules.energies) + len(dimers.energies)
    blind = fit(methanol, molecules).term(methanol.named("nonbonded O1"))
    assert blind.informing_points["C6"] < oxygen.informing_points["C6"]


def test_without_dimers_the_nonbonded_terms_are_said_to_be_the_prior(methanol: Case) -> None:
    found = fit(methanol, data(methanol, noise=0.1)[0])
    for atom_type in methanol.system.type_names:
        flags = found.term(f"nonbonded {atom_type}").flags
        assert "C6: as uncertain as its prior" in map(str, flags)
    assert not found.term(methanol.named("bond C1-O1")).flags
    assert told(found).total("interaction") is None


def test_parameter_at_its_bound_is_flagged(methanol: Case) -> None:
    weak = replace(methanol.reference, c6=methanol.reference.c6 / 20)
    found = fit_force_field(
        methanol.system,
        methanol.forcefield.electrostatics,
        joint(replace(methanol, reference=weak), *data(methanol, 0)),
        Settings(dispersion_width=0.5),
    )
    assert any(Flag("C6", "upper_bound") in term.flags for term in found.terms)


def test_fit_is_better_than_its_start_and_says_so(case: Case) -> None:
    noisy = disturbed(case, SETTINGS.hessian_error)
    found = told(fit(replace(case, reference=noisy), *data(case, noise=1.0)))
    for kind in ("energy", "gradient", "interaction"):
        total = found.total(kind)
        assert total is not None
        assert total.fitted < total.prior
    assert found.reduced_chi2 == pytest.approx(1, abs=0.1)


def test_barrier_is_kept_where_charges_would_pull_atoms_together(methanol: Case) -> None:
    molecules, dimers = data(methanol, noise=0)
    gas, liquid = (methanol.forcefield.electrostatics.charges(s) for s in ("gas", "liquid"))
    charges = FixedCharges(gas, {name: 3 * charge for name, charge in liquid.items()})

    def lowest_barrier(settings: Settings) -> float:
        both = joint(methanol, molecules, dimers)
        found = fit_force_field(methanol.system, charges, both, settings)
        barriers = [barrier.height for barrier in told(found).barriers]
        assert len(barriers) == 10
        return min(barriers)

    assert lowest_barrier(Settings(barrier=1e-6 * KCAL)) < KCAL
    assert lowest_barrier(Settings()) > 9 * KCAL


def test_single_ion() -> None:
    """No bonded terms and nothing inside the molecule: only the repulsion between two ions."""
    system = System.pure("Li", ion("Li", 1))
    reference = Reference(np.zeros((1, 3)), np.zeros((3, 3)), np.array([[0.4]]))
    parameters = {"A": 400.0, "rho": 0.25, "C6": 0.4, "C8": 4.0}
    term = Term("nonbonded", ("Li:Li1",), "tang_toennies", parameters)
    charges = FixedCharges({"Li:Li1": 1.0}, {"Li:Li1": 1.0})
    true = ForceField(system.atom_types, (term,), charges, np.zeros((4, 4)))
    pairs = np.zeros((20, 2, 3))
    pairs[:, 1, 0] = np.linspace(1.2, 4.0, 20)
    both = ("Li", "Li")
    energies = interaction_energies(true, system, both, pairs)
    dimers = DimerPoints(both, pairs, energies, np.ones(20), Origin("random"), 1)
    points = MoleculePoints(
        "Li",
        np.zeros((1, 1, 3)),
        np.zeros(1),
        np.zeros((1, 1, 3)),
        np.ones(1),
        (Origin("conformers"),),
    )
    found = fit_force_field(
        system,
        charges,
        FitData({"Li": reference}, (points,), (dimers,)),
        Settings(repulsive_scale=20.0),
    )
    r = pairs[:, 1, 0]
    curve, expected = (TANG_TOENNIES.evaluate(r, f.vector).energy for f in (found, true))
    np.testing.assert_allclose(curve, expected, atol=0.05)


def test_bad_data_is_named(methanol: Case) -> None:
    molecules, dimers = data(methanol, noise=0)
    with pytest.raises(ValueError, match=r"\(random\): 150 positions, 149 energies"):
        replace(dimers, energies=dimers.energies[1:])
    with pytest.raises(ValueError, match="methanol: positions and energies must be finite"):
        replace(molecules, energies=np.full(100, np.nan))
    with pytest.raises(ValueError, match="weights must be finite and not negative"):
        replace(dimers, weights=-dimers.weights)
    with pytest.raises(ValueError, match=r"gradients have the shape \(1,\)"):
        replace(molecules, gradients=np.zeros(1))
    with pytest.raises(ValueError, match="energy_error: 0 is not a positive number"):
        Settings(energy_error=0)
