"""What all WorkChains have in common that run a job again."""

from typing import Any

from aiida.engine import (
    BaseRestartWorkChain,
    CalcJob,
    ExitCode,
    Process,
    ProcessHandlerReport,
    process_handler,
)
from aiida.orm import ProcessNode

from aiida_forcefield.workflows.outcome import reason
from aiida_forcefield.workflows.submission import settle, submit_once


class RestartWorkChain(BaseRestartWorkChain):
    """Jobs are submitted once each, whatever becomes of workers; the last failure is handed on."""

    def submit(self, process: type[Process], **inputs: Any) -> ProcessNode:  # type: ignore[override]
        """Submit a job once, also where a worker is killed while it does."""
        metadata = dict(inputs.pop("metadata"))
        if not issubclass(process, CalcJob):  # which alone has options among its metadata
            inputs["options"] = metadata.pop("options")
        return submit_once(super(), process, metadata=metadata, **inputs)

    def inspect_process(self) -> ExitCode | None:
        """Look at a job that its worker may have left unsealed."""
        settle(self.ctx.children[-1])
        verdict: ExitCode | None = super().inspect_process()
        return verdict

    @process_handler(priority=0)
    def give_up(self, job: ProcessNode) -> ProcessHandlerReport | None:
        """End as the job did, where none of the others found a way to go on."""
        if job.is_finished_ok:
            return None
        return ProcessHandlerReport(exit_code=ExitCode(job.exit_status, reason(job)))

    def double(self, scarce: str) -> bool:
        """Ask for twice as much of what a job had too little of, where that was limited at all."""
        options = self.ctx.inputs.metadata.options
        if scarce not in options:
            return False
        options[scarce] *= 2
        self.report(f"{scarce} is now {options[scarce]}")
        return True
