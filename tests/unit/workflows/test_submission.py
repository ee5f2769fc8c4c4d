"""A step that is repeated after a crash submits nothing a second time."""

from collections.abc import Callable
from typing import Any

import pytest
from aiida.common.links import LinkType
from aiida.engine import ProcessState
from aiida.orm import CalcJobNode, WorkChainNode

from aiida_forcefield.calculations.jobs.qm import QmCalculation
from aiida_forcefield.workflows.submission import settle, submit_once

pytestmark = pytest.mark.usefixtures("storage")


class Parent:
    """As much of a WorkChain as submitting needs."""

    def __init__(self) -> None:
        self.node = WorkChainNode().store()
        self.submitted: list[str] = []

    def submit(self, _: Any, metadata: dict[str, str]) -> CalcJobNode:
        self.metadata = metadata
        label = metadata["call_link_label"]
        self.submitted.append(label)
        return self.call(label, ProcessState.WAITING)

    def call(self, label: str, state: ProcessState | None) -> CalcJobNode:
        """A child that got as far as a state; AiiDA stores a node before it sets the first one."""
        child = CalcJobNode()
        child.base.links.add_incoming(self.node, LinkType.CALL_CALC, label)
        child.store()
        if state is not None:
            child.set_process_state(state)
        return child


@pytest.fixture
def submit() -> Callable[[Parent, str], Any]:
    return lambda parent, label: submit_once(
        parent, QmCalculation, metadata={"call_link_label": label}
    )


def test_each_label_is_submitted_once(submit: Callable[[Parent, str], Any]) -> None:
    parent = Parent()
    first = submit(parent, "random_00")
    assert submit(parent, "random_00").pk == first.pk
    assert submit(parent, "random_01").pk != first.pk
    assert submit(Parent(), "random_00").pk != first.pk
    assert parent.submitted == ["random_00", "random_01"]


@pytest.mark.parametrize(
    ("given", "label"), [({}, "random 00"), ({"label": "pairs, round 1"}, "pairs, round 1")]
)
def test_children_have_labels_for_people(given: dict[str, str], label: str) -> None:
    parent = Parent()
    metadata = {"call_link_label": "random_00", **given}
    child = submit_once(parent, QmCalculation, metadata=metadata)  # type: ignore[arg-type]
    assert parent.metadata["label"] == label
    # Also of one from the cache, to which AiiDA gives the label of its source.
    assert child.label == label


def test_labels_are_no_part_of_what_the_cache_looks_for() -> None:
    hashes = set()
    for label in ("", "random 00"):
        job = CalcJobNode(label=label)
        job.set_metadata_inputs({"metadata": {"label": label}})
        hashes.add(job.store().base.caching.compute_hash())
    assert len(hashes) == 1


@pytest.mark.parametrize(
    "state", [None, ProcessState.CREATED, ProcessState.FINISHED], ids=["new", "created", "cached"]
)
def test_child_that_nobody_runs_is_given_up(
    submit: Callable[[Parent, str], Any], state: ProcessState | None
) -> None:
    parent = Parent()
    lost = parent.call("random_00", state)
    lost.set_checkpoint("as AiiDA saves it")
    child = submit(parent, "random_00")
    assert child.pk != lost.pk
    assert lost.is_killed
    assert lost.is_sealed
    assert lost.checkpoint is None
    # The step may be repeated more than once.
    assert submit(parent, "random_00").pk == child.pk
    assert parent.submitted == ["random_00"]


@pytest.mark.parametrize(
    ("state", "sealed"),
    [
        (ProcessState.RUNNING, False),
        (ProcessState.WAITING, False),
        (ProcessState.FINISHED, True),
        (ProcessState.EXCEPTED, True),
        (ProcessState.KILLED, True),
    ],
)
def test_child_that_runs_or_ended_is_kept(
    submit: Callable[[Parent, str], Any], state: ProcessState, sealed: bool
) -> None:
    parent = Parent()
    child = parent.call("random_00", state)
    if sealed:
        child.seal()
    assert submit(parent, "random_00").pk == child.pk
    assert not parent.submitted


def test_child_that_ended_unsealed_is_sealed() -> None:
    child = Parent().call("random_00", ProcessState.FINISHED)
    child.set_checkpoint("as AiiDA saves it")
    assert settle(child).is_sealed
    assert child.checkpoint is None
    assert settle(child).is_sealed
