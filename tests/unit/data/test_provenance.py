"""Walking a graph of so many paths that nobody could follow each."""

from collections.abc import Callable

from aiida.common.links import LinkType
from aiida.manage.configuration import Profile
from aiida.orm import CalcFunctionNode, Data, Int

from aiida_forcefield.data import PointsData
from aiida_forcefield.data.provenance import nodes_behind, nodes_made_of
from aiida_forcefield.scans import Points


def made_of(**inputs: Data) -> Int:
    """A number that a calculation made of others."""
    process = CalcFunctionNode()
    for label, node in inputs.items():
        process.base.links.add_incoming(node, LinkType.INPUT_CALC, label)
    process.store()
    result = Int(0)
    result.base.links.add_incoming(process, LinkType.CREATE, "result")
    return result.store()


def test_each_node_is_visited_once(storage: Profile, make_points: Callable[..., Points]) -> None:
    points = PointsData(make_points("ok")).store()
    stranger = PointsData(make_points("ok")).store()
    first = last = made_of(points=points)
    for _ in range(40):  # 2^40 paths
        left, right = made_of(x=last), made_of(x=last)
        last = made_of(left=left, right=right)
    made_of(points=stranger)
    assert [node.pk for node in nodes_behind(last, PointsData)] == [points.pk]
    assert len(nodes_behind(last, CalcFunctionNode)) == 1 + 3 * 40
    assert len(nodes_made_of(points, Int)) == 1 + 3 * 40
    assert nodes_made_of(points, Int)[0].pk == first.pk
    assert nodes_behind(points, PointsData) == []
