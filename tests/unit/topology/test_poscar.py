"""POSCARs: every form of scale and coordinates gives the same crystal; elements need names."""

from collections import Counter

import numpy as np
import pytest

from aiida_forcefield.topology.poscar import read_poscar

SALT = """\
rock salt
1.0
0 2.82 2.82
2.82 0 2.82
2.82 2.82 0
Na Cl
1 1
Direct
0 0 0
0.5 0.5 0.5
"""
CARTESIAN = SALT.replace("Direct", "Cartesian").replace("0.5 0.5 0.5", "2.82 2.82 2.82")


@pytest.mark.parametrize(
    "text",
    [
        SALT,
        SALT.replace("\n", "\r\n"),
        SALT.replace("1.0", "-44.851536"),
        CARTESIAN,
        CARTESIAN.replace("1.0", "-44.851536"),
        CARTESIAN.replace("2.82", "1").replace("1.0", "2.82"),
        CARTESIAN.replace("2.82", "1").replace("1.0", "2.82 2.82 2.82"),
        SALT.replace("Direct", "Selective dynamics\nDirect").replace("0 0 0", "0 0 0 T T F"),
        SALT.replace("Na Cl", "Na_pv/1a2b Cl/3c4d"),
        SALT.replace("Na Cl\n1 1", "Na\nCl\n1\n1"),
        SALT.replace("1 1\n", "1 1 ! of each\n"),
        SALT + "\n0 0 0\n0 0 0\n",  # velocities
    ],
)
def test_rock_salt_in_any_form(text: str) -> None:
    found = read_poscar(text)
    assert Counter(found.symbols) == {"Na": 1, "Cl": 1}
    assert found.volume == pytest.approx(44.851536)
    assert found.remarks == ()
    shift = np.abs(np.diff(found.positions @ np.linalg.inv(found.cell), axis=0))
    np.testing.assert_allclose(shift, 0.5, atol=1e-9)


def test_names_of_the_first_line_are_remarked() -> None:
    found = read_poscar(SALT.replace("Na Cl\n", "").replace("rock salt", "Na Cl"))
    assert sorted(found.symbols) == ["Cl", "Na"]
    assert found.remarks == ("elements: Na Cl, as in the first line; no other line has them",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 3: a lattice vector needs 3 finite numbers"),
        (SALT.replace("Na Cl\n", ""), "no element names: add a line with them"),
        (SALT.replace("Na Cl", "Na Xx"), "line 6: 'Xx' is no element"),
        (SALT.replace("1.0", "0"), "line 2: the scale is '0'"),
        (SALT.replace("1.0", "1 1 -1"), "line 2: the scale is '1 1 -1'"),
        (SALT.replace("1 1\n", "1\n"), "a number of atoms is needed for each of 'Na Cl'"),
        (SALT.replace("1 1\n", "1 -1\n"), "line 7: a number of atoms is needed"),
        (SALT.replace("Direct\n", ""), "line 8: Direct or Cartesian is needed, not '0 0 0'"),
        (SALT.replace("0.5 0.5 0.5", "0.5 0.5"), "line 10: coordinates of atom 2, Cl,"),
        (SALT.replace("0.5 0.5 0.5", "nan 0 0"), "line 10: coordinates of atom 2, Cl,"),
        (SALT.replace("0.5 0.5 0.5", "0.1 0 0"), "Na1 and Cl2 overlap, 0.40 Å apart"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        read_poscar(text)
    assert "\n" not in str(caught.value)
