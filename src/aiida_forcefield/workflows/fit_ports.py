"""What goes into a fit and comes out of it, and how it may fail."""

from aiida.engine.processes.workchains.workchain import WorkChainSpec
from aiida.orm import ArrayData, Dict, Int, List

from aiida_forcefield.data import ForceFieldData, PointsData, SpeciesData
from aiida_forcefield.workflows.density import FOUND_BY_CHAIN, DensityWorkChain
from aiida_forcefield.workflows.protocols.check import DISPENSABLE, QM_SECTIONS
from aiida_forcefield.workflows.qm import expose_qm, validate_parameters


def define_ports(spec: WorkChainSpec) -> None:
    """Inputs, outputs and exit codes of `forcefield.fit`."""
    spec.input("species", valid_type=SpeciesData)
    spec.input_namespace("qm", help="Where and how QM runs.")
    expose_qm(spec, exclude=["structures", "parameters"])
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
    spec.input("sampling", valid_type=Dict, help="How many dimers of which kind.")
    spec.input(
        "calibration",
        valid_type=Dict,
        required=False,
        help="Basis set and dimers by which the counterpoise correction is measured.",
    )
    spec.input(
        "variations",
        valid_type=List,
        required=False,
        help="Choices that are made otherwise in fits of their own.",
    )
    spec.expose_inputs(
        DensityWorkChain,
        namespace="liquid",
        exclude=FOUND_BY_CHAIN,
        namespace_options={"help": "The liquid from which dimers are taken."},
    )
    spec.input("fit", valid_type=Dict, help="Settings of the fit that differ from its own.")
    spec.input(
        "known",
        valid_type=ForceFieldData,
        required=False,
        help="A force field of the molecule: what it was fitted to is fitted once more, without "
        "any QM.",
    )
    spec.input("max_concurrent", valid_type=Int, help="Scans and jobs at a time.")
    spec.output("force_field", valid_type=ForceFieldData)
    spec.output("charges", valid_type=Dict)
    spec.output("reference", valid_type=PointsData)
    spec.output("properties", valid_type=ArrayData, help="Hessian, potential, dispersion.")
    spec.output("qm_count", valid_type=Dict, help="QM points, failed ones, CPU-seconds.")
    spec.output(
        "calibration",
        valid_type=Dict,
        required=False,
        help="Which share of the counterpoise correction was taken, and why.",
    )
    spec.output_namespace(
        "validation",
        valid_type=Dict,
        dynamic=True,
        help="Errors of each round on points of the liquid before they were fitted to.",
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
        dynamic=True,
        help="Force fields of fits that made another choice.",
    )
    spec.output(
        "polarizability",
        valid_type=ArrayData,
        required=False,
        help="Of the relaxed molecule, (1, 3, 3) in Å3; none without a preliminary liquid.",
    )
    spec.output(
        "frames",
        valid_type=ArrayData,
        required=False,
        help="Of the last preliminary liquid: `positions` (f, M, n, 3) and `box` (f, 3) in Å.",
    )
    spec.exit_code(220, "ERROR_KNOWN", message="What is known cannot be fitted: {reason}")
    spec.exit_code(
        320,
        "ERROR_REFERENCE",
        message="The reference geometry of the molecule failed: {reason}",
    )
    spec.exit_code(
        321,
        "ERROR_NO_DIMERS",
        message="No interaction energy could be computed; see the messages of the dimers.",
    )
    spec.exit_code(
        323,
        "ERROR_CALIBRATION",
        message="The counterpoise correction could not be measured: {reason}",
    )
    spec.exit_code(
        322,
        "ERROR_LIQUID",
        message="The preliminary force field does not make a liquid: {reason}",
    )
    spec.exit_code(
        324,
        "ERROR_FIT",
        message="No force field can be fitted to the points: {reason}",
    )
