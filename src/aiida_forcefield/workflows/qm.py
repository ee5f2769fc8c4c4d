"""WorkChain of a batch of QM points: a job goes on where another was cut short."""

from collections.abc import Sequence
from typing import Any

from aiida.common import AttributeDict
from aiida.engine import ExitCode, Process, ProcessHandlerReport, process_handler, while_
from aiida.engine.processes.workchains.workchain import WorkChainSpec
from aiida.orm import ArrayData, Dict, Int, ProcessNode

from aiida_forcefield.calculations.functions.join import join_points, joined
from aiida_forcefield.calculations.functions.remaining import remaining_structures
from aiida_forcefield.calculations.jobs.qm import CUT_SHORT, QmCalculation, came_to_points, statuses
from aiida_forcefield.data import PointsData
from aiida_forcefield.data.outputs import outputs_of
from aiida_forcefield.scans import INTERRUPTED, MISSING, OUT_OF_MEMORY, OUT_OF_TIME
from aiida_forcefield.workflows.engines import check_qm, engine_process
from aiida_forcefield.workflows.restart import RestartWorkChain
from aiida_forcefield.workflows.submission import settle

CODES = QmCalculation.exit_codes
SCARCE = {
    OUT_OF_MEMORY: "max_memory_kb",
    OUT_OF_TIME: "max_wallclock_seconds",
    CODES.ERROR_SCHEDULER_OUT_OF_MEMORY.status: "max_memory_kb",
    CODES.ERROR_SCHEDULER_OUT_OF_WALLTIME.status: "max_wallclock_seconds",
}
"""What there was too little of, by the status of a point or the exit status of a job."""
PATIENCE = 3
"""Jobs in a row without a new point after which the others are given up, unless they got more."""
JOBS = 100
"""Of a batch, at most."""


def validate_parameters(value: Dict | None, _: Any) -> str | None:
    """Validate QM settings as their engine does."""
    try:
        check_qm(value.get_dict() if value else {})
    except ValueError as error:
        return str(error)
    return None


def expose_qm(spec: WorkChainSpec, exclude: Sequence[str] = ()) -> None:
    """Let a WorkChain take in its namespace ``qm`` what QM needs, for whatever engine."""
    spec.expose_inputs(QmCalculation, namespace="qm", exclude=("parameters", *exclude))
    if "parameters" not in exclude:
        spec.input("qm.parameters", valid_type=Dict, validator=validate_parameters)


class QmWorkChain(RestartWorkChain):
    """Compute a batch of points, whatever becomes of its jobs.

    A job that is ended from outside leaves its finished points; the next one computes the others,
    and those in whose middle a job ended come last, by themselves.
    """

    @classmethod
    def define(cls, spec: WorkChainSpec) -> None:  # type: ignore[override]
        """Define inputs, outline, outputs and exit codes."""
        super().define(spec)
        expose_qm(spec)
        spec.inputs["max_iterations"].default = lambda: Int(JOBS)  # type: ignore[union-attr]
        spec.outline(
            cls.setup,
            while_(cls.should_run_process)(cls.run_process, cls.inspect_process),
            cls.results,
        )
        spec.output("points", valid_type=PointsData, required=False)
        spec.output("reference", valid_type=ArrayData, required=False)
        spec.output_namespace("properties", valid_type=ArrayData, dynamic=True, required=False)

    @property
    def process_class(self) -> type[Process]:
        """The engine that the parameters name; AiiDA asks once before it has read the inputs."""
        if not self.inputs:
            return QmCalculation
        return engine_process(self.inputs.qm.parameters["engine"])

    def setup(self) -> None:
        """Begin with all structures."""
        super().setup()
        qm = self.inputs.qm
        self.ctx.inputs = AttributeDict(
            {**qm, "metadata": {"options": qm.get("metadata", {}).get("options", {})}}
        )
        self.ctx.parts = {}
        self.ctx.properties = {}
        self.ctx.idle = 0

    def inspect_process(self) -> ExitCode | None:
        """Keep what the job came to, and hand it out also where the others are given up."""
        job = settle(self.ctx.children[-1])
        found, label = outputs_of(job), f"part_{self.ctx.iteration:03d}"
        if "points" in found:
            self.ctx.parts[label] = found["points"]
        if "properties" in found:
            self.ctx.properties[label] = found["properties"]
        self.ctx.idle = 0 if came_to_points(job) else self.ctx.idle + 1
        verdict = super().inspect_process()
        if verdict is not None and verdict.status:  # 0 asks for another job
            self.results()
        return verdict

    def results(self) -> None:
        """Hand out the points of all jobs."""
        parts = self.ctx.parts
        if len(parts) > 1:
            self.out("points", join_points(**parts))
        elif parts:
            self.out("points", *parts.values())
        if self.ctx.properties:
            self.out("properties", self.ctx.properties)
        found = outputs_of(self.ctx.children[-1])
        if "reference" in found:
            self.out("reference", found["reference"])

    @process_handler(
        priority=30, exit_codes=[ExitCode(0), CODES.ERROR_NO_POINT, *CUT_SHORT.values()]
    )
    def go_on(self, job: ProcessNode) -> ProcessHandlerReport | None:
        """Compute what is left: first what was never tried, with as much as before.

        Then those points that a job ran out of memory or time at, with twice as much, so that
        these cost nothing but themselves.
        """
        whole = joined(self.ctx.parts) if self.ctx.parts else None
        if whole is not None and not whole.waiting.any():
            if job.is_finished_ok or not whole.ok.any():
                return None
            # What this last job came to may be nothing: the batch has points for all that.
            self.ctx.is_finished = True
            return ProcessHandlerReport(do_break=True)
        if whole is None or whole.missing.any():
            another = self._has_patience(job)
        else:
            tried = {s for s, waits in zip(whole.statuses, whole.waiting, strict=True) if waits}
            doubled = [self.double(SCARCE[status]) for status in tried & {*SCARCE}]
            another = any(doubled) or (INTERRUPTED in tried and self.ctx.idle < PATIENCE)
        if another:
            # Conformers compete for one point, the reference: all take part again.
            if whole is not None and "reference" not in self.inputs.qm.parameters:
                structures = self.inputs.qm.structures
                self.ctx.inputs.structures = remaining_structures(structures, **self.ctx.parts)
            return ProcessHandlerReport(do_break=True)
        if whole is None or not whole.ok.any():
            return None
        self.ctx.is_finished = not whole.missing.any()
        return ProcessHandlerReport(do_break=True) if self.ctx.is_finished else None

    def _has_patience(self, job: ProcessNode) -> bool:
        """Whether to try on what was never tried, with more where it takes that to come to any."""
        first = self.ctx.idle == 1 and statuses(job) - {MISSING}  # it may be that point alone
        if not self.ctx.idle or first:
            return True
        return self.double(SCARCE.get(job.exit_status, "")) or self.ctx.idle < PATIENCE
