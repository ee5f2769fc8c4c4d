"""CalcJob for one leg of molecular dynamics in LAMMPS."""

from typing import ClassVar

from aiida.common.datastructures import CalcInfo
from aiida.common.folders import Folder
from aiida.engine import CalcJobProcessSpec
from aiida.orm import Dict, SinglefileData
from aiida_lammps.calculations.raw import LammpsRawCalculation

from aiida_forcefield.calculations.options import LOCK, default_to_one_core
from aiida_forcefield.data import BoxData, FramesData, ThermoData
from aiida_forcefield.dynamics import END_OF_LOG, FINAL_DATA, FRAMES

DONE = f"! grep -q '{END_OF_LOG}' {LammpsRawCalculation.FILENAME_OUTPUT} 2>/dev/null || exit 0"
"""Ends a job whose other copy has finished."""


def define_leg(spec: CalcJobProcessSpec, program: str) -> None:
    """Define what a leg has and how it may end, in whichever program.

    Args:
        spec: of a CalcJob, which defines ``script``, ``files`` and ``filenames`` itself.
        program: its name, for people.
    """
    spec.input("simulation", valid_type=Dict, help="Which it is, with `temperature` (K).")
    spec.input("box", valid_type=BoxData, help="The molecules that are simulated.")
    default_to_one_core(spec, "forcefield.md")
    spec.output(
        "thermo",
        valid_type=ThermoData,
        help="What the script printed after `measured from here`.",
    )
    spec.output("final", valid_type=SinglefileData, help="Where the next leg goes on.")
    spec.output("frames", valid_type=FramesData, required=False, help="What the script dumped.")
    spec.exit_code(312, "ERROR_UNSTABLE", message="{status}: {reason}", invalidates_cache=True)
    spec.exit_code(
        411,
        "ERROR_INCOMPLETE",
        message=f"The job ended before {program} did: {{reason}}",
        invalidates_cache=True,
    )


class MdCalculation(LammpsRawCalculation):
    """A LAMMPS script of ours, run on the files of a force field and a system."""

    ENGINE: ClassVar[str] = "lammps"

    @classmethod
    def define(cls, spec: CalcJobProcessSpec) -> None:
        """Define inputs, outputs and exit codes."""
        super().define(spec)
        del spec.outputs["results"]
        define_leg(spec, "LAMMPS")

    def prepare_for_submission(self, folder: Folder) -> CalcInfo:
        """Have the final state and the frames retrieved beside the log."""
        info = super().prepare_for_submission(folder)
        info.retrieve_temporary_list = [FINAL_DATA, FRAMES]
        info.prepend_text = f"{LOCK}\n{DONE}"
        return info
