"""Campaigns: what is launched, what is left alone, and what a table of molecules may say."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiida.common.links import LinkType
from aiida.manage.configuration import Profile
from aiida.orm import Dict, QueryBuilder, WorkChainNode
from click.testing import Result

from aiida_forcefield.study.aiida_profile import STUDY, NoDaemonError
from aiida_forcefield.study.campaign import Campaign
from aiida_forcefield.study.errors import InputError
from aiida_forcefield.study.file import StudyError, StudyFile, load_study
from aiida_forcefield.study.launched import fingerprint, latest
from aiida_forcefield.study.table import load_studies

Invoke = Callable[..., Result]

TABLE = """\
name,smiles,temperature
methanol,CO,
ethanol,CCO,300
water,O,310.5
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "molecules.csv"
    path.write_text(TABLE)
    return path


@pytest.fixture
def files(study: Path, table: Path) -> list[StudyFile]:
    return load_studies([study], table, None)


def test_a_study_for_each_row(files: list[StudyFile]) -> None:
    assert [file.study.material.smiles for file in files] == ["CO", "CCO", "O"]
    assert [file.study.properties[0].density.temperature for file in files] == [298.15, 300, 310.5]
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
        ("name,smiles\na,CO\na,CCO\n", "given to several studies: a"),
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


def test_resources_and_measured_values_make_no_other_study(study: Path) -> None:
    before = fingerprint(load_study(study))
    more = "reference: {density: {value: 1.0, unit: g/cm3, source: x}}\n"
    text = study.read_text()
    study.write_text(text + more + "resources: {qm: {walltime: '01:00:00'}}\n")
    assert fingerprint(load_study(study)) == before
    study.write_text(text + "overrides: {density: {seeds: [7]}}\n")
    assert fingerprint(load_study(study)) != before


def test_file_of_a_material_is_part_of_the_study(study: Path) -> None:
    material = "{name: h, file: h.xyz, charge: 0, multiplicity: 1}"
    study.write_text(study.read_text().replace("{name: methanol, smiles: CO}", material))
    prints = set()
    for length in (0.74, 0.75):
        (study.parent / "h.xyz").write_text(f"2\n\nH 0 0 0\nH 0 0 {length}\n")
        prints.add(fingerprint(load_study(study)))
    assert len(prints) == 2


def pretend(
    file: StudyFile, state: str = "waiting", exit_status: int | None = None
) -> WorkChainNode:
    """A study as the engine keeps it."""
    node = WorkChainNode(process_type=STUDY)
    node.label, node.description = file.study.material.name, fingerprint(file)
    node.store()
    node.set_process_state(state)
    if exit_status is not None:
        node.set_exit_status(exit_status)
    return node


