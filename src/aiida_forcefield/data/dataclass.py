"""An immutable object of the science as a node of the provenance graph."""

from dataclasses import fields, is_dataclass
from io import BytesIO
from typing import Any, ClassVar, Generic, TypeVar, get_type_hints

import numpy as np
from aiida.orm import Data
from numpy.typing import NDArray
from pydantic import TypeAdapter

T = TypeVar("T")


class DataclassData(Data, Generic[T]):
    """A node that holds one dataclass: its arrays in one ``.npz`` file, all else as attributes.

    Attributes keep the names of the fields, so that a query can filter on them; the arrays of a
    dataclass within are called ``field.array``. What is None by default, and is None, is left out:
    so a new field changes no hash of a node that does without it. Arrays are kept exactly; AiiDA
    rounds the numbers among the attributes to 14 significant digits. One file, because AiiDA
    hashes, clones and looks up each file of a node by itself, which for a dozen small arrays takes
    most of the time of a process.
    """

    wraps: ClassVar[type]
    ARRAYS = "arrays.npz"

    def __init__(self, value: T | None = None, **kwargs: Any) -> None:
        """Hold `value`; AiiDA itself constructs nodes without one when it loads them."""
        super().__init__(**kwargs)
        if value is None:
            return
        if not isinstance(value, self.wraps):
            raise TypeError(f"{type(self).__name__} holds a {self.wraps.__name__}, got {value!r}")
        arrays: dict[str, NDArray[Any]] = {}
        self.base.attributes.set_many(self._dismantle(value, "", arrays) | self.index(value))
        if arrays:
            content = BytesIO()
            np.savez(content, allow_pickle=False, **arrays)  # type: ignore[arg-type]
            content.seek(0)
            self.base.repository.put_object_from_filelike(content, self.ARRAYS)

    def index(self, value: T) -> dict[str, Any]:
        """More attributes, for queries alone: they follow from the value, and are not hashed."""
        return {}

    def _dismantle(
        self, value: Any, prefix: str, arrays: dict[str, NDArray[Any]]
    ) -> dict[str, Any]:
        """Add the arrays of a dataclass to `arrays`; return its other fields as plain values."""
        plain = {}
        hints = get_type_hints(type(value))
        for field in fields(value):
            content = getattr(value, field.name)
            if content is None and field.default is None:
                continue
            if isinstance(content, np.ndarray):
                arrays[prefix + field.name] = content
            elif is_dataclass(content):
                plain[field.name] = self._dismantle(content, f"{prefix}{field.name}.", arrays)
            else:
                adapter = TypeAdapter(hints[field.name])
                plain[field.name] = adapter.dump_python(content, mode="json")
        return plain

    @property
    def arrays(self) -> dict[str, NDArray[Any]]:
        """All arrays by name."""
        if self.ARRAYS not in self.base.repository.list_object_names():
            return {}
        content = self.base.repository.get_object_content(self.ARRAYS, mode="rb")
        with np.load(BytesIO(content), allow_pickle=False) as arrays:
            return dict(arrays)

    @property
    def value(self) -> T:
        """The object that this node holds."""
        return self._assemble(self.wraps, self.base.attributes.all, "", self.arrays)

    def _assemble(
        self, cls: type, plain: dict[str, Any], prefix: str, arrays: dict[str, NDArray[Any]]
    ) -> Any:
        hints = get_type_hints(cls)
        values = {}
        for field in fields(cls):
            kind = hints[field.name]
            if prefix + field.name in arrays:
                values[field.name] = arrays[prefix + field.name]
            elif field.name not in plain:  # left out
                continue
            elif is_dataclass(kind):
                values[field.name] = self._assemble(
                    kind, plain[field.name], f"{prefix}{field.name}.", arrays
                )
            else:
                values[field.name] = TypeAdapter(kind).validate_python(plain[field.name])
        return cls(**values)
