"""What a study found, collected from the provenance graph."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from aiida_forcefield.runner.parameters import surface_settings
from aiida_forcefield.study.warnings import study_warnings

if TYPE_CHECKING:
    from aiida.orm import ProcessNode

    from aiida_forcefield.potentials import ForceField

Results = dict[str, Any]
Outputs = Mapping[str, Any]  # nodes by name
DENSITY = "aiida.workflows:forcefield.density"


def collect_results(study: "ProcessNode") -> Results:
    """All results of a study as plain values; what is not there yet is None.

    Args:
        study: the node of a launched `forcefield.material`.
    """
    from aiida_forcefield.data.outputs import outputs_of
    from aiida_forcefield.workflows.protocols.check import QM_SECTIONS

    inputs, outputs = study.inputs, outputs_of(study)
    results = {
        "material": inputs.material.get_dict(),
        "protocol": inputs.protocol.value,
        "status": _status(study),
        "levels": {
            part: level(inputs.fit.parameters[part].get_dict())
            for part in QM_SECTIONS
            if part in inputs.fit.parameters
        },
        "species": _species(outputs),
        "scans": _scans(study),
        "qm": _qm(study),
        "dipoles": _dipoles(outputs),
        "force_field": (
            force_field_results(outputs["force_field"].value) if "force_field" in outputs else None
        ),
        "simulation": _simulation(study) if "density" in outputs else None,
        "calibration": outputs["calibration"].get_dict() if "calibration" in outputs else None,
        "validation": _validation(outputs),
        "pressure": outputs["pressure"].get_dict() if "pressure" in outputs else None,
        "target_error": inputs.fit.sampling["target_error"],
        "variations": _variations(inputs.fit, outputs),
        "many_body": outputs["many_body"].get_dict() if "many_body" in outputs else None,
        "many_body_settled": _many_body_settled(outputs),
        "properties": {"density": outputs["density"].get_dict() if "density" in outputs else None},
        "reference": inputs.reference.get_dict() if "reference" in inputs else None,
        "process": {"pk": study.pk, "uuid": study.uuid},
    }
    return results | {"doubts": list(study_warnings(results))}


def deviation(results: Results) -> float | None:
    """Relative deviation of the predicted density from the measured one."""
    predicted = results["properties"]["density"]
    measured = (results["reference"] or {}).get("density")
    if not predicted or not measured:
        return None
    return float(predicted["value"] / measured["value"] - 1.0)


def level(parameters: Mapping[str, Any]) -> str:
    """Name of the QM level of some runner parameters: ``energy`` or ``energy // geometry``."""
    energy = _method(parameters)
    relaxation = parameters.get("relaxation")
    if not relaxation:
        return energy
    geometry = _method(surface_settings(parameters))
    return energy if geometry == energy else f"{energy} // {geometry}"


def _method(parameters: Mapping[str, Any]) -> str:
    from aiida_forcefield.workflows.engines import engine_process

    name: str = engine_process(parameters["engine"]).method(parameters)  # type: ignore[attr-defined]
    return name


def _status(study: "ProcessNode") -> str:
    """``finished``, with what it lacks, ``failed: ...`` or the state of the process."""
    from aiida_forcefield.study.launched import has_result

    if has_result(study):
        return f"finished: {study.exit_message}" if study.exit_message else "finished"
    state = study.process_state.value if study.process_state else "created"
    if study.is_terminated:
        return f"failed: {study.exit_message or study.exception or state}"
    return state


def _qm(study: "ProcessNode") -> Results:
    """Counts and cost; the cost is that of the points which this study computed itself."""
    from aiida_forcefield.study.graph import cpu_seconds, descendants, processes_of, qm_batches

    batches = qm_batches(processes_of(study))
    mine = {batch.pk for batch in qm_batches(descendants(study.pk)) if not batch.cached}
    counts = Counter(status for batch in batches for status in batch.statuses)
    failures = {status: count for status, count in counts.most_common() if status != "ok"}
    return {
        "points": counts.total(),
        "failed_points": sum(failures.values()),
        "failures": failures,
        "cached_points": sum(len(each.statuses) for each in batches if each.pk not in mine),
        "cpu_seconds": cpu_seconds(sorted(mine)),
    }


