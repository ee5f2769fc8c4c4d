import numpy as np
import pytest

from aiida_forcefield.topology.xyz import read_xyz


def test_reads_elements_and_positions_in_order() -> None:
    symbols, positions = read_xyz("2\nlithium fluoride\nLi 0 0 0\n F 0.0 0.0 1.56 extra\n\n")
    assert symbols == ("Li", "F")
    np.testing.assert_array_equal(positions, [[0, 0, 0], [0, 0, 1.56]])


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "line 1: '' is not the number of atoms"),
        ("0\n\n", "line 1: '0' is not the number of atoms"),
        ("two\n\nHe 0 0 0", "line 1: 'two'"),
        ("2\n\nHe 0 0 0", "line 1: 2 atoms announced, 1 lines of atoms follow"),
        ("1\n\nHe 0 0 0\n1\n\nHe 0 0 0", "one frame is allowed"),
        ("1\n\nHe 0 0", "line 3: 'He 0 0' is not an element and three coordinates"),
        ("1\n\nHe 0 0 x", "line 3"),
        ("1\n\nHe 0 0 nan", "line 3"),
        ("2\n\nHe 0 0 0\n\n", "1 lines of atoms follow"),
        ("1\n\nQq 0 0 0", "line 3: unknown element 'Qq'"),
        ("1\n\n* 0 0 0", "unknown element"),
        ("3\n\nH 0 0 0\nO 0 0 1\nH 0 0 1.3", "lines 4 and 5: atoms O2 and H3 overlap, 0.30 Å"),
    ],
)
def test_names_the_line_that_is_wrong(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match="XYZ") as error:
        read_xyz(text)
    assert complaint in str(error.value)
    assert "\n" not in str(error.value)
