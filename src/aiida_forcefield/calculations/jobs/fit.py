"""CalcJob of the joint fit."""

from typing import ClassVar

from aiida.engine import CalcJobProcessSpec
from aiida.orm import ArrayData, Data, Dict

from aiida_forcefield.calculations.fit_data import electrostatics_of, minima_of
from aiida_forcefield.calculations.jobs.function import FunctionCalculation
from aiida_forcefield.data import (
    ForceFieldData,
    FramesData,
    PointsData,
    ProfileData,
    SystemData,
)
from aiida_forcefield.fitting import Choice, Settings
from aiida_forcefield.jobs.fit_force_field import FitFound, FitTask
from aiida_forcefield.serial import assemble, dismantle


class FitCalculation(FunctionCalculation):
    """All parameters of a system's force field, from all its points at once."""

    JOB: ClassVar[str] = "fit_force_field"
    RESULT: ClassVar[type] = FitFound
    CACHE_VERSION = 2

    @classmethod
    def define(cls, spec: CalcJobProcessSpec) -> None:  # type: ignore[override]
        """Define inputs and outputs."""
        super().define(spec)
        spec.input("system", valid_type=SystemData)
        by_name = {"dynamic": True}
        spec.input_namespace(
            "references", valid_type=PointsData, help="Each species at rest, by name.", **by_name
        )
        spec.input_namespace(
            "properties",
            valid_type=ArrayData,
            help="Of each at rest, by name: `hessian` and `c6`.",
            **by_name,
        )
        spec.input_namespace(
            "electrostatics", valid_type=Dict, help="Of each species, by name.", **by_name
        )
        spec.input_namespace(
            "points", valid_type=PointsData, help="By labels in the order of rounds.", **by_name
        )
        spec.input_namespace(
            "profiles", valid_type=ProfileData, help="Of the scans.", required=False, **by_name
        )
        spec.input_namespace(
            "frames",
            valid_type=FramesData,
            help="Of the liquids of the rounds, by labels in their order.",
            required=False,
            **by_name,
        )
        spec.input("settings", valid_type=Dict, help="Of `fitting.Settings`.")
        spec.input("forms", valid_type=Dict, required=False, help="A `fitting.Choice` made before.")
        spec.input(
            "mode",
            valid_type=Dict,
            help="`choose`: whether to choose forms; `variation`: a choice to make otherwise.",
        )
        spec.output("force_field", valid_type=ForceFieldData)
        spec.output("forms", valid_type=Dict, required=False, help="Those that were chosen.")

    def task(self) -> FitTask:
        """The inputs as they are."""
        inputs, mode = self.inputs, self.inputs.mode.get_dict()
        system = inputs.system.value
        return FitTask(
            system=system,
            electrostatics=electrostatics_of(system, inputs.electrostatics),
            minima=tuple(minima_of(system, inputs.references, inputs.properties).values()),
            points=tuple(node.value for _, node in sorted(inputs.points.items())),
            profiles=tuple(node.value for _, node in sorted(inputs.get("profiles", {}).items())),
            frames=tuple(node.value for _, node in sorted(inputs.get("frames", {}).items())),
            settings=Settings(**inputs.settings.get_dict()),
            choice=assemble(Choice, inputs.forms.get_dict(), {}) if "forms" in inputs else None,
            choose=mode.get("choose", False),
            variation=mode.get("variation", ""),
        )

    @classmethod
    def nodes(cls, result: FitFound) -> dict[str, Data]:
        """The force field and, where forms were chosen, which."""
        chosen = {"forms": Dict(dismantle(result.choice)[0])} if result.choice else {}
        return {"force_field": ForceFieldData(result.field), **chosen}
