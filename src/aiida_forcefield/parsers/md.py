"""Parser of one leg of molecular dynamics."""

from pathlib import Path
from typing import Any

from aiida.engine import ExitCode
from aiida.orm import SinglefileData

from aiida_forcefield.data import FramesData, ThermoData
from aiida_forcefield.dynamics import ENGINES, Engine, judge
from aiida_forcefield.dynamics.openmm import MISSING
from aiida_forcefield.parsers.job import MACHINE, JobParser, says
from aiida_forcefield.topology import Box


class MdParser(JobParser):
    """Read log, final state and frames of any engine, and judge whether they can be trusted."""

    def parse(self, **kwargs: Any) -> ExitCode:
        """Parse a leg; what an unstable run printed is kept for inspection."""
        job: Any = self.node.process_class
        engine = ENGINES[job.ENGINE]
        log = engine.read_log(self.text(job.FILENAME_OUTPUT))
        for warning in log.warnings:
            self.logger.warning(warning)
        if log.thermo is not None:
            self.out("thermo", ThermoData(log.thermo))
        box = self.node.inputs.box.value
        temperature, atoms = self.node.inputs.simulation["temperature"], len(box.positions)
        verdict = judge(log, temperature, atoms, engine.program)
        words = "\n".join(log.errors)
        if says(words, (MISSING,)):
            return self.exit_codes.ERROR_MISSING_PROGRAM.format(reason=words)
        if says(words, MACHINE) or verdict.status == "unfinished":
            return self.cut_short(words, "" if words else verdict.message)
        if verdict.status != "ok":
            unstable = self.exit_codes.ERROR_UNSTABLE
            return self.scheduler_verdict or unstable.format(
                status=verdict.status, reason=verdict.message
            )
        try:
            self._read_files(engine, Path(kwargs["retrieved_temporary_folder"]), box)
        except (OSError, ValueError):
            reason = f"{engine.final} or {engine.frames} is lost or damaged"
            return self.exit_codes.ERROR_INCOMPLETE.format(reason=reason)
        # Not None, with which the scheduler's verdict would stand although the leg is complete.
        return ExitCode(0)

    def _read_files(self, engine: Engine, folder: Path, box: Box) -> None:
        """Keep the final state and, where the script asks for them, the frames.

        Raises:
            OSError: one of the files is not there.
            ValueError: one of them is damaged.
        """
        if not engine.is_whole((folder / engine.final).read_text()):
            raise ValueError(f"{engine.final} is cut short")
        if engine.frames in self.node.inputs.script.get_content():
            text = (folder / engine.frames).read_text()
            frames = engine.read_frames(text, box.counts, len(box.positions))
            self.out("frames", FramesData(frames))
        self.out("final", SinglefileData(folder / engine.final))
