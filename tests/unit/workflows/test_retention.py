"""What is left of work directories when a study ended well."""

from collections.abc import Callable
from pathlib import Path

import pytest
from aiida.common.links import LinkType
from aiida.orm import CalcJobNode, InstalledCode, RemoteData, WorkChainNode

from aiida_forcefield.workflows.retention import clean_work_directories

Job = Callable[..., Path]


@pytest.fixture
def study() -> WorkChainNode:
    return WorkChainNode().store()


@pytest.fixture
def job(study: WorkChainNode, codes: dict[str, InstalledCode], tmp_path: Path) -> Job:
    """A job of the study that ended with an exit status; its work directory."""

    def make(label: str, exit_status: int = 0, from_cache: bool = False) -> Path:
        folder = tmp_path / label
        folder.mkdir()
        (folder / "results.jsonl").write_text("{}")
        node = CalcJobNode(computer=codes["qm"].computer)
        node.base.links.add_incoming(study, LinkType.CALL_CALC, label)
        node.store()
        remote = RemoteData(computer=codes["qm"].computer, remote_path=str(folder))
        remote.base.links.add_incoming(node, LinkType.CREATE, "remote_folder")
        remote.store()
        node.set_process_state("finished")
        node.set_exit_status(exit_status)
        if from_cache:
            node.base.extras.set(node.base.caching.CACHED_FROM_KEY, "of another study")
        return folder

    return make


def test_work_directories_of_failed_and_cached_jobs_stay(study: WorkChainNode, job: Job) -> None:
    good, failed, cached = job("good"), job("failed", 411), job("cached", from_cache=True)
    assert clean_work_directories(study) == "cleaned 1 work directories"
    assert [folder.exists() for folder in (good, failed, cached)] == [False, True, True]
    # As by a worker that was killed and repeats the step.
    assert clean_work_directories(study) == "cleaned 0 work directories"


def test_a_study_without_jobs_leaves_those_of_others_alone(study: WorkChainNode, job: Job) -> None:
    folder = job("good")
    assert clean_work_directories(WorkChainNode().store()) == "cleaned 0 work directories"
    assert folder.exists()


def test_a_machine_that_does_not_answer_keeps_its_folders(
    study: WorkChainNode, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("connection refused")

    folder = job("good")
    monkeypatch.setattr("aiida.transports.plugins.local.LocalTransport.open", refuse)
    assert "could not be cleaned: connection refused" in clean_work_directories(study)
    assert folder.exists()
