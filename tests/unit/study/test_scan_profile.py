"""The curves of a profile share one zero, and the force field's pass through its own energies."""

from dataclasses import replace

import numpy as np
import pytest

from aiida_forcefield.fitting import MoleculePoints
from aiida_forcefield.fitting.torsions import relaxed_torsions
from aiida_forcefield.potentials import FixedCharges, ForceField, Term
from aiida_forcefield.potentials.energy import interaction_energies, molecule_energies
from aiida_forcefield.scans import (
    Cluster,
    Coordinate,
    Points,
    Scan,
    drive,
    pair_scan,
    plan_scans,
)
from aiida_forcefield.study.scan_profile import Matter, Profile, compare_profile
from aiida_forcefield.surrogate import LearnedProfile, Observations, Settings, learn
from aiida_forcefield.topology import Species, System, TermType
from aiida_forcefield.units import KCAL_PER_MOL

from ...fields import MIXTURES, PURE, build

HYDROGEN = Species(
    symbols=("H", "H"),
    charge=0,
    multiplicity=1,
    atom_types=("H1", "H1"),
    bonds=((0, 1),),
    term_types=(TermType("bond", ("H1", "H1"), ((0, 1),)),),
    conformers=np.array([[[0.0, 0.0, 0.0], [0.0, 0.0, 0.74]]]),
    smiles="[H][H]",
)
SYSTEM = System.pure("hydrogen", HYDROGEN)
TYPE = "hydrogen:H1"
NAMES = ("hydrogen", "hydrogen")
FIELD = ForceField(
    SYSTEM.atom_types,
    (
        Term("bond", (TYPE, TYPE), "morse", {"D": 4.5, "alpha": 1.9, "r0": 0.74}),
        Term("nonbonded", (TYPE,), "exp6", {"A": 100.0, "rho": 0.25, "C6": 2.0}),
    ),
    FixedCharges({TYPE: 0.0}, {TYPE: 0.0}),
    covariance=np.zeros((6, 6)),
)
OFFSET = -31.0  # eV: the total energy of the reference, which no picture may show
BOND = Scan((HYDROGEN.key,), Coordinate("bond", ("H1", "H1"), (0, 1)), 0.6, 1.0)
PAIR = Scan((HYDROGEN.key,) * 2, Coordinate("pair", ("H1", "H1"), (0, 0)), 2.0, 8.0)


