from pathlib import Path

import numpy as np
import pytest

from aiida_forcefield.replay.record import read_record

HEAD = "coordinate,energy\n"


def lines(x, y):
    return "".join(f"{a},{b}\n" for a, b in zip(x, y, strict=True))


def write(folder: Path, text: str) -> Path:
    path = folder / "curve.csv"
    path.write_text(text)
    return path


X = np.linspace(1, 2, 11)
GOOD = lines(X, (X - 1.5) ** 2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "empty"),
        ("r,energy\n" + GOOD, "column 'r'; allowed"),
        ("coordinate\n1\n", "column 'energy' is missing"),
        ("coordinate,energy,energy\n1,2,3\n", "each once"),
        (HEAD + GOOD + "2.1\n", "line 13: 1 cells; 2 are needed"),
        (HEAD + "one,2\n" + GOOD, "line 2: coordinate is 'one'"),
        (HEAD + "1.05,nan\n" + GOOD, "line 2: energy is 'nan'"),
        (HEAD + "1.05,inf\n" + GOOD, "line 2: energy is 'inf'"),
        (HEAD + "0,1\n" + GOOD, "line 2: coordinate 0 is no bond length in Å"),
        (HEAD + GOOD + "1.5,0\n", "coordinate 1.5 is there more than once"),
        (HEAD + "85,1\n", "line 2: coordinate 85 is no bond length in Å; must be from 0.3 to 20"),
        (HEAD + "0.14,1\n", "line 2: coordinate 0.14 is no bond length in Å"),
        (HEAD + "1,2\n2,3\n", "2 points; at least 7"),
        (HEAD + "1,2\n", "1 point; at least 7"),
        (HEAD, "0 points; at least 7"),
        (GOOD, "the first line holds numbers; it must be coordinate,energy"),
        (HEAD.replace(",", ";") + GOOD, "separated by semicolons; commas are needed"),
        (HEAD.replace(",", "\t") + GOOD, "separated by tabs; commas are needed"),
        (HEAD.replace(",", " ") + GOOD, "separated by spaces; commas are needed"),
        (HEAD + "1,05,2,3\n", "line 2: 4 cells; 2 are needed .points for decimals"),
        (HEAD + '"1,05","2,3"\n', "coordinate is '1,05'; must be a finite number, with a point"),
        (HEAD + "1.05,\n", "line 2: energy is ''"),
        (HEAD + "1_0,2\n", "line 2: coordinate is '1_0'"),
        (HEAD + '1,"' + "9" * 200_000 + '"\n', "no table of cells that are separated by commas"),
        (HEAD + "1,2\n" * 20_001, "20001 points; at most"),
        (HEAD + "1," + "9" * 4_000_000, "it is larger than 4 million bytes"),
    ],
)
def test_a_bad_record_is_refused(tmp_path, text, expected):
    with pytest.raises(ValueError, match=expected) as error:
        read_record(write(tmp_path, text), "bond")
    assert "\n" not in str(error.value)


def test_what_is_no_text_is_refused(tmp_path):
    path = tmp_path / "curve.csv"
    path.write_bytes(bytes(range(256)))
    with pytest.raises(ValueError, match="not a text in UTF-8"):
        read_record(path, "bond")
    with pytest.raises(ValueError, match="no such file"):
        read_record(tmp_path / "none.csv", "bond")


@pytest.mark.parametrize(
    ("kind", "x"), [("angle", 181), ("angle", -1), ("dihedral", 361), ("dihedral", -361)]
)
def test_an_impossible_angle_is_refused(tmp_path, kind, x):
    text = HEAD + lines(np.append(np.arange(10.0, 20), x), np.zeros(11))
    with pytest.raises(ValueError, match=f"coordinate {x} is no {kind} in degrees; must be from"):
        read_record(write(tmp_path, text), kind)


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [("dihedral", -np.pi, np.pi), ("dihedral", 0, 2 * np.pi), ("angle", 1.5, 2.3)],
)
def test_radians_are_refused(tmp_path, kind, low, high):
    x = np.linspace(low, high, 13)
    with pytest.raises(ValueError, match="looks like radians; degrees are needed"):
        read_record(write(tmp_path, HEAD + lines(x, np.cos(3 * x))), kind)


@pytest.mark.parametrize(("kind", "x"), [("ions", 236), ("dimer", 0.35), ("dimer", 310)])
def test_a_distance_is_in_angstrom(tmp_path, kind, x):
    text = HEAD + lines(np.append(np.arange(2.0, 9), x), np.zeros(8))
    with pytest.raises(ValueError, match=f"coordinate {x} is no distance of two"):
        read_record(write(tmp_path, text), kind)


def test_a_mark_in_front_and_quotes_do_no_harm(tmp_path):
    record = read_record(write(tmp_path, '\ufeff"coordinate","energy"\n' + GOOD), "bond")
    np.testing.assert_array_equal(record.x, X)


