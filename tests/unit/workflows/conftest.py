"""Prepared jobs and species, so that the logic of WorkChains is tested without running any."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from aiida.common.links import LinkType
from aiida.engine import Process, WorkChain
from aiida.engine.utils import instantiate_process
from aiida.manage import get_manager
from aiida.orm import CalcJobNode, Data, Dict, InstalledCode, ProcessNode, WorkChainNode

from aiida_forcefield.data import SpeciesData, StructuresData, SystemData
from aiida_forcefield.properties import Liquid
from aiida_forcefield.scans import Structures
from aiida_forcefield.topology import System, from_smiles

STATE = {"temperature": 298.15, "pressure": 1.0}
LIQUID = Liquid(298.15, 1.0)

Submitted = dict[str, tuple[type[Process], dict[str, Any]]]
"""Process and inputs of each child, by its label."""


@pytest.fixture
def species(storage: Any) -> SpeciesData:
    return SpeciesData(from_smiles("[H][H]"))


@pytest.fixture
def system(storage: Any) -> SystemData:
    return SystemData(System.pure("hydrogen", from_smiles("[H][H]")))


@pytest.fixture
def start() -> Callable[..., Any]:
    """A WorkChain that is ready to take its first step."""

    def make(process: type[WorkChain], **inputs: Any) -> Any:
        return instantiate_process(get_manager().get_runner(), process, **inputs)

    return make


@pytest.fixture
def submitted(monkeypatch: pytest.MonkeyPatch, storage: Any) -> Submitted:
    """What the WorkChains of fits, samplings and studies submit, of which nothing runs."""
    found: Submitted = {}

    def submit(parent: WorkChain, process: type[Process], **inputs: Any) -> ProcessNode:
        label = inputs["metadata"]["call_link_label"]
        assert label not in found, "children are told apart by their labels"
        found[label] = process, inputs
        return WorkChainNode().store()

    for module in ("fit", "sampling", "material"):
        monkeypatch.setattr(f"aiida_forcefield.workflows.{module}.submit_once", submit)
    return found


def ended_chain(exit_status: int = 0, **outputs: Data | Mapping[str, Data]) -> WorkChainNode:
    """A WorkChain that has ended, with an exit status and outputs."""
    node = WorkChainNode().store()
    for label, data in _flat(outputs).items():
        data.store().base.links.add_incoming(node, LinkType.RETURN, label)
    return _end(node, exit_status)


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
        return _end(node, exit_status)

    return make


def _flat(outputs: Mapping[str, Any], prefix: str = "") -> dict[str, Data]:
    found: dict[str, Data] = {}
    for label, value in outputs.items():
        if isinstance(value, Mapping) and not isinstance(value, Data):
            found |= _flat(value, f"{prefix}{label}__")
        else:
            found[prefix + label] = value
    return found


def _end(node: Any, exit_status: int) -> Any:
    node.set_process_state("finished")
    node.set_exit_status(exit_status)
    node.set_exit_message("what went wrong" if exit_status else "")
    return node
