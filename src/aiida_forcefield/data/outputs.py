"""What a process handed out."""

from typing import Any

from aiida.common.links import LinkType
from aiida.orm import ProcessNode


def outputs_of(process: ProcessNode) -> dict[str, Any]:
    """All outputs of a process by name, nested like their namespaces, in one query.

    Each look at an output through ``process.outputs`` makes a query of its own.
    """
    links = (LinkType.CREATE, LinkType.RETURN)
    outputs: dict[str, Any] = process.base.links.get_outgoing(link_type=links).nested()
    return outputs
