"""CalcJob for one leg of molecular dynamics in OpenMM."""

from typing import ClassVar

from aiida.common.datastructures import CalcInfo, CodeInfo
from aiida.common.folders import Folder
from aiida.engine import CalcJob, CalcJobProcessSpec
from aiida.orm import AbstractCode, Dict, SinglefileData

from aiida_forcefield.calculations.jobs.md import define_leg
from aiida_forcefield.calculations.options import LOCK
from aiida_forcefield.dynamics import END_OF_LOG, ENGINES
from aiida_forcefield.dynamics.openmm import JOB, job_text


class OpenmmCalculation(CalcJob):
    """A leg as `dynamics.openmm` writes it, run by its job, which is sent along.

    The code is an interpreter with openmm. Whoever changes what the job computes raises
    `CACHE_VERSION`.
    """

    ENGINE: ClassVar[str] = "openmm"
    CACHE_VERSION = 2
    FILENAME_LEG = "leg.json"
    FILENAME_OUTPUT = "openmm.out"

    @classmethod
    def define(cls, spec: CalcJobProcessSpec) -> None:  # type: ignore[override]
        """Define inputs, outputs and exit codes."""
        super().define(spec)
        spec.input("code", valid_type=AbstractCode, help="An interpreter with openmm.")
        spec.input("script", valid_type=SinglefileData, help="The stages of the leg.")
        spec.input_namespace(
            "files", valid_type=SinglefileData, help="Force field, molecules and state."
        )
        spec.input("filenames", valid_type=Dict, help="Names of files that have others, by label.")
        define_leg(spec, "OpenMM")
        spec.exit_code(
            313,
            "ERROR_MISSING_PROGRAM",
            message="A program that the job needs is not there: {reason}",
            invalidates_cache=True,
        )

    def prepare_for_submission(self, folder: Folder) -> CalcInfo:
        """Write the leg, its files and the job."""
        names = self.inputs.filenames.get_dict()
        files = {
            names.get(label, node.filename): node.get_content()
            for label, node in self.inputs.files.items()
        }
        files |= {self.FILENAME_LEG: self.inputs.script.get_content(), JOB: job_text()}
        for name, text in files.items():
            with folder.open(name, "w") as handle:
                handle.write(text)

        code, engine = CodeInfo(), ENGINES[self.ENGINE]
        code.code_uuid = self.inputs.code.uuid
        code.cmdline_params = ["-E", JOB, self.FILENAME_LEG]  # -E: as in QmCalculation
        code.stdout_name = self.FILENAME_OUTPUT
        info = CalcInfo()
        info.codes_info = [code]
        # Another copy of the job may have finished.
        done = f"! grep -q '{END_OF_LOG}' {self.FILENAME_OUTPUT} 2>/dev/null || exit 0"
        info.prepend_text = f"{LOCK}\n{done}"
        info.retrieve_list = [self.FILENAME_OUTPUT]
        info.retrieve_temporary_list = [engine.final, engine.frames]
        # The inputs hold them all.
        info.provenance_exclude_list = [name for name in files if name != JOB]
        return info
