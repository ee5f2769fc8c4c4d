"""How a process ended, in words."""

import pytest
from aiida.orm import WorkChainNode

from aiida_forcefield.workflows.outcome import reason


@pytest.mark.usefixtures("storage")
def test_reason() -> None:
    node = WorkChainNode().store()
    node.set_process_state("excepted")
    assert reason(node) == "excepted"
    node.set_exception("ValueError: of this")
    assert reason(node) == "ValueError: of this"
    node.set_exit_message("because of that")
    assert reason(node) == "because of that"
