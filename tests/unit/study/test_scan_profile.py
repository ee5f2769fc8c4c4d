"""The curves of a profile share one zero, and the force field's pass through its own energies."""

from dataclasses import replace

import numpy as np
import pytest
from aiida_forcefield.potentials.torsions import relaxed_torsions

from aiida_forcefield.potentials import ForceField, Term
from aiida_forcefield.potentials.energy import interaction_energies, molecule_energies
from aiida_forcefield.scans import Counterpoise, Points, Scan, pair_scan
from aiida_forcefield.scans.coordinates import evaluate
from aiida_forcefield.study.scan_profile import Profile, compare_profile
from aiida_forcefield.surrogate import Observations, Settings, Surrogate, learn
from aiida_forcefield.topology import Species, TermType
from aiida_forcefield.units import KCAL_PER_MOL

from ..potentials.synthetic_fields import build
from ..potentials.test_torsions import circle

HYDROGEN = Species(
    symbols=("H", "H"),
    charge=0,
    multiplicity=1,
    atom_types=("H1", "H1"),
    bonds=((0, 1),),
    term_types=(TermType("bond", "bond H1-H1", ((0, 1),)),),
    conformers=np.array([[[0.0, 0.0, 0.0], [0.0, 0.0, 0.74]]]),
    smiles="[H][H]",
)
FIELD = ForceField(
    (
        Term("bond", "bond H1-H1", "morse", {"D": 4.5, "alpha": 1.9, "r0": 0.74}),
        Term("nonbonded", "nonbonded H1", "exp6", {"A": 100.0, "rho": 0.25, "C6": 2.0}),
    ),
    charges={"H1": 0.0},
    gas_charges={"H1": 0.0},
    covariance=np.zeros((6, 6)),
)
OFFSET = -31.0  # eV: the total energy of the reference, which no picture may show
BOND = Scan("bond", "bond H1-H1", (0, 1), 0.6, 1.0, False)
PAIR = Scan("pair", "pair H1-H1", (0, 0), 2.0, 8.0, False)


def points(scan: Scan, positions: np.ndarray, values: np.ndarray, energies: np.ndarray) -> Points:
    count = len(values)
    return Points(
        label=scan.name,
        symbols=("H",) * positions.shape[1],
        split=2 if scan.kind == "pair" else 0,
        positions=positions,
        requested=values,
        energies=energies,
        gradients=np.full(positions.shape, np.nan),
        slopes=np.full(count, np.nan),
        statuses=("ok",) * count,
        messages=("",) * count,
        cpu_seconds=np.zeros(count),
        versions={},
    )


def stretched(lengths: np.ndarray) -> np.ndarray:
    positions = np.zeros((len(lengths), 2, 3))
    positions[:, 1, 2] = lengths
    return positions


REFERENCE = points(BOND, stretched(np.array([0.74])), np.array([0.74]), np.array([OFFSET]))


def learned(scan: Scan, part: Points) -> Surrogate:
    seen = Observations(part.requested, part.energies, part.slopes, failed=np.array([0.61]))
    return learn(scan.kind, scan.lower, scan.upper, seen, Settings())


@pytest.fixture(scope="module")
def bond() -> Profile:
    """QM is a stiffer Morse curve than the force field's."""
    r = np.array([0.62, 0.7, 0.74, 0.85, 0.95])
    energies = OFFSET + 5.0 * (1 - np.exp(-1.9 * (r - 0.74))) ** 2
    part = points(BOND, stretched(r), r, energies)
    return compare_profile(BOND, learned(BOND, part), [part], REFERENCE, HYDROGEN, FIELD)


def test_molecule_energies_are_above_the_reference(bond: Profile) -> None:
    expected = 5.0 * (1 - np.exp(-1.9 * (bond.x - 0.74))) ** 2 / KCAL_PER_MOL
    np.testing.assert_allclose(bond.energy, expected, atol=1e-9)
    np.testing.assert_allclose(np.interp(bond.x, bond.grid, bond.mean), bond.energy, atol=0.05)
    assert bond.failed.tolist() == [0.61]


