"""What a table of molecules may say."""

from pathlib import Path

import pytest

from aiida_forcefield.study.file import StudyError, StudyFile
from aiida_forcefield.study.table import load_studies


def test_a_study_for_each_row(files: list[StudyFile]) -> None:
    assert [file.study.material.smiles for file in files] == ["CO", "CCO", "O"]
    temperatures = [file.study.properties[0]["density"]["temperature"] for file in files]
    assert temperatures == [298.15, 300, 310.5]
    assert {file.study.protocol for file in files} == {"draft"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name,colour\na,red\n", ":1: column 'colour' is unknown; allowed: name, smiles"),
        ("smiles\nCO\n", ":1: a table has a column name"),
        ("", ":1: a table has a column name"),
        ("name,smiles\n", "and a row for each molecule"),
        ("name,smiles\na,CO\nb\n", ":3: the row has not as many cells as the first"),
        ("name,smiles\na,CO,3\n", ":2: the row has not as many cells as the first"),
        ("name,smiles,temperature\na,CO,warm\n", ":2: temperature: 'warm' is no number"),
        ("name,smiles,temperature\na,CO,nan\n", ":2: properties.0.density.temperature: nan is not"),
        ("name,smiles\na,CO\na,CCO\n", "'a' is also the name of the study in "),
        ("name,smiles\na/../b,CO\n", ":2: material.name: 'a/../b' is no name"),
        ('name,smiles\n"a,CO\n', "no table in CSV"),
        ('name,smiles\n"a\nb",CO\n', ":3: material.name: 'a\\nb' is no name"),
        ("name,smiles,smiles\na,CO,CCO\n", ":1: column 'smiles' is there twice"),
        ("name,smiles,charge\na,CO,1_0\n", ":2: charge: '1_0' is no number"),
        ("name,smiles,pressure\na,CO,1_0.5\n", ":2: pressure: '1_0.5' is no number"),
    ],
)
def test_bad_table(study: Path, table: Path, text: str, expected: str) -> None:
    table.write_text(text)
    with pytest.raises(StudyError) as caught:
        load_studies([study], table, None)
    assert expected in caught.value.message
    assert "\n" not in caught.value.message


def test_each_bad_row_has_its_line(study: Path, table: Path) -> None:
    table.write_text("name,smiles,charge\na,CO,1\nb,CCO,\nc,,0\n")
    with pytest.raises(StudyError) as caught:
        load_studies([study], table, None)
    lines = caught.value.message.splitlines()
    assert [line.split(":")[1] for line in lines] == ["2", "4"]


def test_a_state_is_that_of_all_properties(study: Path, table: Path) -> None:
    more = "  - heat_of_vaporization: {temperature: 350, pressure: 1.01325}\n"
    study.write_text(study.read_text() + more)
    files = load_studies([study], table, None)
    temperatures = [
        [request["temperature"] for entry in file.study.properties for request in entry.values()]
        for file in files
    ]
    assert temperatures == [[298.15, 350], [300, 300], [310.5, 310.5]]


@pytest.mark.parametrize("properties", ["", "properties: []\n"])
def test_without_properties_there_is_no_state(study: Path, table: Path, properties: str) -> None:
    study.write_text(study.read_text().split("properties")[0] + properties)
    with pytest.raises(StudyError, match="3: temperature: the template has no such place"):
        load_studies([study], table, None)
