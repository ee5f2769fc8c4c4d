"""CalcJob of three-body dispersion in a liquid."""

from dataclasses import asdict
from typing import ClassVar

import numpy as np
from aiida.engine import CalcJobProcessSpec
from aiida.orm import ArrayData, Data, Dict

from aiida_forcefield.calculations.jobs.function import FunctionCalculation
from aiida_forcefield.data import FramesData, SystemData
from aiida_forcefield.dynamics import ManyBody
from aiida_forcefield.jobs.measure_many_body import ManyBodyTask


class ManyBodyCalculation(FunctionCalculation):
    """What three molecules of a liquid have beyond their pairs: dispersion."""

    JOB: ClassVar[str] = "measure_many_body"
    RESULT: ClassVar[type] = ManyBody
    CACHE_VERSION = 2

    @classmethod
    def define(cls, spec: CalcJobProcessSpec) -> None:  # type: ignore[override]
        """Define inputs and outputs."""
        super().define(spec)
        spec.input("system", valid_type=SystemData)
        spec.input_namespace(
            "properties",
            dynamic=True,
            valid_type=ArrayData,
            help="Of each species at rest, by name: dispersion coefficients `c6` (n, n) in eV Å6.",
        )
        spec.input(
            "frames",
            valid_type=FramesData,
            help="Of a box of the liquid; the first and the last are looked at.",
        )
        spec.output(
            "many_body",
            valid_type=Dict,
            help="`energy` (eV) per molecule, outward `pressure` (bar), and the `volume` (Å3) per "
            "molecule at which they are so: a `dynamics.ManyBody`.",
        )

    def task(self) -> ManyBodyTask:
        """The inputs as arguments."""
        system, properties = self.inputs.system.value, self.inputs.properties
        c6 = tuple(tuple(np.diag(properties[n].get_array("c6")).tolist()) for n in system.names)
        return ManyBodyTask(system, c6, self.inputs.frames.value)

    @classmethod
    def nodes(cls, result: ManyBody) -> dict[str, Data]:
        """The result as it is."""
        return {"many_body": Dict(asdict(result))}
