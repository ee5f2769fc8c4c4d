"""Parser of one leg of molecular dynamics."""

from pathlib import Path
from typing import Any

from aiida.engine import ExitCode
from aiida.orm import SinglefileData

from aiida_forcefield.calculations.jobs.md import MdCalculation
from aiida_forcefield.data import FramesData, ThermoData
from aiida_forcefield.dynamics import FINAL_DATA, FRAMES, is_whole, judge, parse_log, read_frames
from aiida_forcefield.parsers.job import MACHINE, JobParser, says
from aiida_forcefield.topology import Box


class MdParser(JobParser):
    """Read log, final state and frames, and judge whether the run can be trusted."""

    def parse(self, **kwargs: Any) -> ExitCode:
        """Parse a leg; what an unstable run printed is kept for inspection."""
        log = parse_log(self.text(MdCalculation.FILENAME_OUTPUT))
        for warning in log.warnings:
            self.logger.warning(warning)
        if log.thermo is not None:
            self.out("thermo", ThermoData(log.thermo))
        box = self.node.inputs.box.value
        verdict = judge(log, self.node.inputs.simulation["temperature"], len(box.positions))
        words = "\n".join(log.errors)
        if says(words, MACHINE) or verdict.status == "unfinished":
            return self.cut_short(words, "" if words else verdict.message)
        if verdict.status != "ok":
            unstable = self.exit_codes.ERROR_UNSTABLE
            return self.scheduler_verdict or unstable.format(
                status=verdict.status, reason=verdict.message
            )
        try:
            self._read_files(Path(kwargs["retrieved_temporary_folder"]), box)
        except (OSError, ValueError):
            reason = f"{FINAL_DATA} or {FRAMES} is lost or damaged"
            return self.exit_codes.ERROR_INCOMPLETE.format(reason=reason)
        # Not None, with which the scheduler's verdict would stand although the leg is complete.
        return ExitCode(0)

    def _read_files(self, folder: Path, box: Box) -> None:
        """Keep the final state and, where the script asks for them, the frames.

        Raises:
            OSError: one of the files is not there.
            ValueError: one of them is damaged.
        """
        if not is_whole((folder / FINAL_DATA).read_text()):
            raise ValueError(f"{FINAL_DATA} is cut short")
        if FRAMES in self.node.inputs.script.get_content():
            text = (folder / FRAMES).read_text()
            frames = read_frames(text, box.counts, len(box.positions))
            if text.count("ITEM: TIMESTEP") > len(frames.positions) or not text.endswith("\n"):
                raise ValueError(f"{FRAMES} is cut short")
            self.out("frames", FramesData(frames))
        self.out("final", SinglefileData(folder / FINAL_DATA))
