"""WorkChain of a batch of QM points: a job goes on where another was cut short."""

from collections.abc import Sequence
from typing import Any

from aiida.common import AttributeDict
from aiida.engine import ExitCode, Process, ProcessHandlerReport, process_handler, while_
from aiida.engine.processes.workchains.workchain import WorkChainSpec
from aiida.orm import ArrayData, Dict, ProcessNode

from aiida_forcefield.calculations.join import join_points
from aiida_forcefield.calculations.qm import QmCalculation
from aiida_forcefield.calculations.remaining import remaining_structures
from aiida_forcefield.data import PointsData
from aiida_forcefield.data.outputs import outputs_of
from aiida_forcefield.scans import OUT_OF_MEMORY, UNFINISHED
from aiida_forcefield.workflows.engines import check_qm, engine_process
from aiida_forcefield.workflows.restart import RestartWorkChain
from aiida_forcefield.workflows.submission import settle

CODES = QmCalculation.exit_codes
PATIENCE = 2
"""Jobs in a row without a new point after which the others are given up."""


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

    A job that is ended from outside leaves its finished points; the next one computes the others.
    One that came to no new point is given more of what it ran out of.
    """

    @classmethod
    def define(cls, spec: WorkChainSpec) -> None:  # type: ignore[override]
        """Define inputs, outline, outputs and exit codes."""
        super().define(spec)
        expose_qm(spec)
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
        found, label = outputs_of(job), f"part_{self.ctx.iteration:02d}"
        if "points" in found:
            self.ctx.parts[label] = found["points"]
        if "properties" in found:
            self.ctx.properties[label] = found["properties"]
        self.ctx.idle = self.ctx.idle + 1 if statuses(job) <= {*UNFINISHED} else 0
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

    @process_handler(priority=40)
    def get_more_memory_for_points(self, job: ProcessNode) -> ProcessHandlerReport | None:
        """Ask for twice the memory, where some points did not fit into it."""
        last = self.ctx.iteration >= self.inputs.max_iterations.value
        if last or OUT_OF_MEMORY not in statuses(job) or not self.double("max_memory_kb"):
            return None
        return self._continue(job)

    @process_handler(priority=30, exit_codes=[CODES.ERROR_SCHEDULER_OUT_OF_MEMORY])
    def get_more_memory(self, job: ProcessNode) -> ProcessHandlerReport | None:
        """Compute what is left; with twice the memory, where no point fitted into it."""
        return self._retry(job, "max_memory_kb")

    @process_handler(priority=30, exit_codes=[CODES.ERROR_SCHEDULER_OUT_OF_WALLTIME])
    def get_more_time(self, job: ProcessNode) -> ProcessHandlerReport | None:
        """Compute what is left; with twice the walltime, where no point fitted into it."""
        return self._retry(job, "max_wallclock_seconds")

    @process_handler(
        priority=30,
        exit_codes=[
            CODES.ERROR_SCHEDULER_NODE_FAILURE,
            CODES.ERROR_INCOMPLETE,
            CODES.ERROR_DISK_FULL,
        ],
    )
    def go_on_elsewhere(self, job: ProcessNode) -> ProcessHandlerReport | None:
        """Compute what is left by a job that was killed, or whose node failed."""
        return self._retry(job)

    def _retry(self, job: ProcessNode, scarce: str = "") -> ProcessHandlerReport | None:
        if not self.ctx.idle or self.double(scarce) or self.ctx.idle < PATIENCE:
            return self._continue(job)
        return None

    def _continue(self, job: ProcessNode) -> ProcessHandlerReport:
        points = outputs_of(job).get("points")
        # Conformers compete for one point, the reference: all take part again.
        if points is not None and "reference" not in self.inputs.qm.parameters:
            self.ctx.inputs.structures = remaining_structures(job.inputs.structures, points)
        return ProcessHandlerReport(do_break=True)


def statuses(job: ProcessNode) -> set[str]:
    """How the points of a job ended; none where it has no points."""
    points = outputs_of(job).get("points")
    return set(points.base.attributes.get("statuses")) if points is not None else set()
