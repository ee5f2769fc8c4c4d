"""Which atoms are bonded, and whether a geometry is still that of its molecule."""

from typing import Any

import numpy as np
import pytest
from ase.build import molecule

from aiida_forcefield.runner.bonds import check_bonds, find_bonds
from aiida_forcefield.runner.status import PointError

OHH = ("O", "H", "H")
BONDS = ((0, 1), (0, 2))
WATER = np.array([[0.0, 0.0, 0.0], [0.96, 0.0, 0.0], [-0.24, 0.93, 0.0]])

# Å. Two bridgeheads in line, and three bridges around them.
BRIDGEHEADS = np.array([[0.0, 0.0, 0.935], [0.0, 0.0, -0.935], [0.0, 0.0, 2.03], [0.0, 0.0, -2.03]])
AROUND = np.radians([0.0, 120.0, 240.0])
BRIDGES = np.stack([np.cos(AROUND), np.sin(AROUND), 0 * AROUND], axis=1)
SIDE = np.stack([-BRIDGES[:, 1], BRIDGES[:, 0], 0 * AROUND], axis=1)


def bicyclopentane() -> tuple[tuple[str, ...], Any]:
    """Bicyclo[1.1.1]pentane, its bridgeheads 1.87 Å apart."""
    positions = np.concatenate([BRIDGEHEADS[:2], 1.24 * BRIDGES, BRIDGEHEADS[2:]])
    turned = [1.85 * BRIDGES + sign * 0.9 * SIDE for sign in (1, -1)]
    return ("C",) * 5 + ("H",) * 8, np.concatenate([positions, *turned])


def ring_of_four(one: str, other: str, edge: float, across: float) -> tuple[Any, Any]:
    """A flat ring X-Y-X-Y with its hydrogens, `across` from X to X."""
    half = across / 2
    rest = np.sqrt(edge**2 - half**2)
    x = [[half, 0, 0], [-half, 0, 0], [0, rest, 0], [0, -rest, 0]]
    symbols = [one, one, other, other]
    for atom, symbol in enumerate(list(symbols)):
        out = np.array(x[atom]) / np.linalg.norm(x[atom])
        length = {"Si": 1.48, "C": 1.09, "B": 1.19, "N": 1.01}.get(symbol)
        tilts = {"Si": (0.8, -0.8), "C": (0.8, -0.8), "B": (0.0,), "N": (0.0,)}.get(symbol, ())
        for tilt in tilts:
            direction = out * np.cos(tilt) + np.array([0.0, 0.0, np.sin(tilt)])
            x.append((np.array(x[atom]) + length * direction).tolist())
            symbols.append("H")
    return tuple(symbols), np.array(x)


def neighbours(symbols: Any, positions: Any) -> list[int]:
    bonds = find_bonds(symbols, positions)
    return [sum(atom in bond for bond in bonds) for atom in range(len(symbols))]


def test_bridgeheads_of_a_cage_are_not_bonded() -> None:
    symbols, positions = bicyclopentane()
    assert len(find_bonds(symbols, positions)) == 14
    assert neighbours(symbols, positions)[:5] == [4] * 5


@pytest.mark.parametrize(
    ("one", "other", "edge", "across"),
    [
        ("Si", "O", 1.67, 2.40),
        ("Si", "O", 1.67, 2.32),
        ("Si", "N", 1.73, 2.50),
        ("C", "O", 1.42, 1.94),
        ("B", "N", 1.45, 1.88),
        ("S", "N", 1.65, 2.34),
    ],
)
def test_no_bond_leads_across_a_ring_of_four(
    one: str, other: str, edge: float, across: float
) -> None:
    symbols, positions = ring_of_four(one, other, edge, across)
    assert (0, 1) not in find_bonds(symbols, positions)
    hydrogens = symbols.count("H")
    assert len(find_bonds(symbols, positions)) == 4 + hydrogens


@pytest.mark.parametrize(
    ("name", "bonds"),
    [
        ("bicyclobutane", 11),  # a bond across its ring of four
        ("C3H6_D3h", 9),
        ("cyclobutane", 12),
        ("CH3SiH3", 7),
        ("SiF4", 4),
        ("CCl4", 4),
        ("ClF3", 3),
        ("CH3CONH2", 8),
    ],
)
def test_real_bonds_are_found(name: str, bonds: int) -> None:
    atoms = molecule(name)
    assert len(find_bonds(tuple(atoms.symbols), atoms.positions)) == bonds


