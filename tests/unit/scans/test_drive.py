from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from aiida_forcefield.scans import Coordinate, Scan, drive, plan_scans
from aiida_forcefield.scans.coordinate import Kind
from aiida_forcefield.scans.coordinates import evaluate
from aiida_forcefield.topology import Species, from_smiles

ACYCLIC = ["CO", "COC(=O)OC", "CN(C)C=O", "CCO", "[H][H]", "CC#N", "C=C=C", "C=C=N"]
RINGS = ["O=C1OCCO1", "C1CCC1C", "c1ccccc1"]
molecule = cache(from_smiles)


def cases(smiles: list[str]) -> list[tuple[Species, Scan]]:
    return [
        (species, scan)
        for species in map(molecule, smiles)
        for scan in plan_scans(species, species.conformers[0])
    ]


def scan_of(kind: Kind, atoms: tuple[int, ...], lower: float, upper: float) -> Scan:
    return Scan(("a molecule",), Coordinate(kind, (), atoms), lower, upper)


def measured(positions: NDArray[np.float64], scan: Scan) -> float:
    value = float(evaluate(positions, [scan.coordinate.atoms])[0][0])
    return value if scan.kind == "bond" else float(np.degrees(value))


def lengths(species: Species, positions: NDArray[np.float64]) -> NDArray[np.float64]:
    return evaluate(positions, species.bonds)[0]


@given(st.sampled_from(cases(ACYCLIC + RINGS)), st.floats(0.0, 1.0))
def test_the_coordinate_is_exactly_met(case: tuple[Species, Scan], fraction: float) -> None:
    species, scan = case
    value = scan.lower + fraction * (scan.upper - scan.lower)
    driven = drive(species, species.conformers[0], scan, value)
    off = measured(driven, scan) - value
    if scan.kind in ("dihedral", "improper"):
        off = (off + 180.0) % 360.0 - 180.0
    assert abs(off) < 1e-10


@given(st.sampled_from(cases(ACYCLIC)), st.floats(0.0, 1.0))
def test_fragments_move_as_rigid_bodies(case: tuple[Species, Scan], fraction: float) -> None:
    species, scan = case
    x = species.conformers[0]
    driven = drive(species, x, scan, scan.lower + fraction * (scan.upper - scan.lower))
    changed = np.abs(lengths(species, driven) - lengths(species, x)) > 1e-10
    stretched = {b for b, c in zip(species.bonds, changed, strict=True) if c}
    if scan.kind == "bond":
        assert stretched <= {tuple(sorted(scan.coordinate.atoms))}
    elif scan.kind == "improper":
        assert stretched <= {tuple(sorted((scan.coordinate.atoms[0], scan.coordinate.atoms[3])))}
    else:
        assert not stretched


@given(st.sampled_from(cases(RINGS)), st.floats(0.0, 1.0))
def test_in_rings_what_hangs_from_a_moving_atom_goes_with_it(
    case: tuple[Species, Scan], fraction: float
) -> None:
    species, scan = case
    x = species.conformers[0]
    driven = drive(species, x, scan, scan.lower + fraction * (scan.upper - scan.lower))
    changed = np.abs(lengths(species, driven) - lengths(species, x)) > 1e-10
    free = [species.fragment(bond) is not None for bond in species.bonds]
    if scan.kind in ("angle", "dihedral"):
        assert not np.any(changed & free)


@pytest.mark.parametrize("smiles", ["COC(=O)OC", "O=C1OCCO1"])
def test_the_starting_structure_is_left_alone_and_driving_can_be_undone(smiles: str) -> None:
    species = molecule(smiles)
    x = species.conformers[0]
    before = x.copy()
    for scan in plan_scans(species, x):
        there = drive(species, x, scan, 0.5 * (scan.lower + scan.upper) + 0.05)
        np.testing.assert_allclose(drive(species, there, scan, measured(x, scan)), x, atol=1e-10)
    np.testing.assert_array_equal(x, before)


def test_values_beyond_half_a_turn_are_the_same_as_those_within() -> None:
    methanol = molecule("CO")
    scan = scan_of("dihedral", (2, 0, 1, 5), 150.0, 210.0)
    beyond, within = (drive(methanol, methanol.conformers[0], scan, v) for v in (200.0, -160.0))
    np.testing.assert_allclose(beyond, within, atol=1e-10)


def test_a_straight_angle_can_be_bent() -> None:
    nitrile = molecule("CC#N")
    scan = scan_of("angle", (0, 1, 2), 150.0, 180.0)
    straight = np.array([[-1.46, 0, 0], [0, 0, 0], [1.16, 0, 0], *([[-1.8, 1, 0]] * 3)])
    assert measured(drive(nitrile, straight, scan, 160.0), scan) == pytest.approx(160.0)


@pytest.mark.parametrize(
    ("kind", "atoms", "value", "complaint"),
    [
        ("bond", (0, 1), 0.0, "above 0"),
        ("angle", (2, 0, 1), 180.0, "below 180"),
        ("angle", (2, 0, 1), -5.0, "above 0"),
        ("pair", (0, 1), 3.0, "drive takes bonds"),
    ],
)
def test_impossible_values_are_refused(
    kind: Kind, atoms: tuple[int, ...], value: float, complaint: str
) -> None:
    methanol = molecule("CO")
    scan = scan_of(kind, atoms, 0.0, 1.0)
    with pytest.raises(ValueError, match=complaint):
        drive(methanol, methanol.conformers[0], scan, value)
