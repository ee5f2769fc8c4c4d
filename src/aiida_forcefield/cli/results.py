"""What a study found, collected from the provenance graph."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiida.orm import ProcessNode

Results = dict[str, Any]


def collect_results(study: "ProcessNode") -> Results:
    """All results of a study as plain values; what is not there yet is None.

    Args:
        study: the node of a launched `forcefield.material`.
    """
    inputs = study.inputs
    return {
        "material": inputs.material.get_dict(),
        "protocol": inputs.protocol.value,
        "status": _status(study),
        "qm": _qm(study),
        "force_field": _force_field(study),
        "properties": {"density": _density(study)},
        "reference": inputs.reference.get_dict() if "reference" in inputs else None,
        "process": {"pk": study.pk, "uuid": study.uuid},
    }


def deviation(results: Results) -> float | None:
    """Relative deviation of the predicted density from the measured one."""
    predicted = results["properties"]["density"]
    measured = (results["reference"] or {}).get("density")
    if not predicted or not measured:
        return None
    return float(predicted["value"] / measured["value"] - 1.0)


def _status(study: "ProcessNode") -> str:
    """``finished``, ``failed: ...`` or the state of the process."""
    if study.is_finished_ok:
        return "finished"
    if study.is_terminated:
        return f"failed: {study.exit_message or study.exception or study.process_state.value}"
    return study.process_state.value if study.process_state else "created"


def _qm(study: "ProcessNode") -> Results:
    """Counts and cost; the cost is that of the points which this study computed itself."""
    from aiida.orm import load_node

    from aiida_forcefield.cli.graph import descendants, qm_batches

    batches = qm_batches(descendants(study.pk))
    return {
        "points": sum(len(batch.statuses) for batch in batches),
        "failed_points": sum(s != "ok" for batch in batches for s in batch.statuses),
        "cached_points": sum(len(batch.statuses) for batch in batches if batch.cached),
        "cpu_seconds": sum(
            float(load_node(batch.pk).get_array("cpu_seconds").sum())
            for batch in batches
            if not batch.cached
        ),
    }


def _force_field(study: "ProcessNode") -> Results | None:
    if "force_field" not in study.outputs:
        return None
    field = study.outputs.force_field.value
    return {
        "terms": [asdict(term) for term in field.terms],
        "charges": [
            {"type": name, "liquid": charge, "gas": field.gas_charges[name]}
            for name, charge in field.charges.items()
        ],
        "diagnostics": field.diagnostics,
    }


def _density(study: "ProcessNode") -> Results | None:
    return study.outputs.density.get_dict() if "density" in study.outputs else None
