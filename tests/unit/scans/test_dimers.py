from collections.abc import Callable
from itertools import combinations_with_replacement

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from aiida_forcefield.scans import (
    Cluster,
    Coordinate,
    Scan,
    moved_apart,
    pair_scan,
    plan_pair_scans,
    random_dimers,
    squeezed_dimers,
)
from aiida_forcefield.scans.contacts import contact_lengths, contact_ratio, dimer_contacts
from aiida_forcefield.topology import from_smiles

Array = NDArray[np.float64]

METHANOL = from_smiles("CO")
X = METHANOL.conformers[0]
MONOMER = (METHANOL, X)
LENGTHS = contact_lengths(METHANOL, METHANOL)
SAMPLERS = [(random_dimers, 0.75, 1.5), (squeezed_dimers, 0.62, 0.85)]


def ratios(dimers: Array) -> Array:
    return contact_ratio(dimers[:, :6], dimers[:, 6:], LENGTHS)


def inner(molecules: Array) -> Array:
    return np.linalg.norm(molecules[..., :, None, :] - molecules[..., None, :, :], axis=-1)


@pytest.mark.parametrize("scan", plan_pair_scans(MONOMER, MONOMER), ids=lambda scan: scan.name)
def test_only_the_distance_varies_along_a_pair_scan(scan: Scan) -> None:
    distances = [scan.lower, 3.456, scan.upper]
    dimers = pair_scan(MONOMER, MONOMER, scan, distances)
    i, j = scan.coordinate.atoms
    np.testing.assert_allclose(
        np.linalg.norm(dimers[:, i] - dimers[:, 6 + j], axis=-1), distances, atol=1e-12
    )
    np.testing.assert_array_equal(dimers[0, :6], dimers[1, :6])
    shift = dimers[:, 6:] - dimers[:1, 6:]
    np.testing.assert_allclose(shift - shift[:, :1], 0.0, atol=1e-12)
    np.testing.assert_allclose(inner(dimers[0, 6:]), inner(X), atol=1e-3)


def test_pair_scan_refuses_what_is_no_pair_or_no_distance() -> None:
    with pytest.raises(ValueError, match="pair_scan takes 'pair'"):
        pair_scan(
            MONOMER,
            MONOMER,
            Scan((METHANOL.key,), Coordinate("bond", ("C1", "O1"), (0, 1)), 1, 2),
            [1.4],
        )
    with pytest.raises(ValueError, match="above 0"):
        pair_scan(MONOMER, MONOMER, plan_pair_scans(MONOMER, MONOMER)[0], [3.0, 0.0])


@pytest.mark.parametrize(("sample", "lower", "upper"), SAMPLERS)
def test_contact_ratios_cover_their_range_evenly(
    sample: Callable[..., Array], lower: float, upper: float
) -> None:
    found = ratios(sample(MONOMER, MONOMER, 50, 1))
    bins, _ = np.histogram(found, bins=5, range=(lower - 1e-3, upper + 1e-3))
    assert bins.sum() == 50
    assert bins.min() >= 9


@pytest.mark.parametrize(("sample", "lower", "upper"), SAMPLERS)
def test_every_pair_of_types_is_met(
    sample: Callable[..., Array], lower: float, upper: float
) -> None:
    dimers = sample(MONOMER, MONOMER, 200, 3)
    distances = np.linalg.norm(dimers[:, :6, None] - dimers[:, None, 6:], axis=-1) / LENGTHS
    closest = distances.reshape(200, -1).argmin(axis=1)
    types = METHANOL.type_indices
    met = {tuple(sorted((types[c // 6], types[c % 6]))) for c in closest}
    carbon = METHANOL.type_names.index("C1")  # hidden: two carbons hardly ever meet first
    assert met >= set(combinations_with_replacement(range(4), 2)) - {(carbon, carbon)}


@pytest.mark.parametrize(("sample", "lower", "upper"), SAMPLERS)
def test_dimers_are_rigid_copies_decided_by_the_seed(
    sample: Callable[..., Array], lower: float, upper: float
) -> None:
    dimers = sample(MONOMER, MONOMER, 10, 5)
    assert dimers.shape == (10, 12, 3)
    np.testing.assert_allclose(inner(dimers[:, :6]) - inner(X), 0.0, atol=1e-3)
    np.testing.assert_allclose(inner(dimers[:, 6:]) - inner(X), 0.0, atol=1e-3)
    np.testing.assert_array_equal(dimers, sample(MONOMER, MONOMER, 10, 5))
    assert np.abs(dimers - sample(MONOMER, MONOMER, 10, 6)).max() > 0.1
    assert sample(MONOMER, MONOMER, 0, 5).shape == (0, 12, 3)


def test_random_and_squeezed_dimers_of_one_seed_are_not_the_same_lines() -> None:
    first, second = (sample(MONOMER, MONOMER, 10, 5)[:, 6:] for sample, *_ in SAMPLERS)
    turns = [
        Rotation.align_vectors(a - a[0], b - b[0])[0] for a, b in zip(first, second, strict=True)
    ]
    assert min(turn.magnitude() for turn in turns) > 0.05


LITHIUM, WATER = from_smiles("[Li+]"), from_smiles("O")
ION, SOLVENT = (LITHIUM, LITHIUM.conformers[0]), (WATER, WATER.conformers[0])


@pytest.mark.parametrize(("sample", "lower", "upper"), SAMPLERS)
def test_unlike_molecules_touch_as_equal_ones_do(
    sample: Callable[..., Array], lower: float, upper: float
) -> None:
    dimers = sample(ION, SOLVENT, 20, 1)
    assert dimers.shape == (20, 4, 3)
    cluster = Cluster.of(LITHIUM, WATER)
    found = np.sort(dimer_contacts(cluster, dimers))
    assert lower - 1e-3 < found[0] < found[-1] < upper + 1e-3
    np.testing.assert_allclose(inner(dimers[:, 1:]) - inner(SOLVENT[1]), 0.0, atol=1e-3)


def test_every_atom_type_of_one_meets_every_one_of_the_other() -> None:
    scans = plan_pair_scans(ION, SOLVENT)
    assert [scan.name for scan in scans] == ["pair Li1-O1", "pair Li1-H1"]
    assert {scan.species for scan in scans} == {(LITHIUM.key, WATER.key)}
    dimers = pair_scan(ION, SOLVENT, scans[0], [1.85, 4.0])
    np.testing.assert_allclose(np.linalg.norm(dimers[:, 0] - dimers[:, 1], axis=1), [1.85, 4.0])
    hydrogens = dimers[0, 2:, 0] - dimers[0, 1, 0]
    assert hydrogens.min() > 0.0  # they turn away from the ion


def test_moved_apart_along_the_line_of_centres() -> None:
    cluster = Cluster.of(LITHIUM, WATER)
    dimers = random_dimers(ION, SOLVENT, 5, 2)
    moved = moved_apart(cluster, dimers)
    np.testing.assert_array_equal(moved[:, 0], dimers[:, 0])
    centres = [x[:, 1:].mean(axis=1) - x[:, 0] for x in (dimers, moved)]
    np.testing.assert_allclose(centres[1], 1.03 * centres[0], atol=2e-4)
