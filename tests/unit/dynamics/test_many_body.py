"""Liquids of molecules of different sizes, and their three-body dispersion."""

from dataclasses import astuple

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from aiida_forcefield.dynamics import Liquid, measure_many_body, three_body_dispersion
from aiida_forcefield.dynamics.many_body import liquids_of, of_liquid
from aiida_forcefield.potentials.radii import van_der_waals_radius
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
    found = three_body_dispersion(
        liquid,
        np.tile([14.9, 11.2, 0.96, 0.93, 0.95, 1.2], 27),
        np.tile([1.7, 1.52, 1.1, 1.1, 1.1, 1.1], 27),
    )
    assert astuple(found) == pytest.approx(
        (0.0038688160800510606, 220.24581915319342, 85.14), rel=1e-10
    )


def mixed(order: list[int]) -> tuple[Liquid, np.ndarray]:
    """Water, methanol and ions some 4 Å apart in any order, and C6 of their atoms."""
    rng = np.random.default_rng(4)
    parts = []
    for place, site in enumerate(sites(rng)[:9]):
        turn = Rotation.random(rng=rng)
        if place < 4:
            x, c6 = turn.apply(WATER), [8.7, 1.1, 1.1]
        elif place < 7:
            x, c6 = turn.apply(METHANOL), [12.0, 7.7, 1.5, 1.5, 1.5, 0.8]
        else:
            x, c6 = np.zeros((1, 3)), [10.0 * place]
        parts.append((x + site + 10.0, c6))
    parts = [parts[i] for i in order]
    molecule = np.repeat(np.arange(9), [len(x) for x, _ in parts])
    positions = np.concatenate([x for x, _ in parts])
    return Liquid(positions, molecule, np.full(3, 50.0)), np.concatenate([c6 for _, c6 in parts])


def test_the_order_of_molecules_does_not_matter() -> None:
    one, other = (
        three_body_dispersion(liquid, c6, 0 * c6 + 1.5)
        for liquid, c6 in (mixed(list(range(9))), mixed([7, 2, 5, 0, 8, 1, 6, 3, 4]))
    )
    assert one.energy != 0.0
    assert one.energy == pytest.approx(other.energy, rel=1e-6)
    assert one.pressure == pytest.approx(other.pressure, rel=1e-4)


def test_molecules_keep_their_shape_as_the_box_grows() -> None:
    liquid, _ = mixed(list(range(9)))
    grown = liquid.strained(0.1)
    np.testing.assert_allclose(grown.centres, 1.1 * liquid.centres)
    np.testing.assert_allclose(grown.edges, 55.0)
    inner, outer = (box.positions - box.centres[box.molecule] for box in (liquid, grown))
    np.testing.assert_allclose(inner, outer)


def test_pressure_is_minus_the_slope_of_the_energy() -> None:
    liquid, _ = mixed(list(range(9)))
    found = of_liquid(lambda box: 3.0 / np.prod(box.edges) ** 2, liquid)
    volume = 50.0**3
    assert found.pressure == pytest.approx(2 * 3.0 / volume**3 * 1.602176634e6, rel=1e-3)
    # What falls as V⁻² itself is told at other volumes by what it is here.
    wider = of_liquid(lambda box: 3.0 / np.prod(box.edges) ** 2, liquid.strained(0.1))
    assert found.energy_at(wider.volume) == pytest.approx(wider.energy)
    assert found.pressure_at(wider.volume) == pytest.approx(wider.pressure)


SYSTEM = System(
    ("methanol", "Li", "Cl"),
    (from_smiles("CO"), from_smiles("[Li+]"), from_smiles("[Cl-]")),
    (6.0, 1.0, 1.0),
)


def electrolyte(*edges: float) -> Frames:
    """A frame in a box of each edge (Å)."""
    methanol = SYSTEM.species[0]
    places = sites(np.random.default_rng(2))[:8]
    frame = np.concatenate(
        [*(methanol.conformers[0] + site for site in places[:6]), *places[6:, None]]
    )
    boxes = np.repeat(np.array(edges)[:, None], 3, axis=1)
    return Frames((6, 1, 1), np.stack([frame] * len(edges)), boxes)


C6 = [np.array([14.9, 11.2, 0.9, 0.9, 0.9, 1.2]), np.array([0.1]), np.array([60.0])]


def test_an_electrolyte_has_the_mean_of_its_first_and_last_frame() -> None:
    found = measure_many_body(SYSTEM, C6, electrolyte(12.0, 20.0, 13.0))
    ends = [measure_many_body(SYSTEM, C6, electrolyte(edge)) for edge in (12.0, 13.0)]
    assert found.volume == pytest.approx((12.0**3 + 13.0**3) / 2 / 8)
    for name in ("energy", "pressure"):
        one, other = (getattr(each, name) for each in ends)
        assert one > other > 0.0
        assert getattr(found, name) == pytest.approx((one + other) / 2)


def test_each_species_has_its_own_c6_and_radii() -> None:
    frames = electrolyte(12.0)
    found = measure_many_body(SYSTEM, C6, frames)
    radii = [[van_der_waals_radius(s) for s in SYSTEM.species[0].symbols]] * 6
    expected = three_body_dispersion(
        liquids_of(frames, SYSTEM)[0],
        np.concatenate([*6 * [C6[0]], C6[1], C6[2]]),
        np.concatenate([*radii, [van_der_waals_radius("Li"), van_der_waals_radius("Cl")]]),
    )
    assert astuple(found) == pytest.approx(astuple(expected))
    assert found.energy != measure_many_body(SYSTEM, [C6[0], C6[2], C6[1]], frames).energy
