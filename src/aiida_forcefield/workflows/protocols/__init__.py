"""Protocols: named sets of defaults, from a quick draft to a balanced prediction."""

import copy
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import yaml

from aiida_forcefield.workflows.protocols.check import QM_SECTIONS, SettingError, check

Settings = dict[str, Any]

# Sections whose keys need not stand in the defaults: `check` knows all that they may have.
OPEN_SECTIONS = (*QM_SECTIONS, "fit", "spread", "properties")


@cache
def _file() -> Settings:
    text = resources.files(__name__).joinpath("material.yaml").read_text()
    content: Settings = yaml.safe_load(text)
    return content


def protocol_names() -> tuple[str, ...]:
    """All protocols, cheapest first."""
    return tuple(_file()["protocols"])


def describe(name: str) -> str:
    """What a protocol does and costs, in a sentence or two."""
    check_name(name)
    return str(_file()["protocols"][name]["description"])


def check_name(name: str) -> None:
    """Raise a ValueError where there is no protocol of that name."""
    if name not in protocol_names():
        raise ValueError(f"protocol {name!r} is unknown; allowed: {', '.join(protocol_names())}")


def get_protocol(name: str, overrides: Mapping[str, Any] | None = None) -> Settings:
    """The settings of a protocol, with overrides merged in recursively.

    Raises:
        ValueError: unknown protocol; as SettingError an override with a key that the protocol does
            not have or a value that is not allowed. One line.
    """
    check_name(name)
    settings = copy.deepcopy(_file()["defaults"])
    differences = {k: v for k, v in _file()["protocols"][name].items() if k != "description"}
    _merge(settings, differences, strict=False)
    _merge(settings, overrides or {}, strict=True)
    check(settings)
    return settings


def _merge(
    target: Settings, changes: Mapping[str, Any], strict: bool, path: tuple[str, ...] = ()
) -> None:
    """Merge `changes` into `target`; a null removes a key."""
    for key, value in changes.items():
        here = (*path, str(key))
        if strict and key not in target and here[0] not in OPEN_SECTIONS:
            raise SettingError(here, f"is unknown; allowed: {', '.join(sorted(target))}")
        if value is None:
            target.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(target.get(key), dict):
            _merge(target[key], value, strict, here)
        elif strict and isinstance(target.get(key), dict) and key not in ("basis", "forms"):
            allowed = ", ".join(sorted(target[key]))
            raise SettingError(here, f"{value!r} must be a mapping with keys of {allowed}")
        else:
            target[key] = copy.deepcopy(value)
