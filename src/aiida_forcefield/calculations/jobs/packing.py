"""CalcJob that packs molecules into the starting box of a liquid."""

from typing import Any

from aiida.common.datastructures import CalcInfo, CodeInfo
from aiida.common.folders import Folder
from aiida.engine import CalcJob, CalcJobProcessSpec
from aiida.orm import AbstractCode, Dict

from aiida_forcefield.calculations.options import LOCK, default_to_one_core
from aiida_forcefield.data import BoxData, PointsData, SystemData
from aiida_forcefield.dynamics import StartingBox, packmol_input, starting_box, write_xyz


class PackingCalculation(CalcJob):
    """Pack copies of the relaxed molecules with packmol, from the compute environment.

    The code is the same interpreter that runs QM; packmol is a package beside it.
    """

    FILENAME_INPUT = "packmol.inp"
    FILENAME_PACKED = "packed-box.xyz"  # no species has such a name
    FILENAME_STDOUT = "packmol.out"
    COMMAND = "import sys; from packmol.cli import main; sys.exit(main())"

    @classmethod
    def define(cls, spec: CalcJobProcessSpec) -> None:  # type: ignore[override]
        """Define inputs, outputs and exit codes."""
        super().define(spec)
        spec.input("code", valid_type=AbstractCode, help="An interpreter with packmol.")
        spec.input("system", valid_type=SystemData, help="Which species, and how much of each.")
        spec.input_namespace(
            "references", dynamic=True, valid_type=PointsData, help="Each species at rest, by name."
        )
        spec.input("settings", valid_type=Dict, help="`atoms`, `cutoff` (Å) and `seed`.")
        default_to_one_core(spec, "forcefield.packing")
        spec.output("box", valid_type=BoxData, help="Whole molecules in a cubic box.")
        spec.exit_code(
            310,
            "ERROR_PACKING",
            message="packmol could not pack the box: {reason}",
            invalidates_cache=True,
        )
        spec.exit_code(
            411,
            "ERROR_INCOMPLETE",
            message="The job ended before packmol did: {reason}",
            invalidates_cache=True,
        )

    def prepare_for_submission(self, folder: Folder) -> CalcInfo:
        """Write the molecules and packmol's input."""
        system, files = self.inputs.system.value, []
        for name, species in system:
            files.append(f"{name}.xyz")
            positions = self.inputs.references[name].value.positions[0]
            with folder.open(files[-1], "w") as handle:
                handle.write(write_xyz(species.symbols, positions))
        box = box_of(self.inputs)
        with folder.open(self.FILENAME_INPUT, "w") as handle:
            seed = self.inputs.settings["seed"]
            handle.write(packmol_input(box, seed, files, self.FILENAME_PACKED))

        code = CodeInfo()
        code.code_uuid = self.inputs.code.uuid
        code.cmdline_params = ["-E", "-c", self.COMMAND]  # as in QmCalculation
        code.stdin_name = self.FILENAME_INPUT
        code.stdout_name = self.FILENAME_STDOUT
        info = CalcInfo()
        info.codes_info = [code]
        info.prepend_text = LOCK
        info.retrieve_list = [self.FILENAME_STDOUT]
        info.retrieve_temporary_list = [self.FILENAME_PACKED]
        return info


def box_of(inputs: Any) -> StartingBox:
    """The box that the inputs of a job ask for."""
    system, settings = inputs.system.value, inputs.settings.get_dict()
    geometries = [inputs.references[name].value.positions[0] for name in system.names]
    return starting_box(system, geometries, settings["cutoff"], settings["atoms"])
