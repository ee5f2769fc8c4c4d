"""Studies that never ran, as the engine would keep them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from aiida.common.links import LinkType
from aiida.orm import CalcJobNode, Data, Dict, ProcessNode, Str, WorkChainNode

from aiida_forcefield.data import BoxData, ForceFieldData, PointsData, SpeciesData, SystemData
from aiida_forcefield.potentials import DataError, Diagnostics, FixedCharges, Flag, ForceField, Term
from aiida_forcefield.scans import Cluster, Coordinate, Origin, Points
from aiida_forcefield.study.aiida_profile import STUDY
from aiida_forcefield.study.file import StudyFile
from aiida_forcefield.study.launched import fingerprint
from aiida_forcefield.topology import Box, System, from_smiles
from aiida_forcefield.units import KCAL_PER_MOL

DENSITY = {
    "property": "density",
    "value": 0.80,
    "standard_error": 0.004,
    "halves_agree": True,
    "seeds_agree": True,
    "production": [30.0, 30.0],
    "changes": {},
    "pair_pressure": 0.03,
    "uncertainty": 0.0303,
    "three_body_pressure": 312.4,
    "unit": "g/cm3",
    "temperature": 298.15,
    "pressure": 1.01325,
}
HEAT = {
    "property": "heat_of_vaporization",
    "value": 37.4,
    "standard_error": 0.25,
    "halves_agree": True,
    "seeds_agree": True,
    "production": [30.0, 30.0],
    "three_body_energy": 0.5,
    "unit": "kJ/mol",
    "temperature": 298.15,
    "pressure": 1.01325,
}
PRESSURE = {
    "bias": -120.0,
    "error": 400.0,
    "level": 0.0,
    "target": 250.0,
    "pairs": 40,
    "wanted": 63,
}
XTB = {"engine": "tblite", "tblite": {"method": "GFN2-xTB"}}
MEASURED = {"density": {"value": 0.7863, "unit": "g/cm3", "source": "a handbook"}}
HYDROGEN = System.pure("hydrogen", from_smiles("[H][H]"))
H2 = HYDROGEN.species[0]
STRETCH = Origin("scan", Coordinate("bond", ("H1", "H1"), (0, 1)))
TWO = ("hydrogen", "hydrogen")
PAIRS = Origin("scan", Coordinate("pair", ("H1", "H1"), (0, 0)))


def interaction(fitted: float, prior: float, origin: Origin | None = None) -> DataError:
    """Errors of dimers, in kcal/mol."""
    here = (fitted * KCAL_PER_MOL, prior * KCAL_PER_MOL)
    return DataError("interaction", "eV", 9, *here, None, TWO if origin else (), origin)


def diagnostics(*errors: DataError) -> Diagnostics:
    """Those of a good fit with these errors."""
    return Diagnostics(errors, (), (), (), 1.0, 1.0, 0, True, 0.0)


FOUND = diagnostics(interaction(0.25, 0.5), interaction(0.35, 0.75, PAIRS))


def points(statuses: tuple[str, ...], cpu_seconds: float) -> PointsData:
    count = len(statuses)
    return PointsData(
        Points(
            origin=STRETCH,
            cluster=Cluster.of(H2),
            positions=np.zeros((count, 2, 3)),
            requested=np.ones(count),
            energies=np.zeros(count),
            gradients=np.zeros((count, 2, 3)),
            slopes=np.zeros(count),
            statuses=statuses,
            messages=("",) * count,
            cpu_seconds=np.full(count, cpu_seconds),
            versions={},
        )
    )


def force_field() -> ForceFieldData:
    types = ("hydrogen:H1", "hydrogen:H1")
    bond = Term(
        kind="bond",
        types=types,
        form="morse",
        parameters={"D": 4.7, "alpha": 1.9, "r0": 0.74},
        standard_errors={"D": 0.1, "alpha": 0.05, "r0": 0.001},
        flags=(Flag("D", "upper_bound"), Flag("alpha", "prior_only")),
    )
    charges = FixedCharges({"hydrogen:H1": 0.0}, {"hydrogen:H1": 0.0})
    return ForceFieldData(ForceField(HYDROGEN.atom_types, (bond,), charges, np.eye(3), FOUND))


def pretend(
    file: StudyFile, state: str = "waiting", exit_status: int | None = None
) -> WorkChainNode:
    """A study as the engine keeps it."""
    node = WorkChainNode(process_type=STUDY)
    node.label, node.description = file.title, fingerprint(file)
    node.store()
    node.set_process_state(state)
    if exit_status is not None:
        node.set_exit_status(exit_status)
    return node


def called(caller: ProcessNode, kind: str, label: str, **inputs: Data) -> WorkChainNode:
    """A chain of one of the kinds ``forcefield.KIND``, called by another."""
    node = WorkChainNode(process_type=f"aiida.workflows:forcefield.{kind}")
    for name, data in inputs.items():
        node.base.links.add_incoming(data.store(), LinkType.INPUT_WORK, name)
    node.base.links.add_incoming(caller, LinkType.CALL_WORK, label)
    return node.store()


def returned(node: ProcessNode, **outputs: Data) -> None:
    """Have a chain hand out some nodes, by their names with ``__`` for dots."""
    for label, data in outputs.items():
        data.store().base.links.add_incoming(node, LinkType.RETURN, label)


def begin_study(title: str, species: Mapping[str, str], **more: Data) -> WorkChainNode:
    """A study with its inputs, of molecules of these SMILES by their names."""
    node = WorkChainNode(process_type=STUDY)
    inputs: dict[str, Data] = {
        "title": Str(title),
        "protocol": Str("draft"),
        "fit__sampling": Dict({"target_error": 0.013}),
        **{f"species__{name}": Dict({"smiles": smiles}) for name, smiles in species.items()},
        **{
            f"fit__parameters__{part}": Dict(XTB)
            for part in ("reference", "molecule", "dimers", "polarizability")
        },
        **more,
    }
    for label, data in inputs.items():
        node.base.links.add_incoming(data.store(), LinkType.INPUT_WORK, label)
    return node.store()


def perceived(node: WorkChainNode, system: System) -> None:
    """Have a study hand out its species and their system."""
    species = {f"species__{name}": SpeciesData(each) for name, each in system}
    returned(node, system=SystemData(system), **species)


def simulated(study: WorkChainNode, label: str, state: dict[str, Any], box: Box) -> WorkChainNode:
    """A simulation of a study that has packed its box."""
    chain = called(study, "simulation", label, simulation=Dict(state))
    returned(chain, box=BoxData(box))
    return chain


def job(caller: ProcessNode, kind: str, label: str, **inputs: Data) -> CalcJobNode:
    """A job of one of the kinds ``forcefield.KIND`` and the chain around it."""
    chain = called(caller, kind, label)
    node = CalcJobNode(process_type=f"aiida.calculations:forcefield.{kind}")
    for name, data in inputs.items():
        node.base.links.add_incoming(data.store(), LinkType.INPUT_CALC, name)
    node.base.links.add_incoming(chain, LinkType.CALL_CALC, "iteration_01")
    return node.store()
