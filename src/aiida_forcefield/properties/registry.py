"""Properties as plugins, found by entry point."""

from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from aiida_forcefield.properties.property import Property, State, Target

GROUP = "aiida_forcefield.properties"


def property_names() -> tuple[str, ...]:
    """All properties that can be predicted."""
    return tuple(sorted(entry_points(group=GROUP).names))


@cache
def property_of(name: str) -> Property[Any]:
    """The property of an entry point in the group ``aiida_forcefield.properties``.

    Raises:
        ValueError: there is no such property.
    """
    known = entry_points(group=GROUP)
    if name not in known.names:
        raise ValueError(f"property {name!r} is unknown; allowed: {', '.join(sorted(known.names))}")
    found: Property[Any] = known[name].load()()
    return found


def read_request(name: str, request: Mapping[str, Any]) -> State:
    """The request of a property.

    Raises:
        ValueError: unknown property, or a key or value that is not allowed; one line.
    """
    return _validated(property_of(name).schema, request, name)


def read_target(name: str, target: Mapping[str, Any] | None = None) -> Target:
    """The statistical error to reach; without one, that which the property has of its own.

    Raises:
        ValueError: unknown property, or a key or value that is not allowed; one line.
    """
    own = property_of(name).target
    return own if target is None else _validated(type(own), target, name)


Model = TypeVar("Model", bound=BaseModel)


def _validated(schema: type[Model], content: Mapping[str, Any], path: str) -> Model:
    try:
        return schema.model_validate(dict(content))
    except ValidationError as error:
        raise ValueError(_sentence(error.errors(include_url=False)[0], path, schema)) from None


def _sentence(mistake: ErrorDetails, path: str, schema: type[BaseModel]) -> str:
    where = ".".join([path, *(str(key) for key in mistake["loc"])])
    match mistake["type"]:
        case "missing":
            return f"{where} is missing"
        case "extra_forbidden":
            return f"{where} is unknown; allowed: {', '.join(schema.model_fields)}"
    return f"{where}: {mistake['input']!r} {mistake['msg'].replace('Input should', 'must', 1)}"
