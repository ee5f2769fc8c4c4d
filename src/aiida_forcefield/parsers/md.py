"""Parser of one leg of molecular dynamics."""

from pathlib import Path
from typing import Any

from aiida.engine import ExitCode
from aiida.orm import SinglefileData
from aiida.parsers.parser import Parser

from aiida_forcefield.calculations.jobs.md import MdCalculation
from aiida_forcefield.data import FramesData, ThermoData
from aiida_forcefield.dynamics import FINAL_DATA, FRAMES, judge, parse_log, read_frames
from aiida_forcefield.parsers.scheduler import scheduler_verdict
from aiida_forcefield.topology import Box


class MdParser(Parser):
    """Read log, final state and frames, and judge whether the run can be trusted."""

    def parse(self, **kwargs: Any) -> ExitCode:
        """Parse a leg; what an unstable run printed is kept for inspection."""
        try:
            text = self.retrieved.base.repository.get_object_content(
                MdCalculation.FILENAME_OUTPUT, "r"
            )
        except FileNotFoundError:
            return scheduler_verdict(self.node) or self.exit_codes.ERROR_OUTFILE_MISSING
        log = parse_log(text)
        for warning in log.warnings:
            self.logger.warning(warning)
        if log.thermo is not None:
            self.out("thermo", ThermoData(log.thermo))
        box = self.node.inputs.box.value
        verdict = judge(log, self.node.inputs.simulation["temperature"], len(box.positions))
        if not log.finished and not log.errors:
            incomplete = self.exit_codes.ERROR_INCOMPLETE.format(reason=verdict.message)
            return scheduler_verdict(self.node) or incomplete
        if verdict.status != "ok":
            unstable = self.exit_codes.ERROR_UNSTABLE
            return scheduler_verdict(self.node) or unstable.format(
                status=verdict.status, reason=verdict.message
            )
        try:
            self._read_files(Path(kwargs["retrieved_temporary_folder"]), box)
        except (OSError, ValueError) as error:
            return self.exit_codes.ERROR_INCOMPLETE.format(reason=" ".join(str(error).split()))
        # Not None, with which the scheduler's verdict would stand although the leg is complete.
        return ExitCode(0)

    def _read_files(self, folder: Path, box: Box) -> None:
        """Keep the final state and, where the script wrote any, the frames."""
        final = SinglefileData(folder / FINAL_DATA)
        if (folder / FRAMES).exists():
            text = (folder / FRAMES).read_text()
            self.out("frames", FramesData(read_frames(text, box.counts, len(box.positions))))
        self.out("final", final)
