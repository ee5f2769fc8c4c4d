"""CalcJob that packs molecules into the starting box of a liquid."""

from typing import Any

from aiida.common.datastructures import CalcInfo, CodeInfo
from aiida.common.folders import Folder
from aiida.engine import CalcJob, CalcJobProcessSpec
from aiida.orm import AbstractCode, ArrayData, Dict

from aiida_forcefield.calculations.options import LOCK, default_to_one_core
from aiida_forcefield.data import PointsData
from aiida_forcefield.dynamics import packmol_input, starting_box, write_xyz


class PackingCalculation(CalcJob):
    """Pack copies of the reference molecule with packmol, from the compute environment.

    The code is the same interpreter that runs QM; packmol is a package beside it.
    """

    FILENAME_INPUT = "packmol.inp"
    FILENAME_MOLECULE = "molecule.xyz"
    FILENAME_PACKED = "packed.xyz"
    FILENAME_STDOUT = "packmol.out"
    COMMAND = "import sys; from packmol.cli import main; sys.exit(main())"

    @classmethod
    def define(cls, spec: CalcJobProcessSpec) -> None:  # type: ignore[override]
        """Define inputs, outputs and exit codes."""
        super().define(spec)
        spec.input("code", valid_type=AbstractCode, help="An interpreter with packmol.")
        spec.input("reference", valid_type=PointsData, help="The relaxed molecule.")
        spec.input("settings", valid_type=Dict, help="`atoms`, `cutoff` (Å) and `seed`.")
        default_to_one_core(spec, "forcefield.packing")
        spec.output("box", valid_type=ArrayData, help="`positions` (M, n, 3) and `edges` (3), Å.")
        spec.exit_code(
            310,
            "ERROR_PACKING",
            message="packmol could not pack the box: {reason}",
            invalidates_cache=True,
        )
        spec.exit_code(
            411,
            "ERROR_INCOMPLETE",
            message="The job ended before packmol did.",
            invalidates_cache=True,
        )

    def prepare_for_submission(self, folder: Folder) -> CalcInfo:
        """Write the molecule and packmol's input."""
        molecule = self.inputs.reference.value
        box = box_of(self.inputs.reference, self.inputs.settings)
        with folder.open(self.FILENAME_MOLECULE, "w") as handle:
            handle.write(write_xyz(molecule.symbols, molecule.positions[0]))
        with folder.open(self.FILENAME_INPUT, "w") as handle:
            files = self.FILENAME_MOLECULE, self.FILENAME_PACKED
            handle.write(packmol_input(box, self.inputs.settings["seed"], *files))

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


def box_of(reference: PointsData, settings: Dict) -> Any:
    """The box that the settings ask for."""
    molecule, content = reference.value, settings.get_dict()
    return starting_box(
        molecule.symbols, molecule.positions[0], content["cutoff"], content["atoms"]
    )
