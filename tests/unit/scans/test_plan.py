import json

import numpy as np
import pytest

from aiida_forcefield.scans import Coordinate, Scan, pair_scan, plan_pair_scans, plan_scans
from aiida_forcefield.scans.contacts import contact_lengths, contact_ratio
from aiida_forcefield.scans.coordinates import evaluate
from aiida_forcefield.serial import assemble, dismantle
from aiida_forcefield.topology import from_smiles

SMILES = ["CO", "COC(=O)OC", "O=C1OCCO1", "CN(C)C=O", "CC#N", "N#N", "O", "F[P-](F)(F)(F)(F)F"]


@pytest.mark.parametrize("smiles", SMILES)
def test_every_term_type_is_scanned_or_left_out_with_a_reason(smiles: str) -> None:
    species = from_smiles(smiles)
    plan = plan_scans(species, species.conformers[0])
    names = [scan.name for scan in plan] + [name for name, _ in plan.left_out]
    assert sorted(names) == sorted(term.name for term in species.term_types)
    assert all(reason for _, reason in plan.left_out)
    assert len(plan) == len(plan.scans)


@pytest.mark.parametrize("smiles", SMILES)
def test_windows_hold_the_present_value(smiles: str) -> None:
    species = from_smiles(smiles)
    for scan in plan_scans(species, species.conformers[0]):
        value = evaluate(species.conformers[0], [scan.coordinate.atoms])[0][0]
        value = value if scan.kind == "bond" else np.degrees(value)
        assert scan.lower <= value <= scan.upper
        assert scan.periodic == (scan.upper - scan.lower == 360.0)


@pytest.mark.parametrize(
    ("smiles", "name", "constant"),  # harmonic force constants in mdyn/Å
    [
        ("CO", "bond C1-O1", 5.1),
        ("CO", "bond C1-H1", 4.8),
        ("CO", "bond H2-O1", 7.8),
        ("C=O", "bond C1-O1", 12.8),
        ("F[P-](F)(F)(F)(F)F", "bond F1-P1", 5.0),
        ("[H][H]", "bond H1-H1", 5.8),
    ],
)
def test_bond_windows_reach_as_high_for_stiff_bonds_as_for_soft_ones(
    smiles: str, name: str, constant: float
) -> None:
    species = from_smiles(smiles)
    x = species.conformers[0]
    scan = next(s for s in plan_scans(species, x) if s.name == name)
    length = evaluate(x, [scan.coordinate.atoms])[0][0]
    harmonic = [3.1207 * constant * (end - length) ** 2 for end in (scan.lower, scan.upper)]
    assert 0.15 < harmonic[0] < 0.45  # eV; the anharmonic wall is steeper
    assert 0.4 < harmonic[1] < 0.9


def test_one_scan_serves_all_dihedrals_about_a_bond() -> None:
    species = from_smiles("COC(=O)OC")
    plan = plan_scans(species, species.conformers[0])
    about = [frozenset(scan.coordinate.atoms[1:3]) for scan in plan if scan.kind == "dihedral"]
    assert len(about) == len(set(about)) == 2
    assert [name for name, _ in plan.left_out] == ["dihedral C1-O1-C2-O1"]
    assert "'dihedral C1-O1-C2-O2'" in plan.left_out[0][1]


def test_a_dihedral_prefers_heavy_ends() -> None:
    ethanol = from_smiles("CCO")
    names = [s.name for s in plan_scans(ethanol, ethanol.conformers[0]) if s.kind == "dihedral"]
    assert names == ["dihedral H1-C1-C2-O1", "dihedral C1-C2-O1-H3"]