def force_field_results(field: "ForceField") -> Results:
    """A force field as plain values; each term has the units of its parameters."""
    from aiida_forcefield.potentials import doubts
    from aiida_forcefield.potentials.forms import FORMS

    return {
        "terms": [
            asdict(term) | {"units": {each.name: each.unit for each in FORMS[term.form].parameters}}
            for term in field.terms
        ],
        "charges": [
            {"type": name, "liquid": charge, "gas": field.gas_charges[name]}
            for name, charge in field.charges.items()
        ],
        "diagnostics": field.diagnostics,
        "doubts": list(doubts(field)),
    }


def _species(outputs: Outputs) -> Results | None:
    """Numbers of atoms, atom types, and term types of each kind."""
    if "species" not in outputs:
        return None
    species = outputs["species"].value
    kinds = [term.kind for term in species.term_types]
    return {
        "atoms": len(species.symbols),
        "atom_types": len(species.type_names),
        **{kind: kinds.count(kind) for kind in ("bond", "angle", "dihedral", "improper")},
    }


def _validation(outputs: Outputs) -> list[Results]:
    """Errors (eV, eV/Å) of each round on points of the liquid before they were fitted to."""
    rounds = outputs.get("validation", {})
    return [rounds[name].get_dict() for name in sorted(rounds)]


def _many_body_settled(outputs: Outputs) -> bool:
    """Whether what pairs do not have was measured in the very liquid whose density was."""
    creator = outputs["many_body"].creator if "many_body" in outputs else None
    return bool(creator and creator.caller and creator.caller.process_type == DENSITY)


def _variations(inputs: Any, outputs: Outputs) -> list[str]:
    """Choices that the study was to vary; how much is corrected only after a calibration."""
    from aiida_forcefield.calculations.fit import COUNTERPOISE

    names = inputs.variations if "variations" in inputs else []
    return [name for name in names if name != COUNTERPOISE or "calibration" in outputs]


def _scans(study: "ProcessNode") -> list[Results]:
    """How each scan that has a surrogate ended, in two queries for all of them."""
    from aiida.orm import Dict, ProcessNode, QueryBuilder

    from aiida_forcefield.data import PointsData, SurrogateData
    from aiida_forcefield.study.findings import SCAN
    from aiida_forcefield.study.graph import processes_of

    if not (processes := processes_of(study)):
        return []
    filters = {"id": {"in": processes}, "process_type": SCAN}
    points = QueryBuilder().append(ProcessNode, filters=filters, project="id", tag="scan")
    points.append(PointsData, with_incoming="scan", project="attributes.statuses")
    counts: Counter[int] = Counter()
    for pk, statuses in points.all():
        counts[pk] += len(statuses)
    ended = QueryBuilder().append(ProcessNode, filters=filters, project="id", tag="scan")
    plan = ["attributes.name", "attributes.kind"]
    ended.append(Dict, with_outgoing="scan", edge_filters={"label": "scan"}, project=plan)
    columns = ["attributes.status", "attributes.flaw", "attributes.error_estimate"]
    ended.append(SurrogateData, with_incoming="scan", project=columns)
    return [
        {
            "name": name,
            "kind": kind,
            "points": counts[pk],
            "status": status,
            "flaw": flaw,
            "error_estimate": error,
            "pk": pk,
        }
        for pk, name, kind, status, flaw, error in ended.order_by({"scan": "id"}).all()
    ]


def _dipoles(outputs: Outputs) -> Results | None:
    """Dipole (D) of the charges and of the QM density, in vacuum and in the solvent model, and the
    relative error of the charges' electrostatic potential.
    """
    if "charges" not in outputs:
        return None
    charges = outputs["charges"].get_dict()
    return {
        phase: {
            "charges": charges["dipole"][phase],
            "qm": charges["qm_dipole"][phase],
            "potential_error": charges["potential_error"][phase],
        }
        for phase in ("gas", "solvated")
    }


def _simulation(study: "ProcessNode") -> Results:
    """How large the simulated liquid was."""
    from aiida_forcefield.study.findings import packed_box

    box = packed_box(study)
    molecules, atoms, _ = box.get_shape("positions") if box else (0, 0, 0)
    return {"molecules": molecules, "atoms": molecules * atoms}
