"""What a study found, collected from the provenance graph."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from aiida_forcefield.runner.parameters import surface_settings
from aiida_forcefield.study.grades import grade
from aiida_forcefield.study.launched import standing
from aiida_forcefield.study.simulated import sizes_of
from aiida_forcefield.study.warnings import study_warnings

if TYPE_CHECKING:
    from aiida.orm import ProcessNode

    from aiida_forcefield.potentials import ForceField
    from aiida_forcefield.potentials.electrostatics import FieldElectrostatics
    from aiida_forcefield.topology import System

Results = dict[str, Any]
Outputs = Mapping[str, Any]  # nodes by name


def collect_results(study: "ProcessNode") -> Results:
    """All results of a study as plain values; what is not there yet is None.

    Args:
        study: the node of a launched `forcefield.material`.
    """
    from aiida_forcefield.data.outputs import outputs_of
    from aiida_forcefield.workflows.protocols.check import QM_SECTIONS

    inputs, outputs = study.inputs, outputs_of(study)
    system = outputs["system"].value if "system" in outputs else None
    results = {
        "title": inputs.title.value,
        "protocol": inputs.protocol.value,
        "status": ": ".join(filter(None, standing(study))),
        "levels": {
            part: level(inputs.fit.parameters[part].get_dict())
            for part in QM_SECTIONS
            if part in inputs.fit.parameters
        },
        "species": _species(system) if system else {},
        "scans": _scans(study, system),
        "qm": _qm(study),
        "dipoles": _dipoles(outputs),
        "force_field": (
            force_field_results(outputs["force_field"].value) if "force_field" in outputs else None
        ),
        "simulations": sizes_of(study, system) if system else {},
        "validation": _validation(outputs),
        "pressure": outputs["pressure"].get_dict() if "pressure" in outputs else None,
        "target_error": inputs.fit.sampling["target_error"],
        "variations": inputs.fit.variations.get_list() if "variations" in inputs.fit else [],
        "many_body": outputs["many_body"].get_dict() if "many_body" in outputs else None,
        "properties": {
            label: node.get_dict() for label, node in sorted(outputs.get("properties", {}).items())
        },
        "reference": inputs.reference.get_dict() if "reference" in inputs else {},
        "process": {"pk": study.pk, "uuid": study.uuid},
    }
    grades = {label: asdict(grade(results, label)) for label in results["properties"]}
    return results | {"grades": grades, "warnings": list(study_warnings(results))}


def deviation(results: Results, label: str) -> float | None:
    """Relative deviation of a predicted property from the measured one; None without one."""
    measured = results["reference"].get(label)
    if not measured:
        return None
    return float(results["properties"][label]["value"] / measured["value"] - 1.0)


def level(parameters: Mapping[str, Any]) -> str:
    """Name of the QM level of some runner parameters: ``energy`` or ``energy // geometry``."""
    energy = _method(parameters)
    relaxation = parameters.get("relaxation")
    if not relaxation:
        return energy
    geometry = _method(surface_settings(dict(parameters)))
    return energy if geometry == energy else f"{energy} // {geometry}"


def _method(parameters: Mapping[str, Any]) -> str:
    from aiida_forcefield.workflows.engines import engine_process

    name: str = engine_process(parameters["engine"]).method(parameters)  # type: ignore[attr-defined]
    return name


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
    """A force field as plain values; each term has the units of its parameters.

    `label` names terms and types for people: without their species, where there is but one.
    """
    from aiida_forcefield.fitting import fit_warnings
    from aiida_forcefield.potentials.forms import FORMS
    from aiida_forcefield.serial import dismantle

    species = list(dict.fromkeys(each.species for each in field.atom_types))
    several = len(species) > 1
    labels = {each.name: each.name if several else each.label for each in field.atom_types}
    gas, liquid = (field.electrostatics.charges(state) for state in ("gas", "liquid"))
    return {
        "species": species,
        "terms": [
            {
                "name": term.name,
                "label": "-".join(labels[each] for each in term.types),
                **dismantle(term)[0],
                "units": {each.name: each.unit for each in FORMS[term.form].parameters},
            }
            for term in field.terms
        ],
        "charges": [
            {"type": name, "label": label, "liquid": liquid[name], "gas": gas[name]}
            for name, label in labels.items()
        ],
        "polarization": _polarization(field.electrostatics, labels),
        "diagnostics": dismantle(field.diagnostics)[0] if field.diagnostics else None,
        "warnings": list(fit_warnings(field)),
    }


