"""What belongs together in the data of a fit is found by fields, whatever anything is called."""

from dataclasses import replace

import numpy as np
import pytest
from ase.build import bulk

from aiida_forcefield.fitting import FitData, Minimum, assemble, assemble_cells
from aiida_forcefield.scans import (
    Cluster,
    Origin,
    Points,
    Scan,
    liquid_dimers,
    moved_apart,
    pairs_of_each,
)
from aiida_forcefield.scans.contacts import dimer_contacts
from aiida_forcefield.surrogate import LearnedProfile, Observations, Settings, Surrogate
from aiida_forcefield.topology import Frames
from aiida_forcefield.topology.crystal import from_atoms
from aiida_forcefield.topology.ions import ions_of
from aiida_forcefield.units import BAR

from ..synthetic_fields import Case, along
from .test_errors import points_of

BOND, TURN = along("bond C1-O1"), along("dihedral H1-C1-O1-H2")


def minimum(case: Case) -> Minimum:
    alone = replace(case, molecules=case.reference.positions[None])
    point = points_of(alone, Origin("conformers"), 1, 1)
    return Minimum(point, case.reference.hessian, case.reference.c6)


def assembled(case: Case, *points: Points, **more: object) -> FitData:
    return assemble(case.system, {case.name: minimum(case)}, points, **more)


def profile_of(case: Case, origin: Origin, values: np.ndarray) -> LearnedProfile:
    """A profile learned from some values, with weights that tell these apart."""
    assert origin.coordinate is not None
    none, count = np.zeros(0), len(values)
    surrogate = Surrogate(
        kind="bond",
        lower=0.0,
        upper=10.0,
        charge_product=None,
        observations=Observations(values, np.zeros(count), np.zeros(count)),
        settings=Settings(),
        grid=none,
        mean=none,
        std=none,
        proposals=none,
        status="converged",
        error_estimate=0.0,
        weights=np.arange(1.0, count + 1) / np.arange(1.0, count + 1).sum(),
        scale=1.0,
        hyperparameters=none,
        hyperparameter_weights=none,
    )
    pair = origin.coordinate.kind == "pair"
    species = (case.species.key,) * (2 if pair else 1)
    return LearnedProfile(Scan(species, origin.coordinate, 0.0, 10.0), surrogate)


def test_points_of_a_scan_weigh_as_its_surrogate_says(methanol: Case) -> None:
    """In order of their rounds, the failed ones left out."""
    first, second = points_of(methanol, BOND, 1, 3), points_of(methanol, BOND, 1, 2)
    second = replace(second, requested=np.array([7.0, 8.0]))
    thermal = points_of(methanol, Origin("thermal", round=1), 1, 4)
    profile = profile_of(methanol, BOND, np.array([0.0, 2.0, 7.0]))
    found = assembled(methanol, first, thermal, second, profiles=[profile])
    (molecules,) = found.molecules
    kinds = [origin.sampling for origin in molecules.origins]
    assert kinds == ["conformers", "scan", "scan", "thermal", "thermal", "thermal", "scan"]
    np.testing.assert_allclose(molecules.weights, [1, 0.5, 1, 1, 1, 1, 1.5])
    # Thermal points of all rounds are reported together.
    assert molecules.origins[3] == Origin("thermal")
    with pytest.raises(ValueError, match=r"profile of bond C1-O1: .* from 3 values .* 2 points"):
        assembled(methanol, first, profiles=[profile])


def test_slopes_of_dihedral_scans_alone_are_fitted(methanol: Case) -> None:
    """By radian, where scans have them by degree; a bond's are by its length."""
    slopes = np.array([0.01, 0.02, 0.03])
    parts = [replace(points_of(methanol, o, 1, 3), slopes=slopes) for o in (TURN, BOND)]
    (molecules,) = assembled(methanol, *parts).molecules
    assert molecules.slopes is not None
    by_radian = slopes[[0, 2]] * 180 / np.pi
    expected = [np.nan, *by_radian, np.nan, np.nan]
    np.testing.assert_allclose(molecules.slopes, expected)


