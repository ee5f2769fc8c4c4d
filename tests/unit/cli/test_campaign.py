"""Campaigns on the command line: what is launched, waited for and told."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiida.common.links import LinkType
from aiida.manage.configuration import Profile
from aiida.orm import Dict, QueryBuilder, WorkChainNode
from click.testing import Result

from aiida_forcefield.study.aiida_profile import NoDaemonError
from aiida_forcefield.study.errors import InputError
from aiida_forcefield.study.table import load_studies

Invoke = Callable[..., Result]


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
    density.base.links.add_incoming(methanol, LinkType.RETURN, "properties__density")
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
