"""Parser of a packed box."""

from pathlib import Path
from typing import Any

import numpy as np
from aiida.engine import ExitCode
from aiida.orm import ArrayData
from aiida.parsers.parser import Parser

from aiida_forcefield.calculations.packing import PackingCalculation, box_of
from aiida_forcefield.dynamics import read_packed
from aiida_forcefield.parsers.scheduler import scheduler_verdict


class PackingParser(Parser):
    """Read the packed molecules."""

    def parse(self, **kwargs: Any) -> ExitCode:
        """Make one node of all molecules and the edges of their box."""
        packed = Path(kwargs["retrieved_temporary_folder"]) / PackingCalculation.FILENAME_PACKED
        inputs = self.node.inputs
        box = box_of(inputs.reference, inputs.settings)
        try:
            positions = read_packed(packed.read_text(), inputs.reference.value.symbols)
        except (OSError, ValueError) as error:
            if not self._ended:
                return scheduler_verdict(self.node) or self.exit_codes.ERROR_INCOMPLETE
            packing = self.exit_codes.ERROR_PACKING.format(reason=str(error))
            return scheduler_verdict(self.node) or packing
        self.out("box", ArrayData({"positions": positions, "edges": np.full(3, box.edge)}))
        return ExitCode(0)

    @property
    def _ended(self) -> bool:
        """Whether packmol came to an end, if only to complain."""
        try:
            text = self.retrieved.base.repository.get_object_content(
                PackingCalculation.FILENAME_STDOUT
            )
        except FileNotFoundError:
            return False
        return "Running time:" in text or "ERROR" in text
