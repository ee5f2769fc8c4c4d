"""What is wrong with the values of a study file, as lines for its author."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from aiida_forcefield.study.schema import NAME, Study
from aiida_forcefield.study.yaml_lines import KeyPath

_KEY = "[key]"
"""Stands behind the path of a key that is itself wrong."""


def located(path: Path, lines: Mapping[KeyPath, int], keys: KeyPath, message: str) -> str:
    """The message behind file, line and key path; a key that is missing stands at its parent."""
    known = next(keys[:end] for end in range(len(keys), -1, -1) if keys[:end] in lines)
    dotted = ".".join(str(key) for key in keys)
    return f"{path}:{lines[known]}: {dotted or 'study'}: {' '.join(message.split())}"


def mistakes(
    error: ValidationError, schema: type[BaseModel] = Study
) -> Iterator[tuple[KeyPath, str]]:
    """Key path and sentence of each mistake.

    Args:
        error: of values that were to be of the schema.
        schema: of which the paths are.
    """
    details = error.errors(include_url=False)
    unknown = {detail["loc"][:-1] for detail in details if detail["type"] == "extra_forbidden"}
    for detail in details:
        # A misspelt key is missing, too; saying so once is enough.
        if not (detail["type"] == "missing" and detail["loc"][:-1] in unknown):
            keys = tuple(key for key in detail["loc"] if key != _KEY)
            yield keys, _sentence(detail, schema)


def _sentence(detail: ErrorDetails, schema: type[BaseModel]) -> str:
    given = detail["input"]
    match detail["type"]:
        case "extra_forbidden":
            return f"unknown key; allowed: {', '.join(_section_keys(detail['loc'][:-1], schema))}"
        case "missing":
            return "is missing"
        case "model_type":
            keys = ", ".join(_section_keys(detail["loc"], schema))
            return f"{given!r} has no keys; it needs some of: {keys}"
        case "dict_type":
            return f"{given!r} has no keys"
        case "string_type":
            return f"{given!r} is no text; put the value in quotes"
        case "string_pattern_mismatch" if detail["ctx"]["pattern"] == NAME:
            return f"{given!r} is no name of a species: letters and digits are allowed, _ between"
        case "string_pattern_mismatch":
            return f"{given!r} is no name; letters, digits, spaces and , . ( ) + - are allowed"
        case "source" | "state" | "form" | "measure" | "twice" | "kind" | "entry":
            return detail["msg"]
        case _:
            message = re.sub("^(Input|List|Dictionary) ", "", detail["msg"]).replace("valid ", "")
            return f"{given!r} is not allowed: it {message}"


def _section_keys(keys: KeyPath, schema: type[BaseModel]) -> list[str]:
    """The keys that the section at this path of a schema may have."""
    found: list[Any] = [schema]
    for key in keys:
        found = [inner for each in found for inner in _inside(each, key)]
    return list(next(each for each in found if _is_section(each)).model_fields)


def _inside(annotation: Any, key: object) -> Iterator[Any]:
    """What may stand behind a key of a section, a list or a mapping."""
    if _is_section(annotation):
        if key in annotation.model_fields:
            yield from _options(annotation.model_fields[key].annotation)
    elif get_origin(annotation) in (list, dict):
        yield from _options(get_args(annotation)[-1])


def _options(annotation: Any) -> Iterator[Any]:
    """Those of a union, else the annotation itself; without what is said of them beside."""
    if get_origin(annotation) is Annotated:
        yield from _options(get_args(annotation)[0])
    elif get_origin(annotation) in (list, dict) or not get_args(annotation):
        yield annotation
    else:
        for option in get_args(annotation):
            yield from _options(option)


def _is_section(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
