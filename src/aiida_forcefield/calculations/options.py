"""What all our jobs run with unless told otherwise."""

from aiida.engine import CalcJobProcessSpec


def default_to_one_core(spec: CalcJobProcessSpec, parser: str) -> None:
    """Let a job run on one core without MPI, and be read by the parser of an entry point.

    Jobs side by side use the cores better than one job on several.
    """
    options = spec.inputs["metadata"]["options"]  # type: ignore[index]
    options["parser_name"].default = parser  # type: ignore[index]
    options["resources"].default = {"num_machines": 1, "num_mpiprocs_per_machine": 1}  # type: ignore[index]
    options["withmpi"].default = False  # type: ignore[index]
