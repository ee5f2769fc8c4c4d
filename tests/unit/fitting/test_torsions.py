from dataclasses import replace

import numpy as np
import pytest

from aiida_forcefield.fitting import (
    MoleculePoints,
    Settings,
    fit_force_field,
    fit_warnings,
    torsions,
)
from aiida_forcefield.fitting.torsions import Torsions, along_dihedrals, relaxed_torsions
from aiida_forcefield.potentials import ForceField
from aiida_forcefield.scans import Origin, Scan
from aiida_forcefield.scans.coordinates import evaluate
from aiida_forcefield.scans.drive import drive

from ..synthetic_fields import Case, along, build
from .test_fit import data, joint, left_out_of, told

TURNED = "dihedral C1-O1-C2-O2"


@pytest.fixture(scope="module")
def carbonate() -> Case:
    return build("dimethyl_carbonate")


def relaxed(
    case: Case, field: ForceField, points: MoleculePoints, before: Torsions | None = None
) -> Torsions:
    return relaxed_torsions(case.system, field, points, before)


def fit(case: Case, points: MoleculePoints, *, settings: Settings | None = None) -> ForceField:
    """Without dimers."""
    return fit_force_field(
        case.system, case.forcefield.electrostatics, joint(case, points), settings
    )


def turning(case: Case, name: str, atoms: tuple[int, ...]) -> Scan:
    """The scan of a dihedral all around."""
    coordinate = along(name).coordinate
    assert coordinate is not None
    driven = replace(coordinate, atoms=atoms)
    return Scan((case.species.key,), driven, -180.0, 180.0, True)


def circle(
    case: Case, step: float = 30.0, name: str = TURNED
) -> tuple[MoleculePoints, tuple[int, ...]]:
    """The reference turned about a bond, and the atoms of the dihedral."""
    atoms = next(t.members[0] for t in case.species.term_types if t.name == name)
    scan = turning(case, name, atoms)
    angles = np.arange(-180 + step / 2, 180, step)
    x = np.array([drive(case.species, case.reference.positions, scan, v) for v in angles])
    nothing, count = np.full(x.shape, np.nan), len(x)
    origins = (along(name),) * count
    points = MoleculePoints(case.name, x, np.zeros(count), nothing, np.ones(count), origins)
    return points, atoms


def leaning(case: Case) -> ForceField:
    """A field whose angles at the oxygens are 4 degrees wider than those of the true one."""
    wider = {case.named("angle C1-O1-C2"), case.named("angle O1-C2-O2")}
    terms = [
        replace(t, parameters=t.parameters | {"theta0": t.parameters["theta0"] + 4})
        if t.name in wider
        else t
        for t in case.forcefield.terms
    ]
    return replace(case.forcefield, terms=tuple(terms))


def test_all_but_the_dihedral_relaxes(carbonate: Case) -> None:
    points, atoms = circle(carbonate)
    found = relaxed(carbonate, carbonate.forcefield, points)
    before, after = (evaluate(x, [atoms])[0][:, 0] for x in (points.positions, found.positions))
    assert np.degrees(np.abs(np.angle(np.exp(1j * (after - before))))).max() < 0.1
    energy, gradient = carbonate.energies(carbonate.forcefield, found.positions)
    np.testing.assert_allclose(found.model.energy(carbonate.forcefield.vector)[0], energy)
    start = carbonate.energies(carbonate.forcefield, points.positions)[0]
    assert (energy < start).all()
    # What is left of the gradient is the pull of the dihedral, on its own four atoms.
    others = [i for i in range(len(carbonate.species.symbols)) if i not in atoms]
    assert np.abs(gradient[:, others]).max() < 0.02
    again = relaxed(carbonate, carbonate.forcefield, points, found)
    np.testing.assert_allclose(again.positions, found.positions, atol=0.02)


