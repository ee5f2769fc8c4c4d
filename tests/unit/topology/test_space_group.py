"""Names of space groups mean the operations that spglib tabulates, and no others."""

import numpy as np
import pytest
import spglib

from aiida_forcefield.topology.space_group import (
    orbit,
    read_operations,
    settings_of_hall,
    settings_of_symbol,
)


@pytest.mark.parametrize(
    ("symbol", "settings"),
    [
        ("F m -3 m", ["F m -3 m"]),
        ("Fm3m", ["F m -3 m"]),
        ("FM-3M", ["F m -3 m"]),
        ("F 4/m -3 2/m", ["F m -3 m"]),
        ("P63/mmc", ["P 63/m m c"]),
        ("P 6_3/m m c", ["P 63/m m c"]),
        ("P 1 21/n 1", ["P 1 21/n 1"]),
        ("P2(1)/c", ["P 1 21/c 1", "P 21/c 1 1"]),
        ("C m c a", ["C m c e"]),
        ("P b n m", ["P b n m"]),
        ("F d -3 m", ["F d -3 m :1", "F d -3 m :2"]),
        ("F d -3 m S", ["F d -3 m :1"]),
        ("Fd-3mZ", ["F d -3 m :2"]),
        ("I41/amd:2", ["I 41/a m d :2"]),
        ("R -3 c :H", ["R -3 c :H"]),
        ("R -3 c R", ["R -3 c :R"]),
        ("R3m", ["R 3 m :H", "R 3 m :R"]),
        ("P n m a :1", []),
        ("Q", []),
        ("", []),
    ],
)
def test_symbols(symbol: str, settings: list[str]) -> None:
    assert [setting.name for setting in settings_of_symbol(symbol)] == settings


@pytest.mark.parametrize(
    ("symbol", "name"),
    [("-F 4 2 3", "F m -3 m"), ("-P 2ybc", "P 1 21/c 1"), ('P_32_2"', "P 32 2 1")],
)
def test_hall_symbols(symbol: str, name: str) -> None:
    assert [setting.name for setting in settings_of_hall(symbol)] == [name]


def test_no_symbol_means_groups_of_two_numbers() -> None:
    for hall in range(1, 531):
        full = spglib.get_spacegroup_type(hall).international_full
        found = settings_of_symbol(full)
        assert {setting.number for setting in found} == {spglib.get_spacegroup_type(hall).number}


def test_rounded_translations_are_fractions() -> None:
    operations = read_operations(["x,y,z", "x+0.6667,y+0.333,z+0.33", "x+1/3,y+.667,z+2/3"])
    np.testing.assert_allclose(
        operations.translations, [[0, 0, 0], [2 / 3, 1 / 3, 1 / 3], [1 / 3, 2 / 3, 2 / 3]]
    )


def test_an_atom_on_a_mirror_has_one_copy_of_itself() -> None:
    operations = read_operations(["x,y,z", "x,y,-z"])
    cell = 5 * np.eye(3)
    exact = np.zeros(3)
    on, _ = orbit(operations, np.array([0.1, 0.2, 0.5]), exact, cell)
    off, move = orbit(operations, np.array([0.1, 0.2, 0.3]), exact, cell)
    near, step = orbit(operations, np.array([0.1, 0.2, 0.499]), np.array([0, 0, 0.001]), cell)
    assert (len(on), len(off), move) == (1, 2, 0)
    np.testing.assert_allclose(near, [[0.1, 0.2, 0.5]])
    assert step == pytest.approx(0.005)
