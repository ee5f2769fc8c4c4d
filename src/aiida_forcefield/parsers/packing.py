"""Parser of a packed box."""

from pathlib import Path
from typing import Any

from aiida.engine import ExitCode
from aiida.parsers.parser import Parser

from aiida_forcefield.calculations.jobs.packing import PackingCalculation, box_of
from aiida_forcefield.data import BoxData
from aiida_forcefield.dynamics import read_packed
from aiida_forcefield.parsers.scheduler import scheduler_verdict


class PackingParser(Parser):
    """Read the packed molecules."""

    def parse(self, **kwargs: Any) -> ExitCode:
        """Make one node of all molecules and their box."""
        packed = Path(kwargs["retrieved_temporary_folder"]) / PackingCalculation.FILENAME_PACKED
        inputs = self.node.inputs
        try:
            box = read_packed(packed.read_text(), inputs.system.value, box_of(inputs))
        except (OSError, ValueError) as error:
            if not self._ended:
                return scheduler_verdict(self.node) or self.exit_codes.ERROR_INCOMPLETE
            packing = self.exit_codes.ERROR_PACKING.format(reason=str(error))
            return scheduler_verdict(self.node) or packing
        self.out("box", BoxData(box))
        return ExitCode(0)

    @property
    def _ended(self) -> bool:
        """Whether packmol came to an end, if only to complain."""
        try:
            text = self.retrieved.base.repository.get_object_content(
                PackingCalculation.FILENAME_STDOUT, "r"
            )
        except FileNotFoundError:
            return False
        return "Running time:" in text or "ERROR" in text
