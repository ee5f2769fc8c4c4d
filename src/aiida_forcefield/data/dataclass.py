"""An immutable object of the science as a node of the provenance graph."""

from dataclasses import fields, is_dataclass
from typing import Any, ClassVar, Generic, TypeVar, get_type_hints

import numpy as np
from aiida.orm import ArrayData
from pydantic import TypeAdapter

T = TypeVar("T")


class DataclassData(ArrayData, Generic[T]):
    """A node that holds one dataclass: its arrays as ``.npy`` files, all else as attributes.

    Attributes keep the names of the fields, so that a query can filter on them; the arrays of a
    dataclass within are called ``field__array``. Arrays are kept exactly; AiiDA rounds the
    numbers among the attributes to 14 significant digits.
    """

    wraps: ClassVar[type]

    def __init__(self, value: T | None = None, **kwargs: Any) -> None:
        """Hold `value`; AiiDA itself constructs nodes without one when it loads them."""
        super().__init__(**kwargs)
        if value is None:
            return
        if not isinstance(value, self.wraps):
            raise TypeError(f"{type(self).__name__} holds a {self.wraps.__name__}, got {value!r}")
        self.base.attributes.set_many(self._dismantle(value, ""))

    def _dismantle(self, value: Any, prefix: str) -> dict[str, Any]:
        """Store the arrays of a dataclass, and return all its other fields as plain values."""
        plain = {}
        hints = get_type_hints(type(value))
        for field in fields(value):
            content = getattr(value, field.name)
            if isinstance(content, np.ndarray):
                self.set_array(prefix + field.name, content)
            elif is_dataclass(content):
                plain[field.name] = self._dismantle(content, f"{prefix}{field.name}__")
            else:
                adapter = TypeAdapter(hints[field.name])
                plain[field.name] = adapter.dump_python(content, mode="json")
        return plain

    @property
    def value(self) -> T:
        """The object that this node holds."""
        return self._assemble(self.wraps, self.base.attributes.all, "")

    def _assemble(self, cls: type, plain: dict[str, Any], prefix: str) -> Any:
        hints = get_type_hints(cls)
        values = {}
        for field in fields(cls):
            kind = hints[field.name]
            if field.name not in plain:
                values[field.name] = self.get_array(prefix + field.name)
            elif is_dataclass(kind):
                values[field.name] = self._assemble(
                    kind, plain[field.name], f"{prefix}{field.name}__"
                )
            else:
                values[field.name] = TypeAdapter(kind).validate_python(plain[field.name])
        return cls(**values)
