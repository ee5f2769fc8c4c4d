"""What a study hardly means is asked about; what is meant is not."""

from pathlib import Path

import pytest

from aiida_forcefield.study.file import load_study
from aiida_forcefield.study.questions import notes, questions


def asked(folder: Path, smiles: str, state: str) -> list[str]:
    """Questions about the density of a molecule, without their place in the file."""
    return [
        line.partition(": ")[2] for line in questions(load_study(written(folder, smiles, state)))
    ]


def written(folder: Path, smiles: str, state: str = "") -> Path:
    path = folder / "study.yaml"
    density = f"properties: [{{density: {{{state}}}}}]" if state else ""
    path.write_text(f"material: {{name: it, smiles: '{smiles}'}}\nprotocol: draft\n{density}\n")
    return path


ROOM = "temperature: 298.15, pressure: 1.01325"


@pytest.mark.parametrize(
    ("smiles", "state"),
    [
        ("CO", ROOM),
        ("O=C1OCCO1", ROOM),
        ("N#N", "temperature: 77, pressure: 1.01325"),
        ("CC", "temperature: 95, pressure: 1.01325"),
        ("O=C=O", "temperature: 250, pressure: 60"),
        ("O", "temperature: 400, pressure: 10"),
        ("OC(F)(F)C(F)(F)C(F)(F)OCCF", ROOM),  # that nobody has measured
        ("CO", "temperature: 298.15, pressure: 1000"),
    ],
)
def test_nothing_is_asked_about_a_liquid(tmp_path: Path, smiles: str, state: str) -> None:
    assert asked(tmp_path, smiles, state) == []


@pytest.mark.parametrize(
    ("smiles", "boils"),
    [("[Ar]", 87), ("N#N", 77), ("O=C=O", 195), ("C", 112), ("CCC", 231), ("COC", 248)],
)
def test_a_gas_is_no_liquid(tmp_path: Path, smiles: str, boils: int) -> None:
    (said,) = asked(tmp_path, smiles, ROOM)
    assert said.startswith(
        f"properties.0.density.temperature: it boils at {boils} K and 1.01325 bar"
    )
    assert said.endswith("at 298.15 K it is no liquid")


@pytest.mark.parametrize("smiles", ["N#N", "O=C=O", "OC(F)(F)C(F)(F)C(F)(F)OCCF"])
def test_what_is_frozen_or_unknown_at_25_kelvin(tmp_path: Path, smiles: str) -> None:
    (said,) = asked(tmp_path, smiles, "temperature: 25, pressure: 1.01325")
    assert "at 25 K it is no liquid" in said


@pytest.mark.parametrize(("celsius", "kelvin"), [(25, "298.15"), (80, "353.15"), (20.5, "293.65")])
def test_degrees_celsius(tmp_path: Path, celsius: float, kelvin: str) -> None:
    (said,) = asked(tmp_path, "CO", f"temperature: {celsius}, pressure: 1.01325")
    assert f"temperatures are in K: {celsius:g} °C are {kelvin} K" in said


@pytest.mark.parametrize(("pressure", "unit"), [(101325, "Pa"), (101.325, "kPa"), (760, "mmHg")])
def test_an_atmosphere_in_other_units(tmp_path: Path, pressure: float, unit: str) -> None:
    (said,) = asked(tmp_path, "CO", f"temperature: 298.15, pressure: {pressure}")
    assert f"pressures are in bar: {pressure:g} {unit} are about 1.01325 bar" in said


@pytest.mark.parametrize(
    ("smiles", "ions"),
    [
        ("[Li]F", "[F-], [Li+]"),
        ("[Li]OC(=O)OCCOC(=O)O[Li]", "O=C([O-])OCCOC(=O)[O-], [Li+], [Li+]"),
        ("[Na]OC", "C[O-], [Na+]"),
        ("C[Mg]Br", "[Br-], [CH3-], [Mg+2]"),
    ],
)
def test_salts_as_molecules(tmp_path: Path, smiles: str, ions: str) -> None:
    (said,) = questions(load_study(written(tmp_path, smiles)))
    assert "material.smiles: it has bonds to a metal" in said
    assert all(ion in said for ion in ions.split(", "))


def test_what_is_worth_knowing_is_no_question(tmp_path: Path) -> None:
    file = load_study(written(tmp_path, "[CH3:1][OH:2]", ROOM))
    (note,) = notes(file)
    assert note.endswith("material.smiles: the numbers of its atom map have no effect")
    assert list(questions(file)) == []
    (note,) = notes(load_study(written(tmp_path, "O=C1OCCO1", ROOM)))
    assert "it melts at 31" in note
