"""Molecules and pairs of them, drawn from a liquid."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from aiida_forcefield.scans import Cluster, liquid_dimers, liquid_molecules, pairs_of_each
from aiida_forcefield.scans.contacts import contact_lengths, contact_ratio, dimer_contacts
from aiida_forcefield.topology import Frames, System, from_smiles

Array = NDArray[np.float64]

METHANOL = from_smiles("CO")
X = METHANOL.conformers[0]
SYSTEM = System.pure("methanol", METHANOL)
PAIR = Cluster.of(METHANOL, METHANOL)
LENGTHS = contact_lengths(METHANOL, METHANOL)


def drawn(frames: Frames, most: int, seed: int) -> Array:
    return np.array([dimer.positions for dimer in liquid_dimers(SYSTEM, frames, most, seed)])


def ratios(dimers: Array) -> Array:
    return dimer_contacts(PAIR, dimers)


def inner(molecules: Array) -> Array:
    return np.linalg.norm(molecules[..., :, None, :] - molecules[..., None, :, :], axis=-1)


def liquid(seed: int) -> Frames:
    """Three frames of 27 deformed methanols on a jittered lattice, spread over many images."""
    rng = np.random.default_rng(seed)
    edge = 12.3
    sites = np.stack(np.meshgrid(*[np.arange(3)] * 3), axis=-1).reshape(-1, 3) * edge / 3
    frames = []
    for _ in range(3):
        turns = Rotation.from_quat(rng.normal(size=(27, 4))).as_matrix()
        bodies = np.einsum("mab,mnb->mna", turns, X + rng.normal(0, 0.02, (27, 6, 3)))
        images = edge * rng.integers(-2, 3, (27, 1, 3))
        frames.append(bodies + sites[:, None] + rng.normal(0, 0.2, (27, 1, 3)) + images)
    return Frames((27,), np.array(frames).reshape(3, -1, 3), np.full((3, 3), edge))


def test_liquid_dimers_are_neighbours_with_their_own_geometries() -> None:
    frames = liquid(1)
    dimers = drawn(frames, 40, 1)
    assert dimers.shape == (40, 12, 3)
    assert np.all(ratios(dimers) < 1.6)
    known = inner(frames.positions.reshape(-1, 6, 3))
    for molecule in inner(dimers.reshape(-1, 6, 3)):
        assert np.abs(known - molecule).max(axis=(1, 2)).min() < 1e-3


def test_liquid_dimers_are_those_of_the_periodic_liquid() -> None:
    frames = liquid(2)
    everything = drawn(frames, 300, 1)
    first = frames.positions[0].reshape(-1, 6, 3)
    offsets = np.stack(np.meshgrid(*[np.arange(-5, 6)] * 3), axis=-1).reshape(-1, 1, 1, 3)
    nearest = [
        contact_ratio(first[0], first[j] + offsets[:, 0] * frames.edges[0], LENGTHS).min()
        for j in range(1, 27)
    ]
    expected = [r for r in nearest if r < 1.6 and np.abs(r - 1.6) > 1e-3]
    found = ratios(everything)
    assert len(expected) >= 6
    matched = [np.abs(found - r).min() < 1e-3 for r in expected]
    assert np.mean(matched) > 0.8  # 300 of all pairs are drawn; nearly all of these among them


def test_near_pairs_are_drawn_more_often_than_they_occur() -> None:
    frames = liquid(3)
    chosen = np.sort(ratios(drawn(frames, 30, 1)))
    many = np.sort(ratios(drawn(frames, 5000, 1)))
    assert np.mean(chosen < 1.0) > 1.3 * np.mean(many < 1.0)


def test_what_is_drawn_tells_of_all() -> None:
    frames = liquid(6)
    everything = drawn(frames, 5000, 1)
    truth = np.mean(ratios(everything)) * len(everything) / 3
    for seed in range(5):
        some = drawn(frames, 60, seed)
        numbers = pairs_of_each(SYSTEM, frames, ratios(some))
        assert numbers.sum() == pytest.approx(len(everything) / 3)
        assert numbers @ ratios(some) == pytest.approx(truth, rel=0.1)
        assert np.mean(ratios(some)) < 0.95 * np.mean(ratios(everything))


def test_all_pairs_are_taken_where_there_are_no_more() -> None:
    frames = liquid(4)
    everything = drawn(frames, 5000, 1)
    assert 100 < len(everything) < 5000
    assert len(np.unique(everything, axis=0)) == len(everything)


def test_a_gas_has_no_dimers() -> None:
    apart = np.concatenate([X, X + 20.0])[None]
    with pytest.raises(ValueError, match="no two molecules in contact"):
        drawn(Frames((2,), apart, np.full((1, 3), 60.0)), 5, 1)


def test_single_molecules_keep_their_geometries() -> None:
    frames = liquid(5)
    molecules = liquid_molecules(frames.molecules(SYSTEM)[0], 7, 1)
    assert molecules.shape == (7, 6, 3)
    np.testing.assert_allclose(molecules.mean(axis=1), 0.0, atol=1e-4)
    known = inner(frames.positions.reshape(-1, 6, 3))
    for molecule in inner(molecules):
        assert np.abs(known - molecule).max(axis=(1, 2)).min() < 1e-3
    assert len(np.unique(molecules, axis=0)) == 7
    assert len(liquid_molecules(frames.molecules(SYSTEM)[0], 1000, 1)) == 81


def test_a_mixture_gives_pairs_of_every_two_species() -> None:
    water = from_smiles("O")
    system = System(("methanol", "water"), (METHANOL, water), (1.0, 1.0))
    rng = np.random.default_rng(1)
    sites = np.stack(np.meshgrid(*[np.arange(4)] * 3), axis=-1).reshape(-1, 3) * 3.6
    order = rng.permutation(64)
    bodies = [X + site for site in sites[order[:32]]]
    bodies += [water.conformers[0] + site for site in sites[order[32:]]]
    frames = Frames((32, 32), np.concatenate(bodies)[None], np.full((1, 3), 14.4))
    found = liquid_dimers(system, frames, 10_000, 1)
    shapes = {dimer.pair: dimer.positions.shape for dimer in found}
    assert shapes == {
        ("methanol", "methanol"): (12, 3),
        ("methanol", "water"): (9, 3),
        ("water", "water"): (6, 3),
    }
    for dimer in found:
        cluster = Cluster.of(*(system.of_name(name) for name in dimer.pair))
        assert dimer_contacts(cluster, dimer.positions[None])[0] < 1.6
    again = liquid_dimers(system, frames, 10, 1)
    assert [dimer.pair for dimer in again] == [dimer.pair for dimer in found[:10]]
    some = np.array([0.9, 1.2])
    assert pairs_of_each(system, frames, some).sum() == pytest.approx(len(found))
