"""What a user sees of a replayed curve; no profile is loaded."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

Invoke = Callable[..., Result]

R = np.linspace(1.0, 1.6, 41)


@pytest.fixture(autouse=True)
def no_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a replay loads no profile")

    monkeypatch.setattr("aiida.manage.manager.Manager.load_profile", refuse)


def write(path: Path, energy: np.ndarray, slope: np.ndarray | None = None) -> Path:
    rows = np.column_stack([R, energy] if slope is None else [R, energy, slope])
    head = "coordinate,energy" + ("" if slope is None else ",gradient")
    np.savetxt(path, rows, delimiter=",", header=head, comments="")
    return path


@pytest.fixture
def curve(tmp_path: Path) -> Path:
    """A Morse curve in kcal/mol."""
    decay = np.exp(-2 * (R - 1.2))
    return write(tmp_path / "c_o.csv", 100 * (1 - decay) ** 2 - 7e4, 400 * (1 - decay) * decay)


def test_json_has_all_that_a_program_needs(curve: Path, invoke: Invoke) -> None:
    result = invoke(
        *("-p", "no-such-profile", "replay", curve, "--kind", "bond", "--window", 20),
        *("--energy-unit", "kcal/mol", "--tolerance", "1%", "--json"),
    )
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["outcome"] == "converged"
    assert found["calls"] == len(found["points"]) <= 4
    assert found["within_tolerance"] is True
    assert found["true_max_error"] <= found["tolerance"] == pytest.approx(0.2, rel=0.05)
    assert found["predicted_max_error"] <= found["tolerance"]
    assert set(found["points"][0]) == {"coordinate", "energy", "gradient"}
    assert -7e4 <= found["points"][0]["energy"] < -7e4 + 21
    assert found["parameters"]["D"] == pytest.approx(100, rel=0.02)
    assert found["parameters"]["r0"] == pytest.approx(1.2, abs=1e-3)
    assert found["parameters"]["k"] == pytest.approx(400, rel=0.01)
    assert found["units"] == {
        "D": "kcal/mol", "alpha": "1/Å", "r0": "Å", "k": "kcal/mol/Å²",
    }  # fmt: skip
    assert found["standard_errors"].keys() == found["parameters"].keys()


def test_the_unit_changes_the_numbers_and_nothing_else(curve: Path, invoke: Invoke) -> None:
    numbers = np.loadtxt(curve, delimiter=",", skiprows=1) * [1, 4.184, 4.184]
    other = write(curve.with_name("kj.csv"), numbers[:, 1], numbers[:, 2])
    common = ("--kind", "bond", "--json", "--seed", 3)
    a, b = (
        json.loads(invoke("replay", path, "--energy-unit", unit, *common).stdout)
        for path, unit in ((curve, "kcal/mol"), (other, "kJ/mol"))
    )
    assert [p["coordinate"] for p in a["points"]] == [p["coordinate"] for p in b["points"]]
    assert b["parameters"]["D"] == pytest.approx(4.184 * a["parameters"]["D"], rel=1e-6)
    assert b["tolerance"] == pytest.approx(4.184 * a["tolerance"])


def test_people_get_a_table_and_a_sentence(curve: Path, invoke: Invoke) -> None:
    result = invoke(
        *("replay", curve, "--kind", "bond", "--energy-unit", "kcal/mol", "--form", "harmonic"),
        *("--tolerance", "0.5 kcal/mol", "--no-gradient"),
    )
    assert result.exit_code == 0, result.stderr
    assert "gradient / kcal/mol/Å" in result.stdout
    assert "converged after" in result.stdout
    assert "within the tolerance of 0.5 kcal/mol (0.5 kcal/mol)" in result.stdout
    assert "harmonic misses" in result.stdout
    assert "consider morse" in result.stdout


def test_an_honest_failure_is_no_error(tmp_path: Path, invoke: Invoke) -> None:
    rough = write(tmp_path / "rough.csv", np.random.default_rng(0).normal(size=41))
    result = invoke("replay", rough, "--kind", "bond", "--json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert found["outcome"] == "not-learnable"
    assert "noise" in found["reason"] or "jumps" in found["reason"]
    assert found["points"][0]["gradient"] is None
    assert any("too coarse" in note for note in found["notes"])


def test_two_branches_give_null_errors(tmp_path: Path, invoke: Invoke) -> None:
    path = write(tmp_path / "two.csv", (R - 1.3) ** 2)
    path.write_text(path.read_text() + "1.3,0.5\n")
    found = json.loads(invoke("replay", path, "--kind", "bond", "--json").stdout)
    assert (found["outcome"], found["calls"], found["within_tolerance"]) == (
        "not-learnable", 0, False,
    )  # fmt: skip
    assert found["true_max_error"] is None
    assert "not-learnable after 0 calls" in invoke("replay", path, "--kind", "bond").stdout


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_a_picture_is_written(curve: Path, invoke: Invoke, suffix: str) -> None:
    target = curve.with_suffix(f".{suffix}")
    result = invoke("replay", curve, "--kind", "bond", "--plot", target)
    assert result.exit_code == 0, result.stderr
    assert target.stat().st_size > 5000


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--kind", "spring"], "--kind: 'spring'"),
        (["--energy-unit", "Ry"], "--energy-unit: 'Ry'"),
        (["--tolerance", "1"], "--tolerance: '1'"),
        (["--tolerance", "-1%"], "--tolerance: '-1%'"),
        (["--tolerance", "nan%"], "--tolerance: 'nan%'"),
        (["--tolerance", "60%"], "below 50%"),
        (["--tolerance", "1kcal"], "--tolerance: '1kcal'"),
        (["--window", "-2"], "--window: -2"),
        (["--window", "nan"], "--window: nan"),
        (["--window", "1e-6"], "recorded points lie within"),
        (["--form", "spline"], "form: 'spline'; allowed for this kind: morse, harmonic"),
        (["--seed", "-1"], "--seed: -1"),
        (["--plot", "nowhere/a.png"], "--plot: nowhere/a.png"),
        (["--plot", "a.exe"], "must end in .png"),
    ],
)
def test_nonsense_is_refused(
    curve: Path, invoke: Invoke, options: list[str], expected: str
) -> None:
    result = invoke("replay", curve, "--kind", "bond", *options)
    assert result.exit_code == 2
    assert isinstance(result.exception, SystemExit)
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert expected in line


def test_a_bad_file_is_refused_in_one_line(tmp_path: Path, invoke: Invoke) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("coordinate,energy\n1.0,2.0\n1.1,x\n")
    result = invoke("replay", path, "--kind", "bond")
    assert result.exit_code == 2
    assert result.stderr == "Error: bad.csv, line 3: energy is 'x'; must be a finite number\n"


def test_parameters_that_describe_nothing_are_not_told(tmp_path: Path, invoke: Invoke) -> None:
    """A proton between two sites is learned, but is no Morse curve."""
    path = write(tmp_path / "proton.csv", 0.24 * (((R - 1.3) / 0.22) ** 2 - 1) ** 2)
    found = json.loads(invoke("replay", path, "--kind", "bond", "--json").stdout)
    assert found["outcome"] == "converged"
    assert "morse does not describe this curve" in found["reason"]
    assert found["parameters"] == found["standard_errors"] == found["units"] == {}
    assert found["form"] == "morse"
    said = invoke("replay", path, "--kind", "bond").stdout
    assert "alpha" not in said
    assert "no parameters are given" in said


def test_the_table_counts_from_the_lowest_energy(curve: Path, invoke: Invoke) -> None:
    common = ("replay", curve, "--kind", "bond", "--energy-unit", "kcal/mol")
    found = json.loads(invoke(*common, "--json").stdout)
    assert found["zero"] == pytest.approx(-7e4, abs=1e-3)
    first = found["points"][0]
    assert f"{first['energy'] - found['zero']:.5g}" in invoke(*common).stdout


def test_picometres_are_refused_in_one_line(tmp_path: Path, invoke: Invoke) -> None:
    path = tmp_path / "pm.csv"
    path.write_text("coordinate,energy\n" + "".join(f"{85 + 5 * n},{n}\n" for n in range(9)))
    result = invoke("replay", path, "--kind", "bond")
    assert result.exit_code == 2
    expected = "pm.csv, line 2: coordinate 85 is no bond length in Å; must be from 0.3 to 20"
    assert result.stderr == f"Error: {expected}\n"
