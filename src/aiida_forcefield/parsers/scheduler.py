"""What the scheduler said about a job, for parsers that have less to say."""

from aiida.engine import ExitCode
from aiida.orm import CalcJobNode


def scheduler_verdict(node: CalcJobNode) -> ExitCode | None:
    """The exit code that the scheduler's output led to, such as 110 (memory) or 120 (walltime)."""
    if not node.exit_status:
        return None
    return ExitCode(node.exit_status, node.exit_message, invalidates_cache=True)
