"""Run by `verdi run`: what stands behind each result of a study, as JSON.

behind.py PK
"""

import json
import sys
from typing import Any

from aiida.orm import CalcJobNode, Data, Dict, Node, ProcessNode, QueryBuilder, load_node

from aiida_forcefield.data import PointsData, SystemData
from aiida_forcefield.data.outputs import outputs_of
from aiida_forcefield.data.provenance import nodes_behind
from aiida_forcefield.study.graph import descendants

QM = "aiida.calculations:forcefield.qm"


def jobs_of(study: ProcessNode) -> list[CalcJobNode]:
    """QM jobs that ended, not those that a killed worker left."""
    filters = {"id": {"in": descendants(study.pk)}, "process_type": QM}
    filters["attributes.process_state"] = "finished"
    query = QueryBuilder().append(CalcJobNode, filters=filters)
    return query.all(flat=True)


def behind(result: Node, study: ProcessNode) -> dict[str, Any]:
    """PKs of QM jobs and inputs behind a result, and the clusters that QM was done of."""
    system: SystemData = study.outputs.system
    inputs = {node.pk for node in nodes_behind(result, Dict)}
    points = nodes_behind(result, PointsData)
    if isinstance(result, PointsData):
        points.append(result)
    clusters = {
        tuple(sorted(map(system.value.name_of, node.value.cluster.species))) for node in points
    }
    jobs = nodes_behind(result, CalcJobNode)
    simulations = study.inputs.simulations if "simulations" in study.inputs else {}
    settings = [own["settings"].pk for own in simulations.values()]
    return {
        "jobs": sorted(job.pk for job in jobs if job.process_type == QM),
        "clusters": sorted(map(list, clusters)),
        "inputs": sorted(inputs),
        "species": sorted(name for name, node in study.inputs.species.items() if node.pk in inputs),
        "states": sorted(inputs.intersection(settings)),
    }


def orphans(study: ProcessNode) -> list[int]:
    """Data among the study's outputs that no calculation made."""

    def nodes(found: Any) -> list[Node]:
        if isinstance(found, Data):
            return [found]
        return [node for part in found.values() for node in nodes(part)]

    return [node.pk for node in nodes(outputs_of(study)) if node.creator is None]


study = load_node(int(sys.argv[1]))
results = {"force_field": study.outputs.force_field, **outputs_of(study).get("properties", {})}
jobs = jobs_of(study)
points = nodes_behind(study.outputs.force_field, PointsData)
print(
    json.dumps(
        {
            "jobs": sorted(job.pk for job in jobs),
            "results": {label: behind(node, study) for label, node in results.items()},
            "species": sorted(study.inputs.species),
            "mixture": study.inputs.mixture.pk,
            "orphans": orphans(study),
            "scans": sorted({node.value.origin.name for node in points}),
        }
    )
)
