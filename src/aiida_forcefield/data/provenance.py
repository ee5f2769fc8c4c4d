"""From a force field back to the points behind it, and from a point to what was made of it.

AiiDA's own way of asking, ``with_descendants`` and ``with_ancestors``, follows every path of links
by itself, and each round of a study multiplies their number. Here each node is visited once.
"""

from typing import TypeVar

from aiida.common.links import LinkType
from aiida.orm import Node, QueryBuilder
from aiida.tools.graph.graph_traversers import traverse_graph

AnyNode = TypeVar("AnyNode", bound=Node)
MADE = (LinkType.CREATE, LinkType.INPUT_CALC)
"""Links along which data is made, from inputs through calculations to outputs."""


def nodes_behind(node: Node, kind: type[AnyNode]) -> list[AnyNode]:
    """All nodes of a kind (points, jobs, ...) that a node was made from, oldest first."""
    return _of_kind(traverse_graph([_pk(node)], links_backward=MADE)["nodes"], node, kind)


def nodes_made_of(node: Node, kind: type[AnyNode]) -> list[AnyNode]:
    """All nodes of a kind (force fields, densities, ...) that a node had part in, oldest first."""
    return _of_kind(traverse_graph([_pk(node)], links_forward=MADE)["nodes"], node, kind)


def _pk(node: Node) -> int:
    if node.pk is None:
        raise ValueError(f"{node} is not stored")
    return node.pk


def _of_kind(pks: set[int], start: Node, kind: type[AnyNode]) -> list[AnyNode]:
    filters = {"id": {"in": list(pks), "!==": start.pk}}
    query = QueryBuilder().append(kind, filters=filters, tag="node")
    found: list[AnyNode] = query.order_by({"node": "id"}).all(flat=True)
    return found