def test_force_field_is_evaluated_at_the_points_and_its_curve_joins_them(bond: Profile) -> None:
    assert bond.field is not None
    assert bond.field_curve is not None
    expected = molecule_energies(FIELD, HYDROGEN, stretched(bond.x))[0] / KCAL_PER_MOL
    np.testing.assert_allclose(bond.field, expected, atol=1e-9)
    inside = np.isfinite(bond.field_curve)
    assert bond.grid[inside].min() >= bond.x.min()
    assert bond.grid[inside].max() <= bond.x.max()
    exact = molecule_energies(FIELD, HYDROGEN, stretched(bond.grid[inside]))[0] / KCAL_PER_MOL
    np.testing.assert_allclose(bond.field_curve[inside], exact, atol=0.1)


def test_along_a_dihedral_the_force_field_relaxes() -> None:
    case = build("dimethyl_carbonate")
    turned, atoms = circle(case)
    relaxed = relaxed_torsions(case.species, case.forcefield, turned)
    energies = relaxed.energy(case.forcefield.vector)[0]
    scan = Scan("dihedral", turned.labels[0], atoms, -180.0, 180.0, True)
    angles = np.degrees(evaluate(turned.positions, [atoms])[0][:, 0])
    part = points(scan, turned.positions, angles, energies)  # of structures that are strained
    reference = points(scan, turned.positions[:1], angles[:1], energies[:1])
    seen = learned(scan, part)
    profile = compare_profile(scan, seen, [part], reference, case.species, case.forcefield)
    assert profile.field is not None
    np.testing.assert_allclose(profile.field, profile.energy, atol=0.01)
    strained = molecule_energies(case.forcefield, case.species, turned.positions)[0]
    assert np.ptp((strained - energies) / KCAL_PER_MOL) > 0.5


def test_pair_curve_is_exact_and_above_infinite_distance() -> None:
    r = np.array([2.2, 2.6, 3.2, 4.5, 7.5])
    dimers = pair_scan(HYDROGEN, REFERENCE.positions[0], PAIR, r)
    part = points(PAIR, dimers, r, interaction_energies(FIELD, HYDROGEN, dimers))
    seen = learned(PAIR, part)
    profile = compare_profile(PAIR, seen, [part], REFERENCE, HYDROGEN, FIELD)
    assert profile.field_curve is not None
    assert profile.field is not None
    np.testing.assert_allclose(profile.field, profile.energy, atol=1e-12)
    on_grid = pair_scan(HYDROGEN, REFERENCE.positions[0], PAIR, seen.grid)
    exact = interaction_energies(FIELD, HYDROGEN, on_grid) / KCAL_PER_MOL
    np.testing.assert_allclose(profile.field_curve, exact)


def test_pairs_are_shown_as_their_calibration_corrects_them() -> None:
    r = np.array([2.2, 2.6, 3.2, 4.5, 7.5])
    dimers = pair_scan(HYDROGEN, REFERENCE.positions[0], PAIR, r)
    truth = interaction_energies(FIELD, HYDROGEN, dimers)
    gained = -0.05 * np.exp(-r)
    counterpoise = Counterpoise(0.7, 0.7)
    corrected = truth - (1 - counterpoise.fractions(HYDROGEN, dimers)) * gained
    part = replace(
        points(PAIR, dimers, r, corrected + 0.5 * gained),
        corrected=corrected,
        uncorrected=corrected + gained,
    )
    seen = learned(PAIR, part)
    profile = compare_profile(PAIR, seen, [part], REFERENCE, HYDROGEN, FIELD, counterpoise)
    assert profile.field is not None
    np.testing.assert_allclose(profile.energy, truth / KCAL_PER_MOL, atol=1e-12)
    np.testing.assert_allclose(profile.field, profile.energy, atol=1e-12)
    np.testing.assert_allclose(np.interp(r, profile.grid, profile.mean), profile.energy, atol=0.01)


def test_without_a_force_field_there_is_no_curve() -> None:
    r = np.array([0.62, 0.74, 0.95])
    part = points(BOND, stretched(r), r, OFFSET + (r - 0.74) ** 2)
    profile = compare_profile(BOND, learned(BOND, part), [part], REFERENCE, HYDROGEN, None)
    assert profile.field is None
    assert profile.field_curve is None
