"""What all our jobs run with unless told otherwise."""

from aiida.engine import CalcJobProcessSpec

ONE_CORE = {"num_machines": 1, "num_mpiprocs_per_machine": 1}
LOCK = "exec 9>job.lock\nflock 9 2>/dev/null || true"
"""Lets a job wait while another copy of it runs: a daemon that is killed between handing a job to
the scheduler and noting its number hands it over again, with the same folder."""


def default_to_one_core(spec: CalcJobProcessSpec, parser: str) -> None:
    """Let a job run on one core without MPI, and be read by the parser of an entry point.

    Jobs side by side use the cores better than one job on several.
    """
    options = spec.inputs["metadata"]["options"]  # type: ignore[index]
    options["parser_name"].default = parser  # type: ignore[index]
    options["resources"].default = ONE_CORE  # type: ignore[index]
    options["withmpi"].default = False  # type: ignore[index]
