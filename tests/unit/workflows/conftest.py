"""Prepared jobs and materials, so that the logic of WorkChains is tested without running any."""

from collections.abc import Callable
from typing import Any

import pytest
from aiida.common.links import LinkType
from aiida.engine import WorkChain
from aiida.engine.utils import instantiate_process
from aiida.manage import get_manager
from aiida.orm import CalcJobNode, Data, Dict, InstalledCode, ProcessNode

from aiida_forcefield.data import SpeciesData, StructuresData
from aiida_forcefield.scans import Structures
from aiida_forcefield.topology import from_smiles

STATE = {"temperature": 298.15, "pressure": 1.0}


@pytest.fixture
def species(storage: Any) -> SpeciesData:
    return SpeciesData(from_smiles("[H][H]"))


@pytest.fixture
def start() -> Callable[..., Any]:
    """A WorkChain that is ready to take its first step."""

    def make(process: type[WorkChain], **inputs: Any) -> Any:
        return instantiate_process(get_manager().get_runner(), process, **inputs)

    return make


@pytest.fixture
def ended(codes: dict[str, InstalledCode], hydrogen: Structures) -> Callable[..., ProcessNode]:
    """A job that has ended, with an exit status and outputs."""

    def make(
        exit_status: int = 0,
        structures: Structures = hydrogen,
        parameters: dict[str, Any] | None = None,
        **outputs: Data,
    ) -> ProcessNode:
        node = CalcJobNode(computer=codes["qm"].computer)
        inputs = {"structures": StructuresData(structures), "parameters": Dict(parameters or {})}
        for label, data in inputs.items():
            node.base.links.add_incoming(data.store(), LinkType.INPUT_CALC, label)
        node.store()
        for label, data in outputs.items():
            data.base.links.add_incoming(node, LinkType.CREATE, label)
            data.store()
        node.set_process_state("finished")
        node.set_exit_status(exit_status)
        node.set_exit_message("what went wrong" if exit_status else "")
        return node

    return make