@pytest.fixture
def launched(profile: Profile, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the studies that were submitted, of which none runs for real."""
    names: list[str] = []

    def submit(_: str, file: StudyFile, known: object = None) -> WorkChainNode:
        names.append(file.study.material.name)
        return pretend(file)

    monkeypatch.setattr("aiida_forcefield.study.submission.submit_study", submit)
    monkeypatch.setattr("aiida_forcefield.study.submission.find_codes", lambda *_: {})
    monkeypatch.setattr("aiida_forcefield.study.submission.capacity", lambda *_: 2)
    return names


def test_no_more_than_may_run(
    profile: Profile, files: list[StudyFile], launched: list[str]
) -> None:
    campaign = Campaign(profile.name, "molecules", files, None)
    assert len(list(campaign.top_up())) == 2
    assert list(campaign.top_up()) == []
    assert campaign.standing() == {"running": 2, "waiting": 1}
    first = latest(fingerprint(files[0]))
    assert first is not None
    first.set_process_state("finished")
    first.set_exit_status(0)
    assert len(list(campaign.top_up())) == 1
    assert launched == ["methanol", "ethanol", "water"]
    assert campaign.standing() == {"running": 2, "finished": 1}


def test_launched_again_it_takes_up_what_is_missing(
    profile: Profile, files: list[StudyFile], launched: list[str]
) -> None:
    pretend(files[0], "finished", 0)
    pretend(files[1], "finished", 330)
    pretend(files[2], "finished", 430)  # imprecise, but a result
    campaign = Campaign(profile.name, "molecules", files, None)
    assert campaign.standing() == {"finished": 2, "waiting": 1}
    list(campaign.top_up())
    assert launched == ["ethanol"]


def test_what_fails_is_launched_once_only(
    profile: Profile, files: list[StudyFile], launched: list[str]
) -> None:
    campaign = Campaign(profile.name, "molecules", files[:1], None)
    list(campaign.top_up())
    node = latest(fingerprint(files[0]))
    assert node is not None
    node.set_process_state("excepted")
    assert list(campaign.top_up()) == []
    assert campaign.standing() == {"failed": 1}
    assert launched == ["methanol"]


def test_same_study_that_runs_is_not_launched_again(
    profile: Profile, launched: list[str], invoke: Invoke, study: Path
) -> None:
    first = invoke("-p", profile.name, "launch", study)
    second = invoke("-p", profile.name, "launch", study)
    assert "submitted" in first.stdout
    assert "is the same and has not ended" in second.stdout
    assert launched == ["methanol"]


def test_status_of_a_campaign(
    profile: Profile, launched: list[str], invoke: Invoke, study: Path, table: Path
) -> None:
    result = invoke("-p", profile.name, "launch", study, "--table", table)
    assert "campaign molecules: 2 running, 1 waiting" in result.stdout
    result = invoke("-p", profile.name, "status", "molecules")
    assert [line.split()[1] for line in result.stdout.splitlines()] == ["ethanol", "methanol"]
    methanol = QueryBuilder().append(WorkChainNode, filters={"label": "methanol"}).one()[0]
    found = {"value": 0.7699, "uncertainty": 0.0806, "standard_error": 0.0039, "unit": "g/cm3"}
    density = Dict(found).store()
    density.base.links.add_incoming(methanol, LinkType.RETURN, "density")
    methanol.set_process_state("finished")
    methanol.set_exit_status(430)
    methanol.set_exit_message("less precise than asked for")
    _, line = invoke("-p", profile.name, "status", "molecules").stdout.splitlines()
    assert line.endswith("density 0.770 ± 0.081 g/cm3; less precise than asked for")
    result = invoke("-p", profile.name, "status", "others")
    assert result.exit_code == 2
    assert "'others' is neither a PK nor a campaign; known: molecules" in result.stderr


def test_launcher_waits_while_the_daemon_is_down(
    profile: Profile,
    launched: list[str],
    invoke: Invoke,
    study: Path,
    table: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[str] = []

    def sleep(_: float) -> None:  # between two looks, of which the second finds no daemon
        looks.append("look")
        for node in QueryBuilder().append(WorkChainNode).all(flat=True):
            node.set_process_state("finished")
            node.set_exit_status(0)

    def capacity(*_: Any) -> int:
        if len(looks) == 1:
            raise NoDaemonError("the daemon is not running")
        return 2

    monkeypatch.setattr("time.sleep", sleep)
    module = sys.modules["aiida_forcefield.cli.launch"]  # not the command of that name
    monkeypatch.setattr(module, "REPEAT_SECONDS", -1.0)
    monkeypatch.setattr("aiida_forcefield.study.submission.capacity", capacity)
    result = invoke("-p", profile.name, "launch", study, "--table", table, "--wait")
    assert result.exit_code == 0, result.output
    assert "waiting: the daemon is not running" in result.stdout
    assert "campaign molecules: 3 finished" in result.stdout
    assert launched == ["methanol", "ethanol", "water"]


def test_without_a_daemon_nothing_is_begun(
    profile: Profile, invoke: Invoke, study: Path, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def capacity(*_: Any) -> int:
        raise NoDaemonError("the daemon is not running")

    monkeypatch.setattr("aiida_forcefield.study.submission.capacity", capacity)
    result = invoke("-p", profile.name, "launch", study, "--table", table, "--wait")
    assert result.exit_code == 2
    assert "Error: the daemon is not running" in result.stderr


def test_campaign_is_told_from_a_pk(invoke: Invoke, study: Path, table: Path) -> None:
    numbered = table.rename(table.with_name("2024.csv"))
    result = invoke("launch", study, "--table", numbered, "--dry-run")
    assert result.exit_code == 2
    assert "--campaign: '2024' would be taken for a PK; give another name" in result.stderr
    result = invoke("launch", study, "--table", numbered, "--campaign", "of-2024", "--dry-run")
    assert result.exit_code == 0
    result = invoke("launch", study.rename(study.with_name("2024.yaml")), "--dry-run")
    assert result.exit_code == 0


def test_two_studies_need_no_table(study: Path, invoke: Invoke) -> None:
    other = study.with_name("ethanol.yaml")
    other.write_text(study.read_text().replace("methanol, smiles: CO", "ethanol, smiles: CCO"))
    result = invoke("launch", study, other, "--dry-run")
    assert result.exit_code == 0
    assert result.stdout.count("protocol    draft") == 2
    result = invoke("launch", study, study, "--dry-run")
    assert result.exit_code == 2
    with pytest.raises(InputError):
        load_studies([study, other], study, None)
