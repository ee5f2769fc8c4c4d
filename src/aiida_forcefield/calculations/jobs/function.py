"""CalcJob of a function of the science, which would keep a daemon worker from its other work."""

from abc import abstractmethod
from pathlib import Path
from typing import Any, ClassVar

from aiida.common.datastructures import CalcInfo, CodeInfo
from aiida.common.folders import Folder
from aiida.engine import CalcJob, CalcJobProcessSpec
from aiida.orm import AbstractCode, Data

from aiida_forcefield.calculations.options import LOCK, default_to_one_core
from aiida_forcefield.jobs.files import RESULT, SUFFIXES, TASK, write

ONE_THREAD = "export OMP_NUM_THREADS=1"


class FunctionCalculation(CalcJob):
    """Run ``python -m aiida_forcefield.jobs JOB`` on a task made from the inputs.

    The code is an interpreter with this package, such as AiiDA's own. A subclass names its job,
    adds its ports, and says how inputs become a task and a result becomes nodes. Whoever changes
    what a job computes raises its `CACHE_VERSION`.
    """

    JOB: ClassVar[str]
    RESULT: ClassVar[type]
    CACHE_VERSION = 1

    @classmethod
    def define(cls, spec: CalcJobProcessSpec) -> None:  # type: ignore[override]
        """Define inputs and exit codes."""
        super().define(spec)
        spec.input("code", valid_type=AbstractCode, help="An interpreter with this package.")
        default_to_one_core(spec, "forcefield.function")
        spec.exit_code(
            310,
            "ERROR_NOT_STARTED",
            message="The job could not run: {reason}",
            invalidates_cache=True,
        )
        spec.exit_code(320, "ERROR_REFUSED", message="{reason}")
        spec.exit_code(
            411,
            "ERROR_INCOMPLETE",
            message="The job ended before it had a result: {reason}",
            invalidates_cache=True,
        )

    @abstractmethod
    def task(self) -> Any:
        """The dataclass that the job's function takes, from the inputs."""

    @classmethod
    @abstractmethod
    def nodes(cls, result: Any) -> dict[str, Data]:
        """The outputs, from the dataclass that the job's function returns."""

    def prepare_for_submission(self, folder: Folder) -> CalcInfo:
        """Write the task."""
        write(Path(folder.abspath), TASK, self.task())
        code = CodeInfo()
        code.code_uuid = self.inputs.code.uuid
        code.cmdline_params = ["-m", "aiida_forcefield.jobs", self.JOB]
        info = CalcInfo()
        info.codes_info = [code]
        info.prepend_text = f"{LOCK}\n{ONE_THREAD}"
        info.retrieve_temporary_list = [f"{RESULT}{suffix}" for suffix in SUFFIXES]
        # The inputs hold all that the task says.
        info.provenance_exclude_list = [f"{TASK}{suffix}" for suffix in SUFFIXES]
        return info