def _polarization(
    electrostatics: "FieldElectrostatics", labels: Mapping[str, str]
) -> Results | None:
    """Polarizabilities (Å³) and bond dipoles (e) by the labels of atom types; None if fixed."""
    from aiida_forcefield.potentials.electrostatics import Polarizable

    if not isinstance(electrostatics, Polarizable):
        return None
    return {
        "damping": electrostatics.damping,
        "polarizabilities": {labels[n]: a for n, a in electrostatics.polarizabilities.items()},
        "bond_dipoles": [
            {"atom": labels[d.atom], "neighbour": labels[d.neighbour], "charge": d.charge}
            for d in electrostatics.dipoles
        ],
    }


def _species(system: "System") -> Results:
    """Of each species its mole fraction, numbers of atoms, atom types, and terms of each kind."""
    total, found = sum(system.amounts), {}
    for (name, species), amount in zip(system, system.amounts, strict=True):
        kinds = [term.kind for term in species.term_types]
        found[name] = {
            "smiles": species.smiles,
            "charge": species.charge,
            "fraction": amount / total,
            "atoms": len(species.symbols),
            "atom_types": len(species.type_names),
            **{kind: kinds.count(kind) for kind in ("bond", "angle", "dihedral", "improper")},
        }
    return found


def _validation(outputs: Outputs) -> list[Results]:
    """Errors of each round on points of the liquid before they were fitted to, as `DataError`s."""
    rounds = outputs.get("validation", {})
    return [rounds[name].get_dict() for name in sorted(rounds)]


def _scans(study: "ProcessNode", system: "System | None") -> list[Results]:
    """How each scan that has a profile ended, in two queries for all of them."""
    from aiida.orm import ProcessNode, QueryBuilder

    from aiida_forcefield.data import PointsData, ProfileData, ScanData
    from aiida_forcefield.study.findings import SCAN
    from aiida_forcefield.study.graph import processes_of

    processes = processes_of(study)
    if system is None or not processes:
        return []
    filters = {"id": {"in": processes}, "process_type": SCAN}
    points = QueryBuilder().append(ProcessNode, filters=filters, project="id", tag="scan")
    points.append(PointsData, with_incoming="scan", project="attributes.statuses")
    counts: Counter[int] = Counter()
    for pk, statuses in points.all():
        counts[pk] += len(statuses)
    ended = QueryBuilder().append(ProcessNode, filters=filters, project="id", tag="scan")
    plan = ["label", "attributes.coordinate.kind", "attributes.species"]
    ended.append(ScanData, with_outgoing="scan", edge_filters={"label": "scan"}, project=plan)
    learned = [f"attributes.surrogate.{name}" for name in ("status", "flaw", "error_estimate")]
    ended.append(ProfileData, with_incoming="scan", project=learned)
    return [
        {
            "name": name,
            "kind": kind,
            "species": [system.name_of(key) for key in species],
            "points": counts[pk],
            "status": status,
            "flaw": flaw,
            "error_estimate": error,
            "pk": pk,
        }
        for pk, name, kind, species, status, flaw, error in ended.order_by({"scan": "id"}).all()
    ]


def _dipoles(outputs: Outputs) -> Results:
    """Of each species dipole (D) of the charges and of the QM density, in vacuum and, of fixed
    charges, in the solvent model, and the relative error of the charges' electrostatic potential.
    """
    found = {name: node.get_dict() for name, node in outputs.get("electrostatics", {}).items()}
    return {
        name: {
            phase: {
                "charges": charges["dipole"][phase],
                "qm": charges["qm_dipole"][phase],
                "potential_error": charges["potential_error"][phase],
            }
            for phase in charges["dipole"]
        }
        for name, charges in found.items()
    }
