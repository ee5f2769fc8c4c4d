"""Parser of a packed box."""

from pathlib import Path
from typing import Any

from aiida.engine import ExitCode

from aiida_forcefield.calculations.jobs.packing import PackingCalculation, box_of
from aiida_forcefield.data import BoxData
from aiida_forcefield.dynamics import read_packed
from aiida_forcefield.parsers.job import MACHINE, JobParser, says

IMPERFECT = "ENDED WITHOUT PERFECT PACKING"


class PackingParser(JobParser):
    """Read the packed molecules."""

    def parse(self, **kwargs: Any) -> ExitCode:
        """Make one node of all molecules and their box."""
        packed = Path(kwargs["retrieved_temporary_folder"]) / PackingCalculation.FILENAME_PACKED
        inputs = self.node.inputs
        try:
            box = read_packed(packed.read_text(), inputs.system.value, box_of(inputs))
        except (OSError, ValueError):
            return self._nothing()
        self.out("box", BoxData(box))
        return ExitCode(0)

    def _nothing(self) -> ExitCode:
        """Why there is no box: packmol says so, or its machine failed."""
        lines = self.text(PackingCalculation.FILENAME_STDOUT).splitlines()
        errors = [line.strip() for line in lines if says(line, ("ERROR", IMPERFECT))]
        if not errors or says(errors[0], MACHINE):
            return self.cut_short("\n".join(errors))
        return self.scheduler_verdict or self.exit_codes.ERROR_PACKING.format(reason=errors[0])
