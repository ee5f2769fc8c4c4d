"""The starting box and the packmol files around it."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from aiida_forcefield.dynamics.box import (
    Box,
    check_liquid,
    molecular_volume,
    packmol_input,
    read_packed,
    starting_box,
    write_xyz,
)
from aiida_forcefield.topology import from_smiles

WATER = ["O", "H", "H"]
WATER_POSITIONS = np.array([[0.0, 0.0, 0.0], [0.76, 0.59, 0.0], [-0.76, 0.59, 0.0]])


def sphere(radius):
    return 4 / 3 * np.pi * radius**3


def test_volume_of_a_sphere():
    assert molecular_volume(["O"], [[0.1, 0.2, 0.3]]) == pytest.approx(sphere(1.5), rel=0.01)


def test_volume_of_two_overlapping_spheres():
    r, d = 1.5, 1.2
    lens = np.pi * (2 * r - d) ** 2 * (d**2 + 4 * d * r) / (12 * d)
    volume = molecular_volume(["O", "O"], [[0, 0, 0], [d, 0, 0]])
    assert volume == pytest.approx(2 * sphere(r) - lens, rel=0.01)


def test_volume_does_not_depend_on_the_orientation():
    rotation, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))
    turned = WATER_POSITIONS @ rotation.T + 3
    assert molecular_volume(WATER, turned) == pytest.approx(
        molecular_volume(WATER, WATER_POSITIONS), rel=0.02
    )


def test_box_holds_the_atoms_wanted_and_is_dilute():
    box = starting_box(WATER, WATER_POSITIONS, cutoff=9.0, atoms=1200)
    assert box.molecules == 400
    density = 18.015 * box.molecules / box.edge**3 / 0.602214  # g/cm³; that of water is 1
    assert 0.6 < density < 0.9


def test_box_narrower_than_twice_the_cutoff_is_refused_with_the_number_that_is_enough():
    with pytest.raises(ValueError, match="twice the cutoff of 9 Å") as refusal:
        starting_box(WATER, WATER_POSITIONS, cutoff=9.0, atoms=300)
    enough = int(str(refusal.value).split()[-1])
    assert starting_box(WATER, WATER_POSITIONS, 9.0, enough).edge > 18


@pytest.mark.parametrize("cutoff", [0.0, -1.0, np.nan])
def test_bad_cutoff(cutoff):
    with pytest.raises(ValueError, match="cutoff"):
        starting_box(WATER, WATER_POSITIONS, cutoff)


@pytest.mark.parametrize("symbol", ["X", "Xx", "Og"])
def test_no_radius(symbol):
    with pytest.raises(ValueError, match=f"element '{symbol}'"):
        molecular_volume([symbol], [[0, 0, 0]])


def test_packmol_input():
    assert packmol_input(Box(64, 17.5), 3, "molecule.xyz", "packed.xyz") == (
        "tolerance 2\nseed 3\nfiletype xyz\noutput packed.xyz\n"
        "pbc 17.500000 17.500000 17.500000\n"
        "structure molecule.xyz\n  number 64\nend structure\n"
    )
    with pytest.raises(ValueError, match="seed: 0"):
        packmol_input(Box(64, 17.5), 0, "molecule.xyz", "packed.xyz")


def test_xyz_round_trip():
    packed = np.stack([WATER_POSITIONS, WATER_POSITIONS + 4])
    text = write_xyz(WATER * 2, packed.reshape(-1, 3))
    assert_allclose(read_packed(text, WATER), packed)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text[:-30], "complete"),
        (lambda text: "", "complete"),
        (lambda text: text.replace("O", "S"), "atoms O H H"),
    ],
)
def test_bad_packmol_output(change, message):
    with pytest.raises(ValueError, match=message):
        read_packed(change(write_xyz(WATER, WATER_POSITIONS)), WATER)


@pytest.mark.parametrize(
    ("smiles", "cutoff", "atoms", "reason"),
    [
        ("[Li+]", 9.0, 1200, "only neutral molecules are allowed"),
        ("CO", 9.0, 30, "ask for at least"),
        ("CO", 25.0, 1200, "ask for at least"),
    ],
)
def test_liquids_that_cannot_be_made_are_refused(
    smiles: str, cutoff: float, atoms: int, reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        check_liquid(from_smiles(smiles), cutoff, atoms)


def test_an_ordinary_liquid_is_accepted() -> None:
    check_liquid(from_smiles("CO"), 9.0, 1200)
