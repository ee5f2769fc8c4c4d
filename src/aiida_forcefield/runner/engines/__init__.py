"""The engines: each file here is one, and is found by its name."""

from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from ..engine import Declaration


def engine_names() -> list[str]:
    """Names of all engines."""
    return sorted(module.name for module in iter_modules(__path__))


def find_engine(name: Any) -> Declaration:
    """The declaration of an engine, which loads no program.

    Raises:
        ValueError: there is no such engine.
    """
    if name not in engine_names():
        raise ValueError(f"{name!r} is not one of {', '.join(engine_names())}")
    return _declaration(name)


@cache
def _declaration(name: str) -> Declaration:
    found: Declaration = import_module(f".{name}", __name__).DECLARATION
    return found


def add_folder(folder: Path) -> None:
    """Have the files of a folder taken for engines as if they stood here."""
    if str(folder) not in __path__:
        __path__.append(str(folder))
