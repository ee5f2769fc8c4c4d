"""Liquids of molecules of different sizes, and what they have beyond pairs."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from aiida_forcefield.dynamics import (
    Liquid,
    ManyBody,
    Response,
    coulomb_difference,
    induction_beyond_pairs,
    measure_many_body,
    three_body_dispersion,
)
from aiida_forcefield.dynamics.induction import _energy, _neighbours, _pair_energies
from aiida_forcefield.dynamics.many_body import liquids_of, of_liquid
from aiida_forcefield.potentials.electrostatics import FixedCharges
from aiida_forcefield.potentials.forcefield import ForceField
from aiida_forcefield.topology import Frames, System, from_smiles

METHANOL = np.array(
    [
        [-0.366, -0.006, 0.010],
        [0.905, -0.530, 0.240],
        [-0.540, 0.940, 0.530],
        [-0.480, 0.160, -1.070],
        [-1.090, -0.740, 0.350],
        [1.040, -1.330, -0.310],
    ]
)
WATER = np.array([[0.0, 0.0, 0.117], [0.0, 0.757, -0.469], [0.0, -0.757, -0.469]])


def sites(rng: np.random.Generator) -> np.ndarray:
    return 4.3 * np.stack(np.meshgrid(*3 * [np.arange(3)]), -1).reshape(-1, 3)


def test_a_pure_liquid_is_as_it_was_when_all_molecules_had_one_size() -> None:
    """Numbers of the code before mixtures."""
    rng = np.random.default_rng(7)
    x = np.array([Rotation.random(rng=rng).apply(METHANOL) + s for s in sites(rng)])
    x += rng.normal(scale=0.2, size=(27, 1, 3))
    liquid = Liquid(x.reshape(-1, 3), np.repeat(np.arange(27), 6), np.array([12.9, 13.2, 13.5]))

    def all_atoms(*values: float) -> np.ndarray:
        return np.tile(values, 27)

    gas = all_atoms(0.2, -0.6, 0.03, 0.02, 0.01, 0.34)
    found = [
        three_body_dispersion(
            liquid,
            all_atoms(14.9, 11.2, 0.96, 0.93, 0.95, 1.2),
            all_atoms(1.7, 1.52, 1.1, 1.1, 1.1, 1.1),
        ),
        induction_beyond_pairs(liquid, gas, all_atoms(1.0, 0.8, 0.35, 0.35, 0.35, 0.25)),
        coulomb_difference(liquid, gas, all_atoms(0.25, -0.72, 0.03, 0.02, 0.01, 0.41)),
    ]
    expected = [
        ManyBody(0.0038688160800510606, 220.24581915319342, 85.14, 3),
        ManyBody(-0.0008408496784843731, -29.165321863633753, 85.14, 3),
        ManyBody(-0.004118747895027024, -32.46729498318257, 85.14, 2),
    ]
    for one, other in zip(found, expected, strict=True):
        assert one.energy == pytest.approx(other.energy, rel=1e-10)
        assert one.pressure == pytest.approx(other.pressure, rel=1e-10)
        assert (one.volume, one.bodies) == (pytest.approx(other.volume), other.bodies)


def mixed(order: list[int]) -> tuple[Liquid, np.ndarray, np.ndarray, np.ndarray]:
    """Water, methanol and ions some 4 Å apart in any order: charges, polarizabilities, C6."""
    rng = np.random.default_rng(4)
    parts = []
    for place, site in enumerate(sites(rng)[:9]):
        turn = Rotation.random(rng=rng)
        if place < 4:
            parts.append((turn.apply(WATER), [-0.8, 0.4, 0.4], [0.85, 0.3, 0.3]))
        elif place < 7:
            q = [0.2, -0.6, 0.03, 0.02, 0.01, 0.34]
            parts.append((turn.apply(METHANOL), q, [1.0, 0.8, 0.35, 0.35, 0.35, 0.25]))
        else:
            parts.append((np.zeros((1, 3)), [1.0 if place == 7 else -1.0], [0.2 + 0.5 * place]))
        x, q, alpha = parts[-1]
        parts[-1] = (x + site + 10.0, q, alpha)
    parts = [parts[i] for i in order]
    molecule = np.repeat(np.arange(9), [len(x) for x, _, _ in parts])
    positions = np.concatenate([x for x, _, _ in parts])
    q, alpha = (np.concatenate([each[i] for each in parts]) for i in (1, 2))
    return Liquid(positions, molecule, np.full(3, 50.0)), q, alpha, 12 * alpha**2


def test_the_order_of_molecules_does_not_matter() -> None:
    here, there = mixed(list(range(9))), mixed([7, 2, 5, 0, 8, 1, 6, 3, 4])
    for measure in (
        lambda liquid, q, alpha, c6: induction_beyond_pairs(liquid, q, alpha),
        lambda liquid, q, alpha, c6: coulomb_difference(liquid, q, 0.8 * q),
        lambda liquid, q, alpha, c6: three_body_dispersion(liquid, c6, 0 * c6 + 1.5),
    ):
        one, other = measure(*here), measure(*there)
        assert one.energy != 0.0
        assert one.energy == pytest.approx(other.energy, rel=1e-6)
        assert one.pressure == pytest.approx(other.pressure, rel=1e-4)


def test_two_unlike_molecules_are_one_pair() -> None:
    liquid, q, alpha, _ = mixed(list(range(9)))
    first, ion = liquid.molecule == 4, liquid.molecule == 8
    both = first | ion
    pair = Liquid(liquid.positions[both], np.repeat([0, 1], [first.sum(), ion.sum()]), liquid.edges)
    found = induction_beyond_pairs(pair, q[both], alpha[both])
    assert found.energy == pytest.approx(0.0, abs=1e-8)


def test_a_dense_solution_of_unlike_molecules() -> None:
    liquid, q, alpha, _ = mixed(list(range(9)))
    groups = _neighbours(liquid)
    pairs = [group.of(liquid, some) for group in groups for some in group.chunks()]
    assert sum(len(each.first) for each in pairs) == 36 - sum(
        np.linalg.norm(a - b) > 12 for k, a in enumerate(liquid.centres) for b in liquid.centres[:k]
    )
    total = _energy(liquid, pairs, q, alpha)
    alone = sum(_pair_energies(liquid, pairs, q, alpha))
    found = induction_beyond_pairs(liquid, q, alpha)
    assert 9 * found.energy == pytest.approx(total - alone, rel=1e-8)


def test_molecules_keep_their_shape_as_the_box_grows() -> None:
    liquid, *_ = mixed(list(range(9)))
    grown = liquid.strained(0.1)
    np.testing.assert_allclose(grown.centres, 1.1 * liquid.centres)
    np.testing.assert_allclose(grown.edges, 55.0)
    inner, outer = (box.positions - box.centres[box.molecule] for box in (liquid, grown))
    np.testing.assert_allclose(inner, outer)


def test_pressure_is_minus_the_slope_of_the_energy() -> None:
    liquid, *_ = mixed(list(range(9)))
    found = of_liquid(lambda box: 3.0 / np.prod(box.edges), liquid, bodies=2)
    volume = 50.0**3
    assert found.pressure == pytest.approx(3.0 / volume**2 * 1.602176634e6, rel=1e-3)
    assert found.energy_at(2 * found.volume) == pytest.approx(found.energy / 2)


SYSTEM = System(
    ("methanol", "Li", "Cl"),
    (from_smiles("CO"), from_smiles("[Li+]"), from_smiles("[Cl-]")),
    (6.0, 1.0, 1.0),
)


def test_all_parts_of_an_electrolyte() -> None:
    rng = np.random.default_rng(2)
    methanol = SYSTEM.species[0]
    gas = dict(zip(SYSTEM.type_names, (0.2, -0.6, 0.02, 0.34, 1.0, -1.0), strict=True))
    liquid = gas | {SYSTEM.type_names[1]: -0.72, SYSTEM.type_names[3]: 0.46}
    field = ForceField(SYSTEM.atom_types, (), FixedCharges(gas, liquid), np.zeros((0, 0)))
    places = sites(rng)[:8] + 10.0
    frame = np.concatenate(
        [*(methanol.conformers[0] + site for site in places[:6]), *places[6:, None]]
    )
    frames = Frames((6, 1, 1), np.stack([frame, frame + 1.0]), np.full((2, 3), 30.0))
    c6 = np.array([14.9, 11.2, 0.9, 0.9, 0.9, 1.2])
    responses = [
        Response(methanol.conformers[0], c6, 3.2),
        Response(np.zeros((1, 3)), np.array([0.1]), 0.03),
        Response(np.zeros((1, 3)), np.array([60.0]), 4.0),
    ]
    found = measure_many_body(field, SYSTEM, responses, [frames])
    assert list(found) == ["three_body_dispersion", "induction", "charges"]
    assert all(part["volume"] == pytest.approx(30.0**3 / 8) for part in found.values())
    assert all(len(part["pressures"]) == 2 for part in found.values())
    box = liquids_of(frames, SYSTEM)[0]
    types = [
        name
        for s, n in zip(SYSTEM.names, frames.counts, strict=True)
        for name in SYSTEM.types_of(s) * n
    ]
    charges = [np.array([q[name] for name in types]) for q in (gas, liquid)]
    expected = coulomb_difference(box, *charges)
    assert found["charges"]["energy"] == pytest.approx(expected.energy)
    alone = Response(np.zeros((1, 3)), np.array([0.1]))
    fewer = measure_many_body(field, SYSTEM, [responses[0], alone, responses[2]], [frames])
    assert list(fewer) == ["three_body_dispersion"]
