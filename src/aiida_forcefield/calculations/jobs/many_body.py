"""CalcJob of what a liquid has beyond pairs."""

from typing import ClassVar

import numpy as np
from aiida.engine import CalcJobProcessSpec
from aiida.orm import ArrayData, Data, Dict

from aiida_forcefield.calculations.jobs.function import FunctionCalculation
from aiida_forcefield.data import ForceFieldData, FramesData, PointsData, SystemData
from aiida_forcefield.dynamics import Response
from aiida_forcefield.jobs.measure_many_body import ManyBodyFound, ManyBodyTask


class ManyBodyCalculation(FunctionCalculation):
    """What a liquid has beyond pairs, and what its simulation has in place of it."""

    JOB: ClassVar[str] = "measure_many_body"
    RESULT: ClassVar[type] = ManyBodyFound
    CACHE_VERSION = 1

    @classmethod
    def define(cls, spec: CalcJobProcessSpec) -> None:  # type: ignore[override]
        """Define inputs and outputs."""
        super().define(spec)
        define_inputs(spec)
        spec.input("force_field", valid_type=ForceFieldData)
        spec.input("system", valid_type=SystemData)
        spec.input_namespace(
            "frames",
            dynamic=True,
            valid_type=FramesData,
            help="Of boxes of the liquid; the first and the last of each are looked at.",
        )
        spec.output(
            "many_body",
            valid_type=Dict,
            help="Each part with `energy` (eV) per molecule, outward `pressure` (bar) and the "
            "`volume` (Å3) per molecule at which they are so, see `dynamics.measure_many_body`.",
        )

    def task(self) -> ManyBodyTask:
        """The inputs as arguments."""
        system = self.inputs.system.value
        polarizabilities = self.inputs.get("polarizability", {})
        responses = []
        for name in system.names:
            mean = None
            if name in polarizabilities:
                tensor = polarizabilities[name].get_array("polarizability")[0]
                mean = float(np.trace(tensor)) / 3
            c6 = np.diag(self.inputs.properties[name].get_array("c6"))
            responses.append(Response(self.inputs.references[name].value.positions[0], c6, mean))
        frames = tuple(node.value for _, node in sorted(self.inputs.frames.items()))
        return ManyBodyTask(self.inputs.force_field.value, system, tuple(responses), frames)

    @classmethod
    def nodes(cls, result: ManyBodyFound) -> dict[str, Data]:
        """The parts as they are."""
        return {"many_body": Dict(result.parts)}


def define_inputs(spec: CalcJobProcessSpec, required: bool = True) -> None:
    """What QM says of each species, by name."""
    spec.input_namespace(
        "references", dynamic=True, valid_type=PointsData, help="Each species at rest, by name."
    )
    spec.input_namespace(
        "properties",
        dynamic=True,
        required=required,
        valid_type=ArrayData,
        help="Of each at rest, by name: dispersion coefficients `c6` (n, n) in eV Å6.",
    )
    spec.input_namespace(
        "polarizability",
        dynamic=True,
        required=False,
        valid_type=ArrayData,
        help="Of each at rest, by name: `polarizability` (1, 3, 3) in Å3; if one is missing, "
        "dispersion alone is told.",
    )
