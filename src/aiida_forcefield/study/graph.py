"""Questions to the provenance graph of a study."""

from collections import Counter
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from aiida.orm import ProcessNode

QM = "aiida.workflows:forcefield.qm"
"""Process type of a batch of QM points."""
RESTARTING = (
    QM,
    *(
        f"aiida.workflows:forcefield.{job}"
        for job in ("md", "openmm", "packing", "fit_job", "many_body")
    ),
)
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


def descendants(pk: int | None) -> list[int]:
    """PKs of all processes that a process called, directly or through others.

    Args:
        pk: of the process; None before it is stored, when it has called none.
    """
    from aiida.orm import ProcessNode, QueryBuilder

    found: list[int] = []
    level = [] if pk is None else [pk]
    while level:
        query = QueryBuilder().append(ProcessNode, filters={"id": {"in": level}}, tag="caller")
        query.append(ProcessNode, with_incoming="caller", project="id")
        level = query.all(flat=True)
        found += level
    return found


def processes_of(study: "ProcessNode") -> list[int]:
    """PKs of all processes that a study called, and of the study whose points it fits, if any."""
    found, fit = descendants(study.pk), study.inputs.fit
    if "points_of" in fit:
        # Its creator is a job of a WorkChain of jobs, which a fit called, and that a study.
        found += processes_of(fit.points_of.creator.caller.caller.caller)
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


def cpu_seconds(pks: list[int]) -> float:
    """CPU time of the points in these nodes, without a look at each node by itself."""
    from aiida.manage import get_manager
    from aiida.orm import QueryBuilder

    from aiida_forcefield.data import PointsData

    if not pks:
        return 0.0
    filters = {"id": {"in": pks}}
    query = QueryBuilder().append(PointsData, filters=filters, project="repository_metadata")
    keys = Counter(files["o"][PointsData.ARRAYS]["k"] for files in query.all(flat=True))
    repository, total = get_manager().get_profile_storage().get_repository(), 0.0
    for key, stream in repository.iter_object_streams(list(keys)):
        with np.load(BytesIO(stream.read()), allow_pickle=False) as arrays:
            total += keys[key] * float(arrays["cpu_seconds"].sum())
    return total
