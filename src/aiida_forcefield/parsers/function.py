"""Parser of a function that ran as a job."""

from pathlib import Path
from typing import Any

from aiida.engine import ExitCode

from aiida_forcefield.calculations.jobs.function import FunctionCalculation
from aiida_forcefield.jobs.files import RESULT, RefusedError, read
from aiida_forcefield.parsers.job import NOT_THERE, JobParser


class FunctionParser(JobParser):
    """Make nodes of the result, or say why there is none."""

    def parse(self, **kwargs: Any) -> ExitCode:
        """Read the result, which is written at once."""
        process = self.node.process_class
        assert issubclass(process, FunctionCalculation)
        try:
            result: Any = read(Path(kwargs["retrieved_temporary_folder"]), RESULT, process.RESULT)
        except RefusedError as error:
            return self.exit_codes.ERROR_REFUSED.format(reason=str(error))
        except (OSError, ValueError):
            return self._nothing()
        for label, node in process.nodes(result).items():
            self.out(label, node)
        # Not None, with which the scheduler's verdict would stand although the result is there.
        return ExitCode(0)

    def _nothing(self) -> ExitCode:
        """Why there is no result: its program is not there, or something ended the job."""
        *_, last = ["", *self.complaint.splitlines()]
        if last.startswith("ModuleNotFoundError") or last.endswith(NOT_THERE):
            return self.exit_codes.ERROR_NOT_STARTED.format(reason=last)
        return self.cut_short()