def test_an_octahedron_has_its_six_bonds() -> None:
    ends = 1.6 * np.concatenate([np.eye(3), -np.eye(3)])
    positions = np.concatenate([np.zeros((1, 3)), ends])
    assert find_bonds(("P", *"FFFFFF"), positions) == tuple((0, end) for end in range(1, 7))


def test_iodine_atoms_of_iodoform_are_not_bonded() -> None:
    ends = 2.14 * np.array([[0.94, 0, -0.33], [-0.47, 0.82, -0.33], [-0.47, -0.82, -0.33]])
    positions = np.concatenate([np.zeros((1, 3)), [[0, 0, 1.09]], ends])
    assert len(find_bonds(("C", "H", "I", "I", "I"), positions)) == 4


def test_contacts_of_cations_are_no_bonds() -> None:
    symbols, positions = (
        ("O", "C", "O", "H", "Li"),
        np.array([[1.1, 0.3, 0], [0, -0.3, 0], [-1.1, 0.3, 0], [0, -1.4, 0], [0, 1.74, 0]]),
    )
    assert np.linalg.norm(positions[4] - positions[1]) < 1.3 * (1.28 + 0.76)
    assert find_bonds(symbols, positions) == ((0, 1), (1, 2), (1, 3))


def test_bonds_of_three_centres_are_refused() -> None:
    atoms = molecule("H2")
    assert find_bonds(tuple(atoms.symbols), atoms.positions) == ((0, 1),)
    bridge = [[0.0, 0.97, 0.0], [0.0, -0.97, 0.0]]
    ends = [[s * 1.04, 0.0, t * 1.46] for s in (1, -1) for t in (1, -1)]
    diborane = np.array([[0.0, 0.0, 0.885], [0.0, 0.0, -0.885], *bridge, *ends])
    with pytest.raises(ValueError, match="bonds of several centres are not supported"):
        find_bonds(("B", "B", *"HHHHHH"), diborane)


def test_a_molecule_is_itself() -> None:
    check_bonds(OHH, WATER, BONDS)


def test_a_broken_bond_is_seen_unless_it_is_driven() -> None:
    stretched = WATER.copy()
    stretched[1, 0] = 1.6
    with pytest.raises(PointError, match="between atoms 0 and 1 broke") as caught:
        check_bonds(OHH, stretched, BONDS)
    assert caught.value.status == "bonds_changed"
    check_bonds(OHH, stretched, BONDS, driven=(0, 1))


RING = np.array([[0.75, 0, 0], [-0.75, 0, 0], [0, 1.3, 0]])
CHAIN = ((0, 2), (1, 2))


def test_a_formed_bond_is_seen_unless_an_angle_is_driven() -> None:
    """Of carbon atoms that lack neighbours; those of water have what they want."""
    with pytest.raises(PointError, match="formed between atoms 0 and 1"):
        check_bonds("CCC", RING, CHAIN)
    check_bonds("CCC", RING, CHAIN, driven=(0, 2, 1))
    squeezed = WATER.copy()
    squeezed[2] = [0.6, 0.7, 0.0]
    check_bonds(OHH, squeezed, BONDS)


def test_the_ends_of_a_driven_dihedral_are_not_exempt() -> None:
    chain = np.array([[1.5, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 1.5, 0.0], [1.5, 1.5, 0.0]])
    with pytest.raises(PointError, match="formed between atoms 0 and 3"):
        check_bonds("CCCC", chain, ((0, 1), (1, 2), (2, 3)), driven=(0, 1, 2, 3))


def test_a_proton_that_moved_is_seen() -> None:
    moved = np.array([[0.0, 0.0, 0.0], [1.6, 0.0, 0.0], [2.6, 0.0, 0.0]])
    with pytest.raises(PointError, match="between atoms 0 and 1 broke"):
        check_bonds("OHN", moved, ((0, 1),))
    with pytest.raises(PointError, match="formed between atoms 1 and 2"):
        check_bonds("OHN", moved - [[0.2, 0, 0], [0, 0, 0], [0, 0, 0]], ((0, 2),), driven=(0, 2))


def test_a_cage_and_a_coordinated_cation_are_themselves() -> None:
    symbols, positions = bicyclopentane()
    check_bonds(symbols, positions, find_bonds(symbols, positions))
    carboxylate = np.array(
        [[1.1, 0.3, 0], [0, -0.3, 0], [-1.1, 0.3, 0], [0, -1.4, 0], [0, 1.74, 0]]
    )
    check_bonds(("O", "C", "O", "H", "Li"), carboxylate, ((0, 1), (0, 4), (1, 2), (1, 3)))
