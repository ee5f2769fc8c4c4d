"""What goes into a fit and comes out of it, and how it may fail."""

from typing import Any

from aiida.engine.processes.workchains.workchain import WorkChainSpec
from aiida.orm import AbstractCode, ArrayData, Dict, Int, List, Str

from aiida_forcefield.calculations.options import ONE_CORE
from aiida_forcefield.data import (
    ForceFieldData,
    FramesData,
    PointsData,
    SpeciesData,
    SystemData,
)
from aiida_forcefield.workflows.protocols.check import (
    DISPENSABLE,
    ELECTROSTATICS,
    QM_SECTIONS,
)
from aiida_forcefield.workflows.qm import expose_qm, validate_parameters
from aiida_forcefield.workflows.simulation import FOUND_BY_CHAIN, SimulationWorkChain


def define_ports(spec: WorkChainSpec) -> None:
    """Inputs, outputs and exit codes of `forcefield.fit`."""
    spec.input("system", valid_type=SystemData)
    spec.input_namespace(
        "species", dynamic=True, valid_type=SpeciesData, help="Those of the system, by name."
    )
    spec.input_namespace("qm", help="Where and how QM runs.")
    expose_qm(spec, exclude=["structures", "parameters"])
    spec.input("fit_code", valid_type=AbstractCode, help="An interpreter with this package.")
    spec.input(
        "fit_options",
        valid_type=dict,
        default=lambda: {"resources": ONE_CORE},
        non_db=True,
        help="Of the jobs that run on it.",
    )
    for part in QM_SECTIONS:
        spec.input(
            f"parameters.{part}",
            valid_type=Dict,
            required=part not in DISPENSABLE,
            validator=validate_parameters,
            help=f"QM of the {part}.",
        )
    for part in ("molecule", "pairs"):
        spec.input(f"learning.{part}", valid_type=Dict, help=f"Stopping of {part} scans.")
    spec.input(
        "electrostatics",
        valid_type=Str,
        validator=_check_electrostatics,
        help="`fixed` charges, or `polarizable`.",
    )
    spec.input("sampling", valid_type=Dict, help="How many dimers of which kind.")
    spec.input(
        "variations",
        valid_type=List,
        required=False,
        help="Choices that are made otherwise in fits of their own.",
    )
    spec.expose_inputs(
        SimulationWorkChain,
        namespace="liquid",
        exclude=FOUND_BY_CHAIN,
        namespace_options={
            "required": False,
            "populate_defaults": False,
            "help": "The liquid from which dimers are taken; without it there are no rounds.",
        },
    )
    spec.input("fit", valid_type=Dict, help="Settings of the fit that differ from its own.")
    spec.input(
        "points_of",
        valid_type=ForceFieldData,
        required=False,
        help="A force field of the system: what it was fitted to is fitted once more, without any "
        "QM.",
    )
    spec.input("max_concurrent", valid_type=Int, help="Scans and jobs at a time.")
    spec.output("force_field", valid_type=ForceFieldData)
    spec.output("forms", valid_type=Dict, help="Which forms were chosen.")
    by_name = {"dynamic": True, "required": False}
    spec.output_namespace(
        "electrostatics", valid_type=Dict, help="Of each species, by name.", **by_name
    )
    spec.output_namespace(
        "references", valid_type=PointsData, help="Each species at rest, by name.", **by_name
    )
    spec.output_namespace(
        "monomers",
        valid_type=ArrayData,
        help="Hessian, electrostatic potential and dispersion of each at rest, by name.",
        **by_name,
    )
    spec.output_namespace(
        "polarizability",
        valid_type=ArrayData,
        help="Of each at rest, (1, 3, 3) in Å3, by name; none with fixed charges.",
        **by_name,
    )
    spec.output("qm_count", valid_type=Dict, help="QM points, failed ones, CPU-seconds.")
    spec.output_namespace(
        "validation",
        valid_type=Dict,
        help="Errors of each round on points of the liquid before they were fitted to.",
        **by_name,
    )
    spec.output(
        "pressure",
        valid_type=Dict,
        required=False,
        help="How well the pressure of pairs is known; none without pairs of a liquid.",
    )
    spec.output_namespace(
        "variations",
        valid_type=ForceFieldData,
        help="Force fields of fits that made another choice.",
        **by_name,
    )
    spec.output(
        "frames", valid_type=FramesData, required=False, help="Of the last preliminary liquid."
    )
    spec.exit_code(
        220, "ERROR_POINTS_OF", message="The points of that study cannot be fitted again: {reason}"
    )
    spec.exit_code(
        320, "ERROR_REFERENCE", message="The reference geometry of {name} failed: {reason}"
    )
    spec.exit_code(
        323,
        "ERROR_POLARIZABILITY",
        message="The polarizability of {name} failed: {reason}",
    )
    spec.exit_code(
        321,
        "ERROR_NO_DIMERS",
        message="No interaction energy could be computed; see the messages of the dimers.",
    )
    spec.exit_code(
        322,
        "ERROR_LIQUID",
        message="The preliminary liquid could not be simulated: {reason}",
    )
    spec.exit_code(324, "ERROR_FIT", message="The fit to the points failed: {reason}")


def _check_electrostatics(node: Str, _: Any) -> str | None:
    allowed = " and ".join(ELECTROSTATICS)
    return None if node.value in ELECTROSTATICS else f"{node.value!r}; allowed: {allowed}"
