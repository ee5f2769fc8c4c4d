"""A step that is repeated after a crash submits nothing a second time."""

from collections.abc import Callable
from typing import Any

import pytest
from aiida.common.links import LinkType
from aiida.orm import CalcJobNode, WorkChainNode

from aiida_forcefield.calculations.qm import QmCalculation
from aiida_forcefield.workflows.submission import submit_once

pytestmark = pytest.mark.usefixtures("storage")


class Parent:
    """As much of a WorkChain as submitting needs."""

    def __init__(self) -> None:
        self.node = WorkChainNode().store()
        self.submitted: list[str] = []

    def submit(self, _: Any, metadata: dict[str, str]) -> CalcJobNode:
        label = metadata["call_link_label"]
        self.submitted.append(label)
        child = CalcJobNode()
        child.base.links.add_incoming(self.node, LinkType.CALL_CALC, label)
        return child.store()


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
