"""Fits of several species at once, and of single ions."""

from dataclasses import replace
from itertools import combinations_with_replacement

import numpy as np
import pytest
from ase import Atoms
from scipy.spatial.transform import Rotation

from aiida_forcefield.fitting import (
    PHYSICAL,
    DimerPoints,
    FitData,
    MoleculePoints,
    Prior,
    Reference,
    Settings,
    fit_force_field,
    fit_warnings,
)
from aiida_forcefield.fitting.case import Case, Models
from aiida_forcefield.fitting.problem import Problem
from aiida_forcefield.potentials import (
    FixedCharges,
    ForceField,
    ForceFieldCalculator,
    Layout,
    interaction_energies,
    molecule_energies,
)
from aiida_forcefield.potentials.forcefield import with_vector
from aiida_forcefield.scans import Coordinate, Origin
from aiida_forcefield.topology import System, from_smiles
from aiida_forcefield.topology.ions import ion

SYSTEM = System(("water", "MeOH"), (from_smiles("O"), from_smiles("CO")), (2.0, 1.0))
GAS = {
    "water:O1": -0.7,
    "water:H1": 0.35,
    "MeOH:C1": 0.12,
    "MeOH:O1": -0.58,
    "MeOH:H1": 0.02,
    "MeOH:H2": 0.40,
}
CHARGES = FixedCharges(GAS, {name: 1.1 * q for name, q in GAS.items()})
SETTINGS = Settings(barrier=20.0)  # so high that the guard acts
DIHEDRAL = Origin("scan", Coordinate("dihedral", ("H1", "C1", "O1", "H2")))


def references() -> dict[str, Reference]:
    found, rng = {}, np.random.default_rng(0)
    for name, species in SYSTEM:
        n = len(species.symbols)
        root = rng.normal(size=(3 * n, 3 * n))
        c6 = np.full((n, n), 8.0)
        found[name] = Reference(species.conformers[0], root @ root.T, c6)
    return found


def field_of(prior: Prior) -> ForceField:
    """A force field near its prior, that there are points of."""
    rng = np.random.default_rng(4)
    u = prior.centre + 0.1 * prior.widths * rng.normal(size=len(prior.centre))
    u = u.clip(prior.lower + 1e-6, prior.upper - 1e-6)
    terms = with_vector(prior.terms, prior.to_parameters(u))
    covariance = np.zeros((len(u), len(u)))
    return ForceField(SYSTEM.atom_types, terms, CHARGES, covariance, scale_14=(1.0, 1.0))


def points_of(field: ForceField, count: int = 4) -> FitData:
    """What a force field has for molecules of both species and for all pairs of them."""
    rng, molecules, dimers = np.random.default_rng(1), [], []
    for name, species in SYSTEM:
        x = species.conformers[0] + 0.05 * rng.normal(size=(count, *species.conformers[0].shape))
        energy, gradient = molecule_energies(field, SYSTEM, name, x)
        origin = DIHEDRAL if name == "MeOH" else Origin("thermal")
        ones = np.ones(count)
        # Each species has an offset of its own, as energies of QM do.
        energy = energy - 2000.0 * len(species.symbols)
        molecules.append(MoleculePoints(name, x, energy, gradient, ones, (origin,) * count))
    for pair in combinations_with_replacement(SYSTEM.names, 2):
        one, other = (SYSTEM.of_name(name).conformers[0] for name in pair)
        turns = Rotation.random(count, rng=rng)
        shift = np.array([4.2, 0.0, 0.0])
        far = [turn.apply(other - other.mean(axis=0)) + shift for turn in turns]
        x = np.array([np.concatenate([one - one.mean(axis=0), each]) for each in far])
        apart = x.copy()
        apart[:, len(one) :, 0] += 0.1
        near, beyond = (interaction_energies(field, SYSTEM, pair, each) for each in (x, apart))
        dimers.append(
            DimerPoints(
                species=pair,
                positions=x,
                energies=near,
                weights=np.ones(count),
                origin=Origin("liquid"),
                atoms=len(one),
                moved=apart,
                moved_energies=beyond,
                pulled=np.arange(count),
                shares=-300.0 * rng.random(count),
            )
        )
    return FitData(references(), tuple(molecules), tuple(dimers))


@pytest.fixture(scope="module")
def prior() -> Prior:
    pairs = [("MeOH:O1", "water:H1")]
    return PHYSICAL.prior(SYSTEM, references(), SETTINGS, SETTINGS.form_of_kind, pairs)


def test_the_joint_jacobian_is_that_of_the_residuals(prior: Prior) -> None:
    field = field_of(prior)
    points = points_of(field)
    layout = Layout.of(field, SYSTEM)
    problem = Problem.of(prior, Case(layout, points, SETTINGS, Models.of(layout, points)))
    problem = problem.relaxed(field)
    kinds = [residual.kind for residual in problem.residuals]
    assert kinds == [
        "hessian",
        "energy",
        "gradient",
        "torsion",
        "interaction",
        "virial",
        "pressure",
        "collapse_guard",
    ]
    u = np.where(prior.logarithmic, np.log(np.abs(field.vector)), field.vector)
    values, jacobian = problem.evaluate(u)
    assert len(problem.rows().points) == len(values) == len(jacobian)
    for i, shift in enumerate(1e-6 * np.eye(len(u))):
        forward, backward = (problem.evaluate(u + s)[0] for s in (shift, -shift))
        expected = (forward - backward) / 2e-6
        np.testing.assert_allclose(jacobian[:, i], expected, rtol=1e-4, atol=2e-4)


