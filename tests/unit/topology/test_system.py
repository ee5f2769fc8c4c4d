"""Systems of named species, boxes of them, and the ions of crystals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiida_forcefield.serial import assemble, dismantle
from aiida_forcefield.topology import Frames, Species, System, from_smiles, species_name
from aiida_forcefield.topology.crystal import Crystal
from aiida_forcefield.topology.ions import ions_of

WATER, METHANOL, LITHIUM = from_smiles("O"), from_smiles("CO"), from_smiles("[Li+]")
MIXTURE = System(("water", "MeOH"), (WATER, METHANOL), (1.0, 3.0))


def test_equal_labels_of_different_species_do_not_collide() -> None:
    assert MIXTURE.types_of("water") == ("water:O1", "water:H1", "water:H1")
    assert MIXTURE.type_names == (
        *("water:O1", "water:H1"),
        *("MeOH:C1", "MeOH:O1", "MeOH:H1", "MeOH:H2"),
    )
    assert [each.symbol for each in MIXTURE.atom_types] == ["O", "H", "C", "O", "H", "H"]
    names = [term.name for term in MIXTURE.terms_of("water")]
    assert names == ["bond water:H1-water:O1", "angle water:H1-water:O1-water:H1"]
    members = [term.members for term in MIXTURE.terms_of("water")]
    assert members == [term.members for term in WATER.term_types]


def test_species_are_found_by_name_and_by_key() -> None:
    assert MIXTURE.of_name("MeOH") is METHANOL
    assert MIXTURE.name_of(WATER.key) == "water"
    assert dict(MIXTURE) == {"water": WATER, "MeOH": METHANOL}
    with pytest.raises(ValueError, match="species 'EC' is not one of water, MeOH"):
        MIXTURE.of_name("EC")
    with pytest.raises(ValueError, match="is not one of H2O-"):
        MIXTURE.name_of(LITHIUM.key)


@pytest.mark.parametrize(
    ("names", "species", "amounts", "message"),
    [
        (("a b",), (WATER,), (1.0,), "species 'a b': a name has letters and digits"),
        (("Li+",), (LITHIUM,), (1.0,), "species 'Li\\+': a name has letters and digits"),
        (("x", "x"), (WATER, METHANOL), (1.0, 1.0), "two have the same name"),
        (("x", "y"), (WATER, from_smiles("O")), (1.0, 1.0), "two have the same structure"),
        (("x",), (WATER,), (0.0,), "amount 0; must be a number above 0"),
        (("x",), (WATER,), (float("nan"),), "amount nan"),
        ((), (), (), "there must be some"),
    ],
)
def test_what_is_no_system_is_refused(
    names: tuple[str, ...], species: tuple[Species, ...], amounts: tuple[float, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        System(names, species, amounts)


def test_a_key_tells_molecules_apart_and_not_their_geometries() -> None:
    keys = {from_smiles(s).key for s in ("CO", "CCO", "COC", "[Li+]", "[Na+]", "O", "[OH-]")}
    assert len(keys) == 7
    assert from_smiles("CCO", seed=1).key == from_smiles("CCO", seed=2).key
    assert from_smiles("C[C@H](O)F").key != from_smiles("C[C@@H](O)F").key
    assert LITHIUM.key.startswith("Li+1-")


def test_a_system_survives_plain_data() -> None:
    plain, arrays = dismantle(MIXTURE)
    again = assemble(System, plain, arrays)
    assert (again.names, again.amounts) == (MIXTURE.names, MIXTURE.amounts)
    assert [s.key for s in again.species] == [s.key for s in MIXTURE.species]
    assert again.terms_of("MeOH") == MIXTURE.terms_of("MeOH")
    for one, other in zip(again.species, MIXTURE.species, strict=True):
        np.testing.assert_array_equal(one.conformers, other.conformers)


@given(st.integers(1, 5), st.integers(0, 4), st.integers(1, 3))
def test_frames_are_taken_apart_into_molecules(waters: int, methanols: int, count: int) -> None:
    atoms = 3 * waters + 6 * methanols
    positions = np.arange(count * atoms * 3, dtype=float).reshape(count, atoms, 3)
    frames = Frames((waters, methanols), positions, np.ones((count, 3)))
    water, methanol = frames.molecules(MIXTURE)
    assert water.shape == (count, waters, 3, 3)
    assert methanol.shape == (count, methanols, 6, 3)
    joined = [part.reshape(count, -1, 3) for part in (water, methanol)]
    np.testing.assert_array_equal(np.concatenate(joined, axis=1), positions)


def test_frames_of_another_system_are_refused() -> None:
    with pytest.raises(ValueError, match="7 atoms, the system has 9"):
        Frames((1, 1), np.zeros((1, 7, 3)), np.ones((1, 3))).molecules(MIXTURE)


ROCK_SALT = Crystal(
    ("Li", "F"), 2.0 * (np.ones((3, 3)) - np.eye(3)), np.array([[0.0, 0, 0], [2.0, 2, 2]])
)


def test_ions_of_a_crystal_are_species() -> None:
    system = ions_of(ROCK_SALT, {"F": -1, "Li": 1})
    assert system.names == ("Li", "F")
    assert [species.charge for species in system.species] == [1, -1]
    assert system.type_names == ("Li:Li1", "F:F1")
    assert (system.charge, system.crystal) == (0.0, ROCK_SALT)


@pytest.mark.parametrize(
    ("charges", "message"),
    [
        ({"Li": 1}, "charges: Li; must be of Li, F"),
        ({"Li": 1, "F": -2}, "-1 e in the cell"),
        ({"Li": 0.9, "F": -0.9}, "ions have whole charges"),
    ],
)
def test_impossible_charges_are_refused(charges: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ions_of(ROCK_SALT, charges)


def test_a_title_becomes_a_name() -> None:
    assert species_name(" ethylene  carbonate ") == "ethylene_carbonate"
    assert species_name("1,2-dimethoxyethane") == "1_2_dimethoxyethane"
