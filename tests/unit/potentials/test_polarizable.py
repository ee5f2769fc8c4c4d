"""Molecules that polarise one another: energies of clusters, their components and gradients."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from aiida_forcefield.potentials import FixedCharges, ForceField, Layout
from aiida_forcefield.potentials.calculator import ForceFieldCalculator
from aiida_forcefield.potentials.electrostatics import BondDipole, Polarizable, Sites, join
from aiida_forcefield.potentials.electrostatics.model import Nothing
from aiida_forcefield.potentials.energy import cluster_sites
from aiida_forcefield.potentials.export.gromacs import write_gromacs
from aiida_forcefield.topology.system import System
from aiida_forcefield.units import COULOMB

from ...fields import build

Array = NDArray[np.float64]
Case = tuple[System, ForceField]

WATER = Polarizable(
    net={"water:O1": -0.7, "water:H1": 0.35},
    dipoles=(BondDipole("water:O1", "water:H1", 0.05),),
    polarizabilities={"water:O1": 1.4},
    lengths={"water:O1": 0.95, "water:H1": 0.7},
    damping=0.39,
)
ETHANOL = Polarizable(
    net={f"EtOH:{k}": q for k, q in zip(("C1", "C2", "O1"), (-0.2, 0.1, -0.6), strict=True)}
    | {"EtOH:H1": 0.08, "EtOH:H2": 0.03, "EtOH:H3": 0.4},
    dipoles=(BondDipole("EtOH:O1", "EtOH:H3", 0.04), BondDipole("EtOH:C2", "EtOH:O1", -0.03)),
    polarizabilities={"EtOH:C1": 1.9, "EtOH:C2": 1.7, "EtOH:O1": 1.1},
    lengths={f"EtOH:{k}": 1.1 for k in ("C1", "C2", "O1")} | {f"EtOH:H{k}": 0.7 for k in (1, 2, 3)},
    damping=0.39,
)
NAMES = ("water", "EtOH", "water")
APART = np.array([[0.0, 0, 0], [4.4, 0.6, 0.3], [1.5, 4.2, 0.8]])


@pytest.fixture(scope="module")
def case() -> Case:
    """Water and ethanol, of which the latter polarises itself over three bonds."""
    smiles = {"water": "O", "EtOH": "CCO"}
    extra = {"scale_14": (1.0, 1.0)}
    system, field = build(smiles, "morse harmonic_angle fourier threefold overlap", extra)
    electrostatics = replace(join([WATER, ETHANOL]), damping=0.3)
    return system, replace(field, electrostatics=electrostatics)


def cluster(system: System, names: Sequence[str], scale: float = 1.0, shift: float = 0.0) -> Array:
    """Molecules some Å apart, one structure."""
    rng = np.random.default_rng(5)
    molecules = [system.of_name(name).conformers[0] for name in names]
    shaken = [x - x.mean(axis=0) + rng.normal(scale=0.04, size=x.shape) for x in molecules]
    sites = scale * APART[: len(names)] + shift
    return np.concatenate([x + site for x, site in zip(shaken, sites, strict=True)])[None]


def slopes(energy, x: Array, h: float = 1e-4) -> Array:
    """Of the energies of structures, by differences."""
    shifts = h * np.concatenate([np.eye(x.size), -np.eye(x.size)]).reshape(-1, *x.shape[1:])
    up, down = energy(x + shifts).reshape(2, -1)
    return ((up - down) / (2 * h)).reshape(x.shape)


def charge_moments(field: Polarizable, system: System, name: str, x: Array) -> tuple[float, Array]:
    """Net charge (e) and permanent dipole (e Å) of a molecule, from the definition of the model."""
    species, types = system.of_name(name), system.types_of(name)
    moment = np.array([field.net[each] for each in types]) @ x
    for each in field.dipoles:
        for bond in species.bonds:
            for i, j in (bond, bond[::-1]):
                if (types[i], types[j]) == (each.atom, each.neighbour):
                    moment = moment + each.charge * (x[j] - x[i])
    return sum(field.net[each] for each in types), moment


@pytest.mark.parametrize("names", [NAMES[:2], NAMES])
def test_gradients_of_clusters(case: Case, names: tuple[str, ...]) -> None:
    system, field = case
    layout, x = Layout.of(field, system), cluster(system, names)
    found = layout.clusters(names, x).evaluate(field.vector)
    expected = slopes(lambda xyz: layout.clusters(names, xyz).energy(field.vector)[0], x)
    np.testing.assert_allclose(found.gradient, expected, atol=3e-7)
    directions = np.random.default_rng(1).normal(size=(1, x.size))
    slope, _ = layout.clusters(names, x).slope(field.vector, directions)
    np.testing.assert_allclose(slope, directions @ found.gradient.ravel())


@pytest.mark.parametrize("name", ["water", "EtOH"])
def test_gradients_of_molecules(case: Case, name: str) -> None:
    system, field = case
    layout, x = Layout.of(field, system), cluster(system, [name])
    _, gradient = layout.molecules(name, x).gradient(field.vector)
    expected = slopes(lambda xyz: layout.molecules(name, xyz).energy(field.vector)[0], x)
    np.testing.assert_allclose(gradient, expected, atol=3e-7)


def test_a_molecule_polarises_itself_beyond_two_bonds(case: Case) -> None:
    system, field = case

    def energy(electrostatics: Polarizable) -> float:
        layout = Layout.of(replace(field, electrostatics=electrostatics), system)
        x = cluster(system, ["EtOH"])
        return float(layout.molecules("EtOH", x).electrostatics.energy(field.vector)[0][0])

    stiff = dict.fromkeys(ETHANOL.polarizabilities, 1e-9)
    assert energy(join([WATER, ETHANOL])) != pytest.approx(
        energy(join([WATER, replace(ETHANOL, polarizabilities=stiff)])), abs=1e-3
    )


def test_an_ion_far_off_acts_on_the_dipole_and_polarises() -> None:
    """By −q μ·n/r² and −½ α (q/r²)²."""
    system, field = build({"Li": "[Li+]", "water": "O"}, "morse harmonic_angle exp6", {})
    lithium = Polarizable({"Li:Li1": 1.0}, (), {}, {"Li:Li1": 0.3}, 0.39)
    field = replace(field, electrostatics=join([lithium, WATER]))
    water, r = system.of_name("water").conformers[0], 60.0
    water = water - water[system.types_of("water").index("water:O1")]  # which is polarizable
    _, moment = charge_moments(WATER, system, "water", water)
    along = moment / np.linalg.norm(moment)
    x = np.concatenate([np.zeros((1, 3)), water + r * along])[None]
    sites = cluster_sites(system, ("Li", "water"), x)
    electrostatics, induction = (
        float(field.electrostatics.model("gas", sites, {}, c).energy(field.vector)[0][0])
        for c in ("electrostatics", "induction")
    )
    assert electrostatics == pytest.approx(-COULOMB * moment @ along / r**2, rel=0.03)
    assert induction == pytest.approx(-0.5 * COULOMB * 1.4 / r**4, rel=0.02)


def test_dipoles_far_apart_act_by_their_moments(case: Case) -> None:
    system, field = case
    layout, names = Layout.of(field, system), ("water", "water")
    x = cluster(system, names, scale=20.0)
    (one, other), r = np.split(x[0], 2), 20.0 * (APART[1] - APART[0])
    (q, mu), (_, nu) = (charge_moments(WATER, system, "water", each) for each in (one, other))
    assert q == pytest.approx(0)
    length = np.linalg.norm(r)
    n = r / length
    expected = COULOMB * (mu @ nu - 3 * (mu @ n) * (nu @ n)) / length**3
    (found,), _ = layout.clusters(names, x).electrostatics.energy(field.vector)
    assert found == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize("names", [NAMES[:2], NAMES])
def test_components_add_up(case: Case, names: tuple[str, ...]) -> None:
    """What is left is dispersion."""
    system, field = case
    layout, x = Layout.of(field, system), cluster(system, names)
    p = field.vector
    parts = {c: layout.clusters(names, x, component=c) for c in layout.nonbonded_form.parts}
    total, jacobian = layout.clusters(names, x).energy(p)
    sums = [model.energy(p) for model in parts.values()]
    bare = p.copy()
    amplitudes = [
        k for t in field.terms if t.kind == "nonbonded" for k in layout.places[t.name][:3]
    ]
    bare[amplitudes] = 0.0
    model = layout.clusters(names, x)
    dispersion = model.energy(bare)[0] - model.electrostatics.energy(p)[0]
    assert sum(e for e, _ in sums) + dispersion == pytest.approx(total)
    summed = sum(j for _, j in sums)
    np.testing.assert_allclose(summed[:, amplitudes], jacobian[:, amplitudes], atol=1e-15)
    assert parts["exchange"].energy(p)[0] > 0
    assert parts["induction"].energy(p)[0] < 0
    assert parts["exchange"].electrostatics.energy(p)[0] == 0


def test_fixed_charges_induce_nothing(case: Case) -> None:
    system, field = case
    net = field.electrostatics.charges("gas")
    layout = Layout.of(replace(field, electrostatics=FixedCharges(net, net)), system)
    x = cluster(system, NAMES[:2])
    whole = layout.clusters(NAMES[:2], x).electrostatics
    parts = {
        c: layout.clusters(NAMES[:2], x, component=c).electrostatics
        for c in layout.nonbonded_form.parts
    }
    p = field.vector
    np.testing.assert_array_equal(parts["electrostatics"].energy(p)[0], whole.energy(p)[0])
    for name in ("exchange", "induction"):
        assert isinstance(parts[name], Nothing)
        assert not parts[name].energy(p)[0].any()
        assert parts[name].gradient(p)[0].shape == (1, x.size)


def test_a_form_that_tells_no_components_is_named() -> None:
    system, field = build({"water": "O"}, "morse harmonic_angle exp6", {})
    x = cluster(system, ("water", "water"))
    with pytest.raises(ValueError, match="exchange: the form exp6 does not tell it"):
        Layout.of(field, system).clusters(("water", "water"), x, component="exchange")


def test_three_molecules_are_more_than_their_pairs(case: Case) -> None:
    system, field = case
    x = cluster(system, NAMES)
    sizes = np.cumsum([0, *(len(system.of_name(name).symbols) for name in NAMES)])
    parts = [x[:, i:j] for i, j in pairwise(sizes)]

    def three_body(electrostatics: Polarizable | FixedCharges) -> float:
        layout = Layout.of(replace(field, electrostatics=electrostatics), system)

        def energy(*molecules: int) -> float:
            names = [NAMES[k] for k in molecules]
            xyz = np.concatenate([parts[k] for k in molecules], axis=1)
            return float(layout.clusters(names, xyz).energy(field.vector)[0][0])

        return energy(0, 1, 2) - sum(energy(i, j) for i, j in combinations(range(3), 2))

    net = field.electrostatics.charges("gas")
    assert abs(three_body(field.electrostatics)) > 1e-3
    assert three_body(FixedCharges(net, net)) == pytest.approx(0, abs=1e-12)


def test_energies_do_not_depend_on_place_and_orientation(case: Case) -> None:
    system, field = case
    layout, x = Layout.of(field, system), cluster(system, NAMES)
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    turned = x @ (turn * np.sign(np.linalg.det(turn))).T + [3.0, -2.0, 7.0]
    both = layout.clusters(NAMES, np.concatenate([x, turned])).energy(field.vector)[0]
    assert both[1] == pytest.approx(both[0], abs=1e-10)


def test_atoms_without_polarizability_are_fixed_charges(case: Case) -> None:
    system, field = case
    whole = field.electrostatics
    bare = replace(whole, polarizabilities={}, dipoles=())
    x = cluster(system, NAMES)
    found, expected = (
        Layout.of(replace(field, electrostatics=each), system)
        .clusters(NAMES, x)
        .evaluate(field.vector)
        for each in (bare, FixedCharges(whole.net, whole.net))
    )
    np.testing.assert_allclose(found.energy, expected.energy)
    np.testing.assert_allclose(found.gradient, expected.gradient, atol=1e-12)


def test_what_it_cannot_do_is_refused(case: Case) -> None:
    system, field = case
    sites = Sites(("water:O1",), np.zeros((1, 1, 3)), cells=np.eye(3)[None])
    with pytest.raises(ValueError, match="polarizable ones are for molecules, not for crystals"):
        field.electrostatics.model("gas", sites, {})
    half = Layout.of(replace(field, scale_14=(0.5, 0.5)), system)
    with pytest.raises(ValueError, match="scale_14: polarizable electrostatics act in full"):
        half.molecules("EtOH", cluster(system, ["EtOH"]))


def test_it_is_not_written_as_if_its_charges_were_all(case: Case) -> None:
    system, field = case
    for export in (
        lambda: write_gromacs(field, system, [1, 1]),
        lambda: ForceFieldCalculator(field, system, [1, 1]),
    ):
        with pytest.raises(ValueError, match=r"polarizable, which .* cannot do; files for LAMMPS"):
            export()