def test_a_stiff_dihedral_does_not_give_way(carbonate: Case) -> None:
    points, atoms = circle(carbonate)
    terms = [
        replace(t, parameters=t.parameters | {"k2": -0.2})
        if t.name == carbonate.named(TURNED)
        else t
        for t in carbonate.forcefield.terms
    ]
    stiff = replace(carbonate.forcefield, terms=tuple(terms))
    found = relaxed(carbonate, stiff, points)
    before, after = (evaluate(x, [atoms])[0][:, 0] for x in (points.positions, found.positions))
    assert np.degrees(np.abs(np.angle(np.exp(1j * (after - before))))).max() < 0.1


def test_a_fit_says_so_where_torsions_do_not_come_to_rest(
    carbonate: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    points, _ = circle(carbonate)

    def converged() -> bool:
        return told(fit(carbonate, points)).converged

    assert converged()
    monkeypatch.setattr(torsions, "_STEPS", 2)
    assert not converged()


def test_points_of_dihedrals_are_those_with_their_names(carbonate: Case) -> None:
    points, _ = circle(carbonate)
    some = (Origin("thermal"), along(TURNED), along("bond C1-O1"))
    mixed = replace(points, origins=(*some, *points.origins[3:]))
    found = along_dihedrals(carbonate.species, mixed)
    assert [*found] == [1, *range(3, 12)]
    assert {term.name for term in found.values()} == {TURNED}


def test_slopes_are_those_of_the_relaxed_profile(carbonate: Case) -> None:
    """However one turns the molecule: by central differences, with all else relaxed anew."""
    case, vector = carbonate, carbonate.forcefield.vector
    points, atoms = circle(case, step=60.0)
    found = relaxed(case, case.forcefield, points)
    slope, jacobian = found.slope(vector)

    def reached(step: float) -> tuple[np.ndarray, np.ndarray]:
        scan = turning(case, TURNED, atoms)
        at = np.degrees(evaluate(found.positions, [atoms])[0][:, 0]) + step
        moved = [drive(case.species, x, scan, v) for x, v in zip(found.positions, at, strict=True)]
        again = replace(points, positions=np.array(moved))
        after = relaxed(case, case.forcefield, again)
        angle = evaluate(after.positions, [atoms])[0][:, 0]
        return after.model.energy(vector)[0], angle

    (below, left), (above, right) = reached(-4.0), reached(4.0)
    rise = (above - below) / np.angle(np.exp(1j * (right - left)))
    np.testing.assert_allclose(slope, rise, atol=0.05 * np.abs(rise).max())

    step = 1e-5 * found.free * np.random.default_rng(0).normal(size=len(vector))
    ends = [found.slope(vector + sign * step)[0] for sign in (1, -1)]
    np.testing.assert_allclose((ends[0] - ends[1]) / 2, jacobian @ step, atol=1e-12)


def test_slopes_tell_what_lies_between_the_points(carbonate: Case) -> None:
    """Five energies of an even profile tell two of its four terms, and slopes the other two."""
    case, field = carbonate, carbonate.forcefield
    other = {"k1": 0.06, "k2": -0.12, "k3": 0.04}
    terms = [
        replace(t, parameters=t.parameters | other) if t.name == case.named(TURNED) else t
        for t in field.terms
    ]
    true = replace(field, terms=tuple(terms))
    few, whole = circle(case, step=72.0)[0], circle(case)[0]
    scan = relaxed(case, true, few)
    profile = relaxed(case, true, whole).energy(true.vector)[0]
    points = replace(
        few,
        positions=scan.positions,
        energies=scan.energy(true.vector)[0],
        slopes=scan.slope(true.vector)[0],
    )

    def missed(points: MoleculePoints) -> float:
        found = fit(case, points)
        after = relaxed(case, found, whole)
        return float(np.std(after.energy(found.vector)[0] - profile))

    assert missed(points) < 0.3 * missed(replace(points, slopes=None))


def test_a_fit_follows_the_relaxed_profile_where_qm_leans(carbonate: Case) -> None:
    """Every second structure has angles that the field has not, as QM has with the dihedral."""
    points, _ = circle(carbonate)
    true = relaxed(carbonate, carbonate.forcefield, points)
    leant = relaxed(carbonate, leaning(carbonate), points).positions
    positions = np.where(np.arange(len(leant))[:, None, None] % 2, leant, true.positions)
    energies = true.model.energy(carbonate.forcefield.vector)[0]
    case, field = carbonate, carbonate.forcefield
    thermal, gradients = case.energies(field, case.molecules)
    both = MoleculePoints(
        case.name,
        np.concatenate([case.molecules, positions]),
        np.concatenate([thermal, energies]),
        np.concatenate([gradients, points.gradients]),
        np.ones(len(thermal) + len(energies)),
        (Origin("thermal"),) * len(thermal) + points.origins,
    )

    def error(settings: Settings) -> float:
        """Of the relaxed profile, which has an offset of its own."""
        found = fit(case, both, settings=settings)
        after = relaxed(case, found, points)
        return float(np.std(after.model.energy(found.vector)[0] - energies))

    assert error(Settings()) < 0.5 * error(Settings(torsion_error=10.0))


def test_a_wrong_point_of_a_profile_is_left_out_and_told(methanol: Case) -> None:
    """By 0.7 kcal/mol, which is little for a molecule and much for a torsion."""
    case, field, turned = methanol, methanol.forcefield, "dihedral H1-C1-O1-H2"
    points, _ = circle(case, name=turned)
    scan = relaxed(case, field, points)
    energies, slopes = scan.energy(field.vector)[0], scan.slope(field.vector)[0]
    rng = np.random.default_rng(0)
    right = replace(
        points,
        positions=scan.positions,
        energies=energies + rng.normal(scale=0.002, size=len(energies)),
        slopes=slopes + rng.normal(scale=0.006, size=len(slopes)),
    )

    assert not told(fit(case, right)).outliers
    wrong = right.energies.copy()
    wrong[4] += 0.03
    found = fit(case, replace(right, energies=wrong))
    assert left_out_of(found) == {"scan": 1}
    assert told(found).outliers[0].origin == along(turned)
    without = fit(case, replace(right, weights=np.where(np.arange(len(wrong)) == 4, 0.0, 1.0)))
    np.testing.assert_allclose(found.vector, without.vector, rtol=1e-3)


def test_errors_of_dihedrals_are_those_that_profiles_have(methanol: Case) -> None:
    """A profile with ten times the noise that the fit follows it to is believed less, and told."""
    case, field, turned = methanol, methanol.forcefield, "dihedral H1-C1-O1-H2"
    points, _ = circle(case, name=turned)
    scan = relaxed(case, field, points)

    def fitted(noise: float, seed: int) -> ForceField:
        errors = np.random.default_rng(seed).normal(scale=noise, size=len(points.energies))
        others, dimers = data(case, noise=1.0, seed=seed)
        both = MoleculePoints(
            case.name,
            np.concatenate([others.positions, scan.positions]),
            np.concatenate([others.energies, scan.model.energy(field.vector)[0] + errors]),
            np.concatenate([others.gradients, points.gradients]),
            np.concatenate([others.weights, points.weights]),
            others.origins + points.origins,
        )
        return fit_force_field(case.system, field.electrostatics, joint(case, both, dimers))

    terms = [fitted(0.01, seed).term(case.named(turned)) for seed in range(12)]
    true = field.term(case.named(turned)).parameters["k3"]
    off = [(term.parameters["k3"] - true) / term.standard_errors["k3"] for term in terms]
    assert 0.4 < np.sqrt(np.mean(np.square(off))) < 1.8
    assert any(
        line.startswith("Profiles along dihedrals") for line in fit_warnings(fitted(0.03, 0))
    )
    assert not any(line.startswith("Profiles") for line in fit_warnings(fitted(0.001, 0)))
