"""Submitting a child, in steps that a crash may have AiiDA repeat."""

from typing import Any

from aiida.common.links import LinkType
from aiida.engine import Process, WorkChain
from aiida.orm import ProcessNode


def submit_once(parent: WorkChain, process: type[Process], **inputs: Any) -> ProcessNode:
    """Submit a child of a WorkChain, unless it was submitted before under the same label.

    AiiDA saves a WorkChain after each step of its outline. A worker that is killed within one
    repeats all of it, and would submit again the children that it had submitted already.

    Args:
        parent: the WorkChain.
        process: what to run.
        inputs: its inputs; ``metadata.call_link_label`` names this child among all of the parent.
    """
    label = inputs["metadata"]["call_link_label"]
    calls = (LinkType.CALL_CALC, LinkType.CALL_WORK)
    links = parent.node.base.links.get_outgoing(link_type=calls).all()
    for link in links:
        if link.link_label == label:
            return link.node
    return parent.submit(process, **inputs)