@pytest.mark.parametrize("both", [True, False])
def test_a_part_of_the_circle_may_go_through_180_degrees(tmp_path, both):
    x = np.array([*range(-180 if both else -165, -119, 15), *range(120, 181, 15)], dtype=float)
    text = HEAD + lines(x, np.cos(np.radians(x)))
    record = read_record(write(tmp_path, text), "dihedral")
    assert not record.circle
    np.testing.assert_array_equal(record.x, np.arange(120, 241, 15))
    np.testing.assert_allclose(record.energy, np.cos(np.radians(record.x)), atol=1e-12)


def test_a_circle_closes_over_a_point_that_failed(tmp_path):
    x = np.delete(np.arange(-180.0, 181, 15), 7)
    record = read_record(write(tmp_path, HEAD + lines(x, np.cos(np.radians(x)))), "dihedral")
    assert record.circle
    assert record.window(None) == (-180, 180)


def test_rows_and_columns_may_come_in_any_order(tmp_path):
    text = "energy,gradient,coordinate\n" + "".join(
        f"{(x - 1.5) ** 2},{2 * (x - 1.5)},{x}\n" for x in X[::-1]
    )
    record = read_record(write(tmp_path, text), "bond", unit=2.0)
    np.testing.assert_array_equal(record.x, X)
    np.testing.assert_allclose(record.energies(X), 2 * (X - 1.5) ** 2, atol=1e-12)
    np.testing.assert_allclose(record.slopes(X), 4 * (X - 1.5), atol=1e-12)
    blind = read_record(write(tmp_path, text), "bond", gradient=False)
    assert np.isnan(blind.slopes(X)).all()


def test_a_circle_closes_with_and_without_its_last_point(tmp_path):
    for step, last in ((15, 181), (15, 180)):
        x = np.arange(-180.0, last, step)
        text = HEAD + lines(x, np.cos(3 * np.radians(x)))
        record = read_record(write(tmp_path, text), "dihedral")
        assert record.circle
        assert record.split is None
        assert abs(record.energies(172.5) - np.cos(np.radians(3 * 172.5))) < 5e-3
    assert not read_record(write(tmp_path, HEAD + lines(x[:15], x[:15])), "dihedral").circle
    x = np.arange(-180.0, 191, 10)
    path = write(tmp_path, HEAD + lines(x, x))
    with pytest.raises(ValueError, match="spans 370 degrees"):
        read_record(path, "dihedral")


def test_two_branches_are_seen(tmp_path):
    record = read_record(write(tmp_path, HEAD + GOOD + "1.5,0.2\n1.6,0.1\n"), "bond")
    assert record.split == pytest.approx((0.2, 1.5))
    assert record.energies(1.5) == pytest.approx(0, abs=1e-12)
    x = np.arange(-180.0, 181, 15)
    record = read_record(write(tmp_path, HEAD + lines(x, 1e-3 * x)), "dihedral")
    assert record.split == pytest.approx((0.36, -180))


def test_the_window_goes_up_to_a_height(tmp_path):
    x = np.linspace(0.9, 2.4, 61)
    path = write(tmp_path, HEAD + lines(x, 10 * (x - 1.5) ** 2))
    assert read_record(path, "bond").window(None) == (0.9, 2.4)
    np.testing.assert_allclose(read_record(path, "bond").window(1.6), (1.1, 1.9), atol=2e-3)
    np.testing.assert_allclose(read_record(path, "dimer").window(1.6), (1.1, 2.4), atol=2e-3)
    np.testing.assert_allclose(read_record(path, "bond").window(5.0), (0.9, 2.207), atol=2e-3)
    with pytest.raises(ValueError, match="window: only 3 recorded points"):
        read_record(path, "bond").window(0.01)


def test_a_coarse_record_is_known_from_a_fine_one(tmp_path):
    for step, least, most in ((45, 0.05, 0.5), (30, 1e-3, 0.2), (5, 0, 1e-4)):
        x = np.arange(-180.0, 180, step)
        record = read_record(
            write(tmp_path, HEAD + lines(x, np.cos(3 * np.radians(x)))), "dihedral"
        )
        assert least <= record.coarseness(-180, 180) <= most
        grid = np.linspace(-180, 180, 500)
        error = np.abs(record.energies(grid) - np.cos(3 * np.radians(grid))).max()
        assert error <= max(3 * record.coarseness(-180, 180), 1e-5)


def test_a_gradient_that_is_none_of_the_energies_is_known(tmp_path):
    for factor, consistent in ((1, True), (0.53, False), (-1, False)):
        text = "coordinate,energy,gradient\n" + "".join(
            f"{x},{(x - 1.5) ** 2},{factor * 2 * (x - 1.5)}\n" for x in X
        )
        assert read_record(write(tmp_path, text), "bond").is_consistent == consistent
