"""Submitting and collecting children although workers crash."""

from typing import Any

from aiida.common.links import LinkType
from aiida.engine import Process, ProcessState, WorkChain
from aiida.orm import ProcessNode

GIVEN_UP = "given up: its worker was killed while submitting it"
"""Process status of a child that was submitted anew."""


def submit_once(parent: WorkChain, process: type[Process], **inputs: Any) -> ProcessNode:
    """Submit a child of a WorkChain, unless it was submitted before under the same label.

    AiiDA saves a WorkChain after each step of its outline. A worker that is killed within one
    repeats all of it, and would submit again the children that it had submitted already. A child
    that neither runs nor is sealed is given up for a new one: the worker may have been killed
    before it handed the child to the broker, and then nobody would ever run it; or, of a child from
    the cache, before it had copied all outputs.

    Args:
        parent: the WorkChain.
        process: what to run.
        inputs: its inputs; ``metadata.call_link_label`` names this child among all of the parent,
            and, without ``metadata.label``, for people.
    """
    label = inputs["metadata"]["call_link_label"]
    name = inputs["metadata"].setdefault("label", label.replace("_", " "))
    calls = (LinkType.CALL_CALC, LinkType.CALL_WORK)
    links = parent.node.base.links.get_outgoing(link_type=calls, link_label_filter=label).all()
    children = [link.node for link in links if link.link_label == label]  # _ matches any letter
    for child in children:
        assert isinstance(child, ProcessNode)
        if child.process_status == GIVEN_UP:
            continue
        if child.is_sealed or child.process_state in (ProcessState.RUNNING, ProcessState.WAITING):
            return child
        _give_up(child)
    child = parent.submit(process, **inputs)
    if child.label != name:  # that of another study, from the cache
        child.label = name
    return child


def settle(child: ProcessNode) -> ProcessNode:
    """Seal a child that ended, where its worker was killed before it came to that.

    What is not sealed AiiDA neither takes from the cache nor exports.
    """
    if not child.is_sealed:
        child.delete_checkpoint()
        child.seal()
    return child


def _give_up(child: ProcessNode) -> None:
    """End a process that nobody runs; workers pass over the task of one that ended."""
    child.set_process_status(GIVEN_UP)
    child.set_process_state(ProcessState.KILLED)
    settle(child)