def points(
    scan: Scan,
    positions: np.ndarray,
    values: np.ndarray,
    energies: np.ndarray,
    system: System = SYSTEM,
) -> Points:
    count = len(values)
    names = map(system.name_of, scan.species)
    return Points(
        origin=scan.origin,
        cluster=Cluster.of(*map(system.of_name, names)),
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
MATTER = Matter(SYSTEM, {"hydrogen": REFERENCE}, FIELD)
CLUSTER = Cluster.of(HYDROGEN, HYDROGEN)
MONOMER = MATTER.monomer("hydrogen")


def learned(scan: Scan, part: Points) -> LearnedProfile:
    seen = Observations(part.requested, part.energies, part.slopes, failed=np.array([0.61]))
    return LearnedProfile(scan, learn(scan.kind, scan.lower, scan.upper, seen, Settings()))


@pytest.fixture(scope="module")
def bond() -> Profile:
    """QM is a stiffer Morse curve than the force field's."""
    r = np.array([0.62, 0.7, 0.74, 0.85, 0.95])
    energies = OFFSET + 5.0 * (1 - np.exp(-1.9 * (r - 0.74))) ** 2
    part = points(BOND, stretched(r), r, energies)
    return compare_profile(learned(BOND, part), [part], MATTER)


def test_molecule_energies_are_above_the_reference(bond: Profile) -> None:
    expected = 5.0 * (1 - np.exp(-1.9 * (bond.x - 0.74))) ** 2 / KCAL_PER_MOL
    np.testing.assert_allclose(bond.energy, expected, atol=1e-9)
    np.testing.assert_allclose(np.interp(bond.x, bond.grid, bond.mean), bond.energy, atol=0.05)
    assert bond.failed.tolist() == [0.61]


def test_force_field_is_evaluated_at_the_points_and_its_curve_joins_them(bond: Profile) -> None:
    assert bond.field is not None
    assert bond.field_curve is not None
    expected = molecule_energies(FIELD, SYSTEM, "hydrogen", stretched(bond.x))[0] / KCAL_PER_MOL
    np.testing.assert_allclose(bond.field, expected, atol=1e-9)
    inside = np.isfinite(bond.field_curve)
    assert bond.grid[inside].min() >= bond.x.min()
    assert bond.grid[inside].max() <= bond.x.max()
    exact = (
        molecule_energies(FIELD, SYSTEM, "hydrogen", stretched(bond.grid[inside]))[0] / KCAL_PER_MOL
    )
    np.testing.assert_allclose(bond.field_curve[inside], exact, atol=0.1)


def test_along_a_dihedral_the_force_field_relaxes() -> None:
    system, field = build(*PURE["exp6"])
    (name,), (species,) = system.names, system.species
    at_rest = species.conformers[0]
    scans = plan_scans(species, at_rest)
    scan = next(each for each in scans if each.periodic and each.coordinate.types[0] == "C1")
    angles = np.linspace(-150.0, 120.0, 10)
    positions = np.array([drive(species, at_rest, scan, angle) for angle in angles])
    turned = MoleculePoints(
        name,
        positions,
        np.zeros(10),
        np.zeros(positions.shape),
        np.ones(10),
        (scan.origin,) * 10,
    )
    energies = relaxed_torsions(system, field, turned).energy(field.vector)[0]
    part = points(scan, positions, angles, energies, system)  # of structures that are strained
    reference = points(scan, positions[:1], angles[:1], energies[:1], system)
    matter = Matter(system, {name: reference}, field)
    profile = compare_profile(learned(scan, part), [part], matter)
    assert profile.field is not None
    assert profile.species == (name,)
    np.testing.assert_allclose(profile.field, profile.energy, atol=0.01)
    strained = molecule_energies(field, system, name, positions)[0]
    assert np.ptp((strained - energies) / KCAL_PER_MOL) > 0.5


def test_pair_of_unlike_molecules() -> None:
    system, field = build(*MIXTURES["water and methanol"])
    water, methanol = system.species
    scan = Scan((water.key, methanol.key), Coordinate("pair", ("O1", "H2"), (0, 5)), 1.5, 8.0)
    monomers = [(each, each.conformers[0]) for each in system.species]
    x = np.array([1.6, 2.0, 2.6, 3.6, 6.0])
    dimers = pair_scan(*monomers, scan, x)
    truth = interaction_energies(field, system, system.names, dimers)
    part = points(scan, dimers, x, truth, system)
    at_rest = {
        name: points(Scan((each.key,), scan.coordinate, 0.0, 1.0), x0[None], x[:1], x[:1], system)
        for name, (each, x0) in zip(system.names, monomers, strict=True)
    }
    profile = compare_profile(learned(scan, part), [part], Matter(system, at_rest, field))
    assert profile.species == ("water", "MeOH")
    np.testing.assert_allclose(profile.field, truth / KCAL_PER_MOL, atol=1e-9)
    np.testing.assert_allclose(profile.energy, truth / KCAL_PER_MOL, atol=1e-9)


def test_pair_curve_is_exact_and_above_infinite_distance() -> None:
    r = np.array([2.2, 2.6, 3.2, 4.5, 7.5])
    dimers = pair_scan(MONOMER, MONOMER, PAIR, r)
    part = points(PAIR, dimers, r, interaction_energies(FIELD, SYSTEM, NAMES, dimers))
    profile = compare_profile(learned(PAIR, part), [part], MATTER)
    assert profile.field_curve is not None
    assert profile.field is not None
    np.testing.assert_allclose(profile.field, profile.energy, atol=1e-12)
    on_grid = pair_scan(MONOMER, MONOMER, PAIR, profile.grid)
    exact = interaction_energies(FIELD, SYSTEM, NAMES, on_grid) / KCAL_PER_MOL
    np.testing.assert_allclose(profile.field_curve, exact)


def test_without_a_force_field_there_is_no_curve() -> None:
    r = np.array([0.62, 0.74, 0.95])
    part = points(BOND, stretched(r), r, OFFSET + (r - 0.74) ** 2)
    profile = compare_profile(learned(BOND, part), [part], replace(MATTER, force_field=None))
    assert profile.field is None
    assert profile.field_curve is None
