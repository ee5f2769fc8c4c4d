"""WorkChains of one job each, which runs again where it was ended from outside."""

from aiida.engine import CalcJob, ProcessHandlerReport, process_handler, while_
from aiida.engine.processes.workchains.workchain import WorkChainSpec
from aiida.orm import ProcessNode

from aiida_forcefield.calculations.jobs.fit import FitCalculation
from aiida_forcefield.calculations.jobs.function import FunctionCalculation
from aiida_forcefield.calculations.jobs.many_body import ManyBodyCalculation
from aiida_forcefield.calculations.jobs.md import MdCalculation
from aiida_forcefield.calculations.jobs.openmm import OpenmmCalculation
from aiida_forcefield.calculations.jobs.packing import PackingCalculation
from aiida_forcefield.workflows.restart import RestartWorkChain

CODES = CalcJob.exit_codes
PATIENCE = 3
"""Jobs that may be ended from outside before the work is given up."""


class JobWorkChain(RestartWorkChain):
    """Run a job; again where it was cancelled or its node failed, with more where it ran out."""

    @classmethod
    def define(cls, spec: WorkChainSpec) -> None:  # type: ignore[override]
        """Define inputs, outline and outputs."""
        super().define(spec)
        spec.expose_inputs(cls._process_class, namespace="job")
        spec.expose_outputs(cls._process_class, exclude=("remote_folder", "remote_stash"))
        spec.outline(
            cls.setup,
            while_(cls.should_run_process)(cls.run_process, cls.inspect_process),
            cls.results,
        )

    def setup(self) -> None:
        """Begin with the job as it was asked for."""
        super().setup()
        self.ctx.inputs = self.exposed_inputs(self._process_class, namespace="job")

    @process_handler(priority=30, exit_codes=[CODES.ERROR_SCHEDULER_OUT_OF_MEMORY])
    def get_more_memory(self, _: ProcessNode) -> ProcessHandlerReport | None:
        """Run again with twice the memory."""
        return self._again(self.double("max_memory_kb"))

    @process_handler(priority=30, exit_codes=[CODES.ERROR_SCHEDULER_OUT_OF_WALLTIME])
    def get_more_time(self, _: ProcessNode) -> ProcessHandlerReport | None:
        """Run again with twice the walltime."""
        return self._again(self.double("max_wallclock_seconds"))

    @process_handler(
        priority=30,
        exit_codes=[
            CODES.ERROR_SCHEDULER_NODE_FAILURE,
            MdCalculation.exit_codes.ERROR_INCOMPLETE,
            OpenmmCalculation.exit_codes.ERROR_INCOMPLETE,
            PackingCalculation.exit_codes.ERROR_INCOMPLETE,
            FunctionCalculation.exit_codes.ERROR_INCOMPLETE,
        ],
    )
    def run_elsewhere(self, _: ProcessNode) -> ProcessHandlerReport | None:
        """Run again what was killed, or whose node failed."""
        return self._again(self.ctx.iteration < PATIENCE)

    @staticmethod
    def _again(possible: bool) -> ProcessHandlerReport | None:
        return ProcessHandlerReport(do_break=True) if possible else None


class MdWorkChain(JobWorkChain):
    """One leg of molecular dynamics in LAMMPS."""

    _process_class = MdCalculation


class OpenmmWorkChain(JobWorkChain):
    """One leg of molecular dynamics in OpenMM."""

    _process_class = OpenmmCalculation


class PackingWorkChain(JobWorkChain):
    """One packed box."""

    _process_class = PackingCalculation


class ManyBodyWorkChain(JobWorkChain):
    """Three-body dispersion in one liquid."""

    _process_class = ManyBodyCalculation


class FitJobWorkChain(JobWorkChain):
    """One joint fit."""

    _process_class = FitCalculation
