"""Questions to the provenance graph of a study."""

from dataclasses import dataclass


@dataclass(frozen=True)
class QmBatch:
    """The points that one QM job computed.

    Attributes:
        pk: of the node that holds the points.
        statuses: ``"ok"`` or the reason for the failure, one for each point that was tried.
        cached: whether the cache supplied them.
    """

    pk: int
    statuses: tuple[str, ...]
    cached: bool


def descendants(pk: int) -> list[int]:
    """PKs of all processes that a process called, directly or through others."""
    from aiida.orm import ProcessNode, QueryBuilder

    found: list[int] = []
    level = [pk]
    while level:
        query = QueryBuilder().append(ProcessNode, filters={"id": {"in": level}}, tag="caller")
        query.append(ProcessNode, with_incoming="caller", project="id")
        level = query.all(flat=True)
        found += level
    return found


def qm_batches(processes: list[int]) -> list[QmBatch]:
    """The points that the QM jobs among these processes which ended by themselves created."""
    from aiida.orm import CalcJobNode, QueryBuilder

    from aiida_forcefield.data import PointsData
    from aiida_forcefield.scans import MISSING

    if not processes:
        return []
    query = QueryBuilder()
    query.append(
        CalcJobNode,
        filters={
            "id": {"in": processes},
            "process_type": "aiida.calculations:forcefield.qm",
            "attributes.process_state": "finished",  # not one that was given up
        },
        project="extras._aiida_cached_from",
        tag="job",
    )
    query.append(PointsData, with_incoming="job", project=["id", "attributes.statuses"])
    return [
        QmBatch(pk, tuple(s for s in statuses if s != MISSING), source is not None)
        for source, pk, statuses in query.all()
    ]