def test_what_is_no_data_is_left_out(methanol: Case) -> None:
    found = assembled(
        methanol,
        points_of(methanol, Origin("conformers"), 1, 3),
        points_of(methanol, Origin("polarizability"), 1, 2),
        points_of(methanol, Origin("conformers"), 2, 4),
    )
    assert len(found.molecules[0].energies) == 1
    assert not found.dimers


def batches(case: Case, turn: int, start: int) -> tuple[list[Points], list[Points]]:
    """Two batches of dimers of a round, and the same moved apart."""
    near, far = [], []
    for place in (start, start + 4):
        some = replace(case, dimers=case.dimers[place : place + 4])
        near.append(points_of(some, Origin("liquid", round=turn), 2, 4))
        apart = moved_apart(Cluster.of(case.species, case.species), some.dimers)
        other = replace(some, dimers=apart)
        far.append(points_of(other, Origin("moved_apart", round=turn), 2, 4))
    return near, far


def test_pairs_that_were_moved_apart_go_with_their_own(methanol: Case) -> None:
    """Batch by batch and round by round, whatever order the rounds come in."""
    (near0, far0), (near1, far1) = batches(methanol, 0, 0), batches(methanol, 1, 8)
    broken = replace(far1[0], statuses=("scf_not_converged", "error", "ok", "ok"))
    found = assembled(methanol, *far0, *near1, *near0, broken, far1[1])
    (dimers,) = found.dimers
    assert dimers.origin == Origin("liquid")
    assert dimers.species == methanol.pair
    assert dimers.moved is not None
    # Of each batch the second failed; of one, the first too where it is moved apart.
    assert len(dimers.energies) == 12
    assert len(dimers.moved) == 11
    np.testing.assert_allclose(dimers.strains, 0.03, atol=1e-3)
    n = dimers.atoms
    np.testing.assert_allclose(
        dimers.moved[:, :n], dimers.positions[dimers.pulled][:, :n], atol=1e-4
    )
    with pytest.raises(ValueError, match="pairs moved apart of round 0: they are not those"):
        assembled(methanol, *near0, *far0[::-1])


def with_components(part: Points, start: float) -> Points:
    """Numbers that tell each point and each component apart."""
    numbers = start + np.arange(len(part.energies))
    return replace(part, electrostatics=-numbers, exchange=numbers, induction=-numbers / 10)


def test_components_go_with_their_energies(methanol: Case) -> None:
    """Of all batches and rounds, the failed ones left out, and whatever weight they have."""
    (near0, far0), (near1, far1) = batches(methanol, 0, 0), batches(methanol, 1, 8)
    parts = [with_components(part, 10.0 * k) for k, part in enumerate((*near0, *near1))]
    data = assembled(methanol, *parts, *far0, *far1)
    (dimers,) = data.dimers
    (weighted,) = data.weighted(np.full(1 + len(dimers.energies), 0.5)).dimers
    numbers = [10.0 * k + place for k in range(4) for place in (0, 2, 3)]
    for found in (dimers.components, weighted.components):
        assert found is not None
        np.testing.assert_array_equal(found.electrostatics, np.negative(numbers))
        np.testing.assert_array_equal(found.exchange, numbers)
        np.testing.assert_array_equal(found.induction, np.negative(numbers) / 10)


def test_dimers_without_components_have_none(methanol: Case) -> None:
    """A batch in which all failed tells none; that costs the others nothing."""
    near, _ = batches(methanol, 0, 0)
    assert assembled(methanol, *near).dimers[0].components is None
    partly = replace(near[0], electrostatics=np.zeros(4))
    assert assembled(methanol, partly).dimers[0].components is None
    failed = replace(near[1], statuses=("error",) * 4)
    (dimers,) = assembled(methanol, with_components(near[0], 1.0), failed).dimers
    assert dimers.components is not None
    np.testing.assert_array_equal(dimers.components.exchange, [1.0, 3.0, 4.0])
    (both,) = assembled(methanol, with_components(near[0], 1.0), near[1]).dimers
    assert both.components is not None
    np.testing.assert_array_equal(both.components.exchange, [1.0, 3.0, 4.0, *[np.nan] * 3])


