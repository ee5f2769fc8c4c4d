"""How a process ended."""

from aiida.orm import ProcessNode


def reason(process: ProcessNode) -> str:
    """Why a process did not end well; one that was killed or excepted has no exit message."""
    state = process.process_state.value if process.process_state else "unknown"
    return str(process.exit_message or process.exception or process.process_status or state)
