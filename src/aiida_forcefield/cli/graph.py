"""Questions to the provenance graph of a study."""

from dataclasses import dataclass

QM = "aiida.workflows:forcefield.qm"
"""Process type of a batch of QM points."""
RESTARTING = (QM, "aiida.workflows:forcefield.md", "aiida.workflows:forcefield.packing")
"""Process types that have jobs run again; it is their jobs that count."""


@dataclass(frozen=True)
class QmBatch:
    """The points of one batch.

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
    """The points of the batches among these processes that ended by themselves."""
    from aiida.orm import CalculationNode, QueryBuilder, WorkChainNode

    from aiida_forcefield.data import PointsData
    from aiida_forcefield.scans import MISSING

    if not processes:
        return []
    query = QueryBuilder()
    query.append(
        WorkChainNode,
        filters={
            "id": {"in": processes},
            "process_type": QM,
            "attributes.process_state": "finished",  # not one that was given up
        },
        tag="batch",
    )
    project = ["id", "attributes.statuses"]
    query.append(PointsData, with_incoming="batch", tag="points", project=project)
    query.append(CalculationNode, with_outgoing="points", project="extras._aiida_cached_from")
    return [
        QmBatch(pk, tuple(s for s in statuses if s != MISSING), source is not None)
        for pk, statuses, source in query.all()
    ]
