"""Engines as plugins: what computes a batch of points, found by entry point."""

from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from aiida.engine import Process

from aiida_forcefield.runner.engine import Capabilities

GROUP = "aiida_forcefield.engines"


@cache
def engine_process(name: str) -> type[Process]:
    """The process with which an engine computes points.

    It takes ``code``, ``structures``, ``parameters`` and the options of a job (a CalcJob in
    ``metadata.options``, a WorkChain in ``options``), returns ``points`` (and ``reference``, if it
    can compute one), and has class methods of its parameters: ``check_parameters`` raises
    ValueError with one line, ``capabilities`` tells what the engine can do, ``level`` which of them
    its energies depend on, and ``method`` the name of its method.

    Args:
        name: of an entry point in the group ``aiida_forcefield.engines``.

    Raises:
        ValueError: there is no such engine.
    """
    known = entry_points(group=GROUP)
    if name not in known.names:
        raise ValueError(f"{name!r} is not one of {', '.join(sorted(known.names))}")
    process: type[Process] = known[name].load()
    return process


def check_qm(parameters: Mapping[str, Any]) -> None:
    """Check QM settings as their engine does.

    Raises:
        ValueError: one line that begins with ``parameters`` and the key.
    """
    try:
        process = engine_process(parameters.get("engine"))
    except ValueError as error:
        raise ValueError(f"parameters.engine: {error}") from None
    process.check_parameters(parameters)  # type: ignore[attr-defined]


def level_of(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The settings among checked ones that the energies of their engine depend on."""
    process = engine_process(parameters["engine"])
    level: dict[str, Any] = process.level(parameters)  # type: ignore[attr-defined]
    return level


def capabilities_of(parameters: Mapping[str, Any]) -> Capabilities:
    """What the engine of checked settings can do."""
    process = engine_process(parameters["engine"])
    found: Capabilities = process.capabilities(parameters)  # type: ignore[attr-defined]
    return found
