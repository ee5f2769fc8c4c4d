"""Dataclasses as plain values and arrays, as nodes and jobs keep them.

Nothing is pickled: what is read back is checked against the types of the fields.
"""

import types
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

T = TypeVar("T")
Plain = dict[str, Any]
Arrays = dict[str, NDArray[Any]]


def dismantle(value: Any) -> tuple[Plain, Arrays]:
    """The fields of a dataclass as plain values, and its arrays by name.

    Arrays of a dataclass within are called ``field.array``, of one in a tuple ``field.0.array``.
    What is None by default, and is None, is left out: so a new field changes nothing that does
    without it.
    """
    arrays: Arrays = {}
    return _plain(value, "", arrays), arrays


def assemble(kind: type[T], plain: Plain, arrays: Arrays) -> T:
    """The dataclass that `dismantle` took apart.

    Raises:
        ValueError: a value that is not of the type of its field (pydantic's ValidationError), or
            that the dataclass refuses.
        TypeError: a field is missing.
    """
    value: T = _assembled(kind, plain, "", arrays)
    return value


def _plain(value: Any, prefix: str, arrays: Arrays) -> Plain:
    """Add the arrays of a dataclass to `arrays`; return its other fields as plain values."""
    plain: Plain = {}
    hints = get_type_hints(type(value))
    for field in fields(value):
        content, path = getattr(value, field.name), prefix + field.name
        if content is None and field.default is None:
            continue
        if isinstance(content, np.ndarray):
            arrays[path] = content
        elif is_dataclass(content):
            plain[field.name] = _plain(content, f"{path}.", arrays)
        elif _of_items(hints[field.name]):
            plain[field.name] = [
                _plain(item, f"{path}.{place}.", arrays) for place, item in enumerate(content)
            ]
        else:
            plain[field.name] = _adapter(hints[field.name]).dump_python(content, mode="json")
    return plain


def _assembled(kind: Any, plain: Plain, prefix: str, arrays: Arrays) -> Any:
    hints = get_type_hints(kind)
    values: dict[str, Any] = {}
    for field in fields(kind):
        path, hint = prefix + field.name, hints[field.name]
        if path in arrays:
            values[field.name] = arrays[path]
        elif field.name not in plain:  # left out
            continue
        elif within := _of_one(hint, plain[field.name]):
            values[field.name] = _assembled(within, plain[field.name], f"{path}.", arrays)
        elif within := _of_items(hint):
            values[field.name] = tuple(
                _assembled(within, item, f"{path}.{place}.", arrays)
                for place, item in enumerate(plain[field.name])
            )
        else:
            values[field.name] = _adapter(hint).validate_python(plain[field.name])
    return kind(**values)


@cache
def _adapter(hint: Any) -> TypeAdapter[Any]:
    return TypeAdapter(hint)


def _of_one(hint: Any, content: Any) -> Any:
    """The dataclass of a field that holds one, or None in its place; else None.

    Of a union of several it is the one that has the fields of the content.
    """
    options = get_args(hint) if get_origin(hint) is types.UnionType else (hint,)
    found: list[Any] = [option for option in options if is_dataclass(option)]
    if len(found) < 2:
        return found[0] if found else None
    for option in found:
        if {*content} <= {field.name for field in fields(option)}:
            return option
    names = " or ".join(option.__name__ for option in found)
    raise ValueError(f"fields {', '.join(content)}; must be those of {names}")


def _of_items(hint: Any) -> Any:
    """The dataclass of a field that holds a tuple of them, or None in its place; else None."""
    for option in get_args(hint) if get_origin(hint) is types.UnionType else (hint,):
        inner = get_args(option)
        found = get_origin(option) is tuple and len(inner) == 2 and inner[1] is Ellipsis
        if found and is_dataclass(inner[0]):
            return inner[0]
    return None
