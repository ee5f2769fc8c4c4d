"""The starting box and the packmol files around it."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from aiida_forcefield.dynamics.box import (
    StartingBox,
    check_liquid,
    packmol_input,
    read_packed,
    starting_box,
    write_xyz,
)
from aiida_forcefield.topology import System, from_smiles
from aiida_forcefield.topology.volume import molecular_volume

WATER = ["O", "H", "H"]
WATER_POSITIONS = np.array([[0.0, 0.0, 0.0], [0.76, 0.59, 0.0], [-0.76, 0.59, 0.0]])
PURE = System.pure("water", from_smiles("O"))
ELECTROLYTE = System(
    ("EC", "Mg", "PF6"),
    (from_smiles("C1COC(=O)O1"), from_smiles("[Mg+2]"), from_smiles("F[P-](F)(F)(F)(F)F")),
    (10.0, 1.0, 2.0),
)


def packed(counts, edge):
    return StartingBox(counts, edge)


def test_box_holds_the_atoms_wanted_and_is_dilute():
    box = starting_box(PURE, [WATER_POSITIONS], cutoff=9.0, atoms=1200)
    assert box.counts == (400,)
    density = 18.015 * 400 / box.edge**3 / 0.602214  # g/cm³; that of water is 1
    assert 0.6 < density < 0.9


def test_box_narrower_than_twice_the_cutoff_is_refused_with_the_number_that_is_enough():
    with pytest.raises(ValueError, match="twice the cutoff of 9 Å") as refusal:
        starting_box(PURE, [WATER_POSITIONS], cutoff=9.0, atoms=300)
    enough = int(str(refusal.value).split()[-1])
    assert starting_box(PURE, [WATER_POSITIONS], 9.0, enough).edge > 18


@pytest.mark.parametrize("cutoff", [0.0, -1.0, np.nan])
def test_bad_cutoff(cutoff):
    with pytest.raises(ValueError, match="cutoff"):
        starting_box(PURE, [WATER_POSITIONS], cutoff)


def test_a_mixture_has_the_volumes_of_all() -> None:
    geometries = [species.conformers[0] for species in ELECTROLYTE.species]
    box = starting_box(ELECTROLYTE, geometries, cutoff=9.0, atoms=1200)
    ec, mg, pf6 = box.counts
    assert 10 * ec + mg + 7 * pf6 == pytest.approx(1200, rel=0.05)
    assert pf6 == 2 * mg
    assert ec == pytest.approx(10 * mg, rel=0.1)
    volumes = [
        molecular_volume(s.symbols, x) for s, x in zip(ELECTROLYTE.species, geometries, strict=True)
    ]
    assert box.edge**3 * 0.75 * 0.6 == pytest.approx(np.dot(box.counts, volumes))


def test_packmol_input():
    box = packed((64, 2), 17.5)
    files = ["water.xyz", "Li.xyz"]
    assert packmol_input(box, 3, files, "packed.xyz") == (
        "tolerance 2\nseed 3\nfiletype xyz\noutput packed.xyz\n"
        "pbc 17.500000 17.500000 17.500000\n"
        "structure water.xyz\n  number 64\nend structure\n"
        "structure Li.xyz\n  number 2\nend structure\n"
    )
    with pytest.raises(ValueError, match="seed: 0"):
        packmol_input(box, 0, files, "packed.xyz")


SALTY = System(
    ("water", "Na", "Cl"),
    (from_smiles("O"), from_smiles("[Na+]"), from_smiles("[Cl-]")),
    (2.0, 1.0, 1.0),
)


def test_xyz_round_trip():
    positions = np.concatenate([WATER_POSITIONS, WATER_POSITIONS + 4, np.eye(3)[:2] + 9])
    text = write_xyz([*WATER, *WATER, "Na", "Cl"], positions)
    box = read_packed(text, SALTY, packed((2, 1, 1), 12.0))
    assert_allclose(box.positions, positions)
    assert box.counts == (2, 1, 1)
    assert_allclose(box.edges, 12.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text[:-30], "complete"),
        (lambda text: "", "complete"),
        (lambda text: text.replace("O", "S"), "not those of 1 water"),
    ],
)
def test_bad_packmol_output(change, message):
    text = change(write_xyz(WATER, WATER_POSITIONS))
    with pytest.raises(ValueError, match=message):
        read_packed(text, PURE, packed((1,), 9.0))


@pytest.mark.parametrize(
    ("smiles", "cutoff", "atoms", "reason"),
    [
        ("[Li+]", 9.0, 1200, "a liquid must be neutral"),
        ("CO", 9.0, 30, "ask for at least"),
        ("CO", 25.0, 1200, "ask for at least"),
    ],
)
def test_liquids_that_cannot_be_made_are_refused(
    smiles: str, cutoff: float, atoms: int, reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        check_liquid(System.pure("it", from_smiles(smiles)), cutoff, atoms)


def test_ordinary_liquids_are_accepted() -> None:
    check_liquid(System.pure("methanol", from_smiles("CO")), 9.0, 1200)
    check_liquid(ELECTROLYTE, 9.0, 1200)
