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

DOUBLINGS = 3
"""How many times a batch or job is given twice as much of what it ran out of."""


class RestartWorkChain(BaseRestartWorkChain):
    """Jobs are submitted once each, whatever becomes of workers; the last failure is handed on."""

    def setup(self) -> None:
        """Begin with nothing doubled."""
        super().setup()
        self.ctx.doublings = {}

    def submit(self, process: type[Process], **inputs: Any) -> ProcessNode:  # type: ignore[override]
        """Submit a job once, also where a worker is killed while it does."""
        again = f"job {self.ctx.iteration}" if self.ctx.iteration > 1 else ""
        label = ", ".join(filter(None, [self.node.label, again]))
        metadata = {**inputs.pop("metadata"), **({"label": label} if label else {})}
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
        """Ask for twice as much of what a job had too little of.

        Returns:
            Whether it was; not what has no limit, nor what was doubled often enough.
        """
        options, times = self.ctx.inputs.metadata.options, self.ctx.doublings.get(scarce, 0)
        if scarce not in options or times == DOUBLINGS:
            return False
        self.ctx.doublings[scarce] = times + 1
        options[scarce] *= 2
        self.report(f"{scarce} is now {options[scarce]}")
        return True