def test_components_of_another_number_of_dimers_are_refused(methanol: Case) -> None:
    (dimers,) = assembled(methanol, with_components(batches(methanol, 0, 0)[0][0], 1.0)).dimers
    assert dimers.components is not None
    wrong = replace(dimers.components, exchange=np.zeros(2))
    with pytest.raises(ValueError, match=r"liquid\): exchange have the shape \(2,\); must be"):
        replace(dimers, components=wrong)


def test_pairs_of_a_liquid_have_their_shares_of_its_pressure(methanol: Case) -> None:
    rng = np.random.default_rng(1)
    sites = np.stack(np.meshgrid(*[np.arange(3.0)] * 3), axis=-1).reshape(-1, 3) * 4.1
    shape = methanol.reference.positions - methanol.reference.positions.mean(axis=0)
    frame = (shape + sites[:, None] + rng.normal(0, 0.2, (27, 1, 3))).reshape(1, -1, 3)
    frames = Frames((27,), frame, np.full((1, 3), 12.3))
    drawn = [d.positions for d in liquid_dimers(methanol.system, frames, 12, 3)]
    case = replace(methanol, dimers=np.array(drawn))
    near, far = batches(case, 2, 0)
    found = assembled(methanol, *near, *far, frames={2: frames})
    (dimers,) = found.dimers
    ratios = dimer_contacts(near[0].cluster, dimers.positions[dimers.pulled])
    numbers = pairs_of_each(methanol.system, frames, ratios)
    np.testing.assert_allclose(dimers.shares, -numbers / (3 * 12.3**3) * BAR)
    assert not len(assembled(methanol, *near, *far).dimers[0].shares)
    assert not len(assembled(methanol, *near, *far, frames={7: frames}).dimers[0].shares)
    # Two rounds count by how many pairs of each are known.
    again = [replace(part, origin=replace(part.origin, round=3)) for part in (*near, *far)]
    (both,) = assembled(methanol, *near, *far, *again, frames={2: frames, 3: frames}).dimers
    np.testing.assert_allclose(both.shares, np.tile(dimers.shares / 2, 2))


def test_points_of_another_species_are_refused(methanol: Case) -> None:
    point = points_of(methanol, Origin("thermal"), 1, 2)
    (molecule,) = point.cluster.molecules
    other = replace(point.cluster, molecules=(replace(molecule, species="CH4-0"),))
    with pytest.raises(ValueError, match="species CH4-0 is not one of"):
        assembled(methanol, replace(point, cluster=other))


def test_cells_of_a_crystal() -> None:
    crystal = from_atoms(bulk("LiF", "rocksalt", a=4.03))
    system = ions_of(crystal, {"Li": 1, "F": -1})
    origin, cells = Origin("cells"), np.tile(crystal.cell, (3, 1, 1))
    points = Points(
        origin=origin,
        cluster=Cluster.of(*system.species),
        positions=np.tile(crystal.positions, (3, 1, 1)),
        requested=np.full(3, np.nan),
        energies=np.array([-1.0, np.nan, -3.0]),
        gradients=np.zeros((3, 2, 3)),
        slopes=np.full(3, np.nan),
        statuses=("ok", "error", "ok"),
        messages=("",) * 3,
        cpu_seconds=np.ones(3),
        versions={},
        cells=cells,
        stresses=np.zeros((3, 3, 3)),
    )
    c6 = np.array([[[0.2, 1.0], [1.0, 6.0]], [[np.nan] * 2] * 2, [[0.4, 1.0], [1.0, 6.4]]])
    found = assemble_cells(system, [points], c6)
    assert found.cells is not None
    assert found.cells.energies.tolist() == [-1.0, -3.0]
    assert found.references["Li"].c6 == pytest.approx(0.3)
    assert found.references["F"].c6 == pytest.approx(6.2)
    with pytest.raises(ValueError, match="points cells: not of a crystal of Li F"):
        assemble_cells(system, [replace(points, cells=None)], c6)
    with pytest.raises(ValueError, match="points: none could be computed"):
        assemble_cells(system, [replace(points, statuses=("error",) * 3)], c6)
    with pytest.raises(ValueError, match="c6: of no cell"):
        assemble_cells(system, [points], np.full((3, 2, 2), np.nan))
