"""What is wrong with the values of a study file, as lines for its author."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from aiida_forcefield.study.schema import Study
from aiida_forcefield.study.section import Section
from aiida_forcefield.study.yaml_lines import KeyPath


def located(path: Path, lines: Mapping[KeyPath, int], keys: KeyPath, message: str) -> str:
    """The message behind file, line and key path; a key that is missing stands at its parent."""
    known = next(keys[:end] for end in range(len(keys), -1, -1) if keys[:end] in lines)
    dotted = ".".join(str(key) for key in keys)
    return f"{path}:{lines[known]}: {dotted or 'study'}: {' '.join(message.split())}"


def mistakes(error: ValidationError) -> Iterator[tuple[KeyPath, str]]:
    """Key path and sentence of each mistake."""
    details = error.errors(include_url=False)
    unknown = {detail["loc"][:-1] for detail in details if detail["type"] == "extra_forbidden"}
    for detail in details:
        # A misspelt key is missing, too; saying so once is enough.
        if not (detail["type"] == "missing" and detail["loc"][:-1] in unknown):
            yield detail["loc"], _sentence(detail)


def _sentence(detail: ErrorDetails) -> str:
    given = detail["input"]
    match detail["type"]:
        case "extra_forbidden":
            return f"unknown key; allowed: {', '.join(_section_keys(detail['loc'][:-1]))}"
        case "missing":
            return "is missing"
        case "model_type":
            keys = ", ".join(_section_keys(detail["loc"]))
            return f"{given!r} has no keys; it needs some of: {keys}"
        case "string_type":
            return f"{given!r} is no text; put the value in quotes"
        case "string_pattern_mismatch":
            return f"{given!r} is no name; letters, digits, spaces and , . ( ) + - are allowed"
        case "source" | "state" | "form":
            return detail["msg"]
        case _:
            message = detail["msg"].removeprefix("Input ").replace("valid ", "")
            return f"{given!r} is not allowed: it {message}"


def _section_keys(keys: KeyPath) -> list[str]:
    """The keys that the section at this path may have."""
    section: type[BaseModel] = Study
    for key in keys:
        if isinstance(key, str):
            annotation = section.model_fields[key].annotation
            candidates = [annotation, *get_args(annotation)]
            section = next(c for c in candidates if isinstance(c, type) and issubclass(c, Section))
    return list(section.model_fields)