def test_nothing_is_missed_where_the_field_made_the_points(prior: Prior) -> None:
    """Offsets of the two species differ by thousands of eV."""
    field = field_of(prior)
    points = points_of(field)
    layout = Layout.of(field, SYSTEM)
    problem = Problem.of(prior, Case(layout, points, SETTINGS, Models.of(layout, points)))
    u = np.where(prior.logarithmic, np.log(np.abs(field.vector)), field.vector)
    values, rows = problem.evaluate(u)[0], problem.rows()
    for kind in ("energy", "gradient", "interaction", "virial", "pressure"):
        place = [residual.kind for residual in problem.residuals].index(kind)
        np.testing.assert_allclose(values[rows.kinds == place], 0.0, atol=1e-6)


def test_a_mixture_has_the_energy_of_its_molecules_and_pairs(prior: Prior) -> None:
    """The calculator adds up what the models say of each molecule and of each pair."""
    field, counts = field_of(prior), (2, 1)
    names = ("water", "water", "MeOH")
    shifts = ([0, 0, 0], [3.4, 0.2, 0.1], [-0.4, 4.1, 0.6])
    places = [SYSTEM.of_name(name).conformers[0] + s for name, s in zip(names, shifts, strict=True)]
    expected = sum(
        molecule_energies(field, SYSTEM, name, x[None])[0][0]
        for name, x in zip(names, places, strict=True)
    )
    whole = np.concatenate(places)
    expected += interaction_energies(field, SYSTEM, names, whole[None], "liquid")[0]
    pairs = [(0, 1), (0, 2), (1, 2)]
    by_pair = sum(
        interaction_energies(
            field,
            SYSTEM,
            [names[i], names[j]],
            np.concatenate([places[i], places[j]])[None],
            "liquid",
        )[0]
        for i, j in pairs
    )
    together = interaction_energies(field, SYSTEM, names, whole[None], "liquid")[0]
    assert together == pytest.approx(by_pair, rel=1e-10)
    symbols = [s for name in names for s in SYSTEM.of_name(name).symbols]
    atoms = Atoms(symbols, whole, calculator=ForceFieldCalculator(field, SYSTEM, counts))
    assert atoms.get_potential_energy() == pytest.approx(expected, rel=1e-10)
    forces = atoms.get_forces()
    for place in ((0, 0), (4, 1), (8, 2)):
        energies = []
        for step in (1e-4, -1e-4):
            moved = atoms.copy()
            moved.positions[place] += step
            moved.calc = atoms.calc
            energies.append(moved.get_potential_energy())
        assert forces[place] == pytest.approx((energies[1] - energies[0]) / 2e-4, abs=1e-5)


def test_a_mixture_is_fitted_at_once(prior: Prior) -> None:
    truth = field_of(prior)
    found = fit_force_field(SYSTEM, CHARGES, points_of(truth, 12), pairs=[("MeOH:O1", "water:H1")])
    diagnostics = found.diagnostics
    assert diagnostics is not None
    of_pairs = {each.species for each in diagnostics.by_origin("interaction")}
    assert of_pairs == {("water", "water"), ("water", "MeOH"), ("MeOH", "MeOH")}
    assert {each.species for each in diagnostics.by_origin("energy")} == {("water",), ("MeOH",)}
    for each in diagnostics.by_origin("interaction"):
        assert each.prior is not None
        assert each.fitted < each.prior
    assert found.atom_types == SYSTEM.atom_types
    assert len(found.terms) == len({term.name for term in found.terms})


@pytest.mark.parametrize("count", [0, 3])
def test_a_single_ion_keeps_its_prior_and_says_so(count: int) -> None:
    """No bonded term, no Hessian, no point of a molecule, and next to no dimer."""
    system = System.pure("Li", ion("Li", 1))
    charges = FixedCharges({"Li:Li1": 1.0}, {"Li:Li1": 1.0})
    at_rest = Reference(np.zeros((1, 3)), np.zeros((3, 3)), np.array([[0.1]]))
    dimers: tuple[DimerPoints, ...] = ()
    if count:
        x = np.zeros((count, 2, 3))
        x[:, 1, 0] = np.linspace(4.0, 6.0, count)
        energies = 14.4 / x[:, 1, 0]
        ones = np.ones(count)
        dimers = (DimerPoints(("Li", "Li"), x, energies, ones, Origin("random"), 1),)
    found = fit_force_field(system, charges, FitData({"Li": at_rest}, dimers=dimers))
    settings = Settings()
    prior = PHYSICAL.prior(system, {"Li": at_rest}, settings, settings.form_of_kind)
    np.testing.assert_allclose(found.vector, prior.to_parameters(prior.centre), rtol=0.05)
    (term,) = found.terms
    assert {flag.parameter for flag in term.flags if flag.kind == "prior_only"} >= {"C6", "C8"}
    said = fit_warnings(found)
    assert any(line.startswith(f"{count} interaction energies for 4 nonbonded") for line in said)
    assert any(line.startswith("The points do not determine 1 of 1 repulsions") for line in said)


def test_each_species_needs_its_reference() -> None:
    known = references()
    del known["water"]
    with pytest.raises(ValueError, match="references: none for water"):
        fit_force_field(SYSTEM, CHARGES, replace(points_of_nothing(), references=known))


def points_of_nothing() -> FitData:
    return FitData(references())