def test_rings_are_strained_little() -> None:
    ring = from_smiles("O=C1OCCO1")
    plan = {scan.name: scan for scan in plan_scans(ring, ring.conformers[0])}
    dihedrals = [scan for scan in plan.values() if scan.kind == "dihedral"]
    assert all(
        set(scan.coordinate.atoms) <= {1, 2, 3, 4, 5} for scan in dihedrals
    )  # endocyclic ones
    assert all(scan.upper - scan.lower == pytest.approx(60) for scan in dihedrals)
    inside, outside = plan["angle O2-C1-O2"], plan["angle H1-C2-H1"]
    assert inside.upper - inside.lower < outside.upper - outside.lower


def test_double_bonds_are_not_turned_round() -> None:
    for smiles, full in (("C=C", False), ("CN(C)C=O", True), ("CC", True)):
        species = from_smiles(smiles)
        scans = plan_scans(species, species.conformers[0])
        assert all(s.periodic == full for s in scans if s.kind == "dihedral")


def test_a_cumulene_is_turned_little_about_its_chain() -> None:
    allene = from_smiles("C=C=C")
    (scan,) = (s for s in plan_scans(allene, allene.conformers[0]) if s.kind == "dihedral")
    assert (scan.lower, scan.upper) == (60.0, 120.0)
    diene = from_smiles("C=CC#CC=C")
    over = [s for s in plan_scans(diene, diene.conformers[0]) if s.name == "dihedral C1-C2-C2-C1"]
    assert [s.periodic for s in over] == [True]


def test_near_linear_angles_are_left_to_the_hessian() -> None:
    species = from_smiles("CC#N")
    left_out = dict(plan_scans(species, species.conformers[0]).left_out)
    assert left_out == {"angle C1-C2-N1": "near-linear (180.0°): left to the Hessian"}


def test_a_bent_reference_keeps_a_nearly_straight_window_below_the_line() -> None:
    water = from_smiles("O")
    bent = np.array([[0, 0, 0], [0.96, 0, 0], [0.96 * np.cos(2.8), 0.96 * np.sin(2.8), 0]])
    angle = next(s for s in plan_scans(water, bent) if s.kind == "angle")
    assert angle.upper == 170.0


def test_every_pair_of_types_is_scanned_once() -> None:
    methanol = from_smiles("CO")
    monomer = (methanol, methanol.conformers[0])
    scans = plan_pair_scans(monomer, monomer)
    assert len(scans) == 10
    assert {s.kind for s in scans} == {"pair"}
    names = {frozenset(methanol.atom_types[a] for a in s.coordinate.atoms) for s in scans}
    assert len(names) == 10
    fluoride = (from_smiles("[F-]"), np.zeros((1, 3)))
    assert [s.name for s in plan_pair_scans(fluoride, fluoride)] == ["pair F1-F1"]


@pytest.mark.parametrize("smiles", ["CO", "F[P-](F)(F)(F)(F)F"])
def test_pair_windows_begin_on_the_repulsive_wall(smiles: str) -> None:
    species = from_smiles(smiles)
    monomer, n = (species, species.conformers[0]), len(species.symbols)
    lengths = contact_lengths(species, species)
    for scan in plan_pair_scans(monomer, monomer):
        distances = scan.lower + np.array([0.0, 0.5, 1.0, 2.0])
        dimers = pair_scan(monomer, monomer, scan, distances)
        ratios = contact_ratio(dimers[:, :n], dimers[:, n:], lengths)
        assert ratios[0] == pytest.approx(0.75, abs=1e-3)
        assert np.all(np.diff(ratios) > 0)
        assert scan.upper >= 8.0


def test_hydrogen_bonds_lie_well_inside_their_window() -> None:
    methanol = from_smiles("CO")
    monomer = (methanol, methanol.conformers[0])
    scans = {s.name: s for s in plan_pair_scans(monomer, monomer)}
    assert scans["pair O1-H2"].lower < 1.7


def test_a_scan_survives_plain_data() -> None:
    scan = Scan(("CH4O-1",), Coordinate("bond", ("C1", "O1"), (0, 1)), 1.2, 1.6)
    plain, arrays = dismantle(scan)
    assert not arrays
    assert assemble(Scan, json.loads(json.dumps(plain)), {}) == scan
