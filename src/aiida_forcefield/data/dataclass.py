"""An immutable object of the science as a node of the provenance graph."""

from io import BytesIO
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
from aiida.orm import Data
from numpy.typing import NDArray

from aiida_forcefield.serial import assemble, dismantle

T = TypeVar("T")


class DataclassData(Data, Generic[T]):
    """A node that holds one dataclass: its arrays in one ``.npz`` file, all else as attributes.

    Attributes keep the names of the fields, so that a query can filter on them. Arrays are kept
    exactly; AiiDA rounds the numbers among the attributes to 14 significant digits. One file,
    because AiiDA hashes, clones and looks up each file of a node by itself, which for a dozen small
    arrays takes most of the time of a process.
    """

    wraps: ClassVar[type]
    ARRAYS = "arrays.npz"

    def __init__(self, value: T | None = None, **kwargs: Any) -> None:
        """Hold `value`; AiiDA itself constructs nodes without one when it loads them."""
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]
        if value is None:
            return
        if not isinstance(value, self.wraps):
            raise TypeError(f"{type(self).__name__} holds a {self.wraps.__name__}, got {value!r}")
        plain, arrays = dismantle(value)
        self.base.attributes.set_many(plain | self.index(value))
        self.label = self.name(value)
        if arrays:
            content = BytesIO()
            np.savez(content, allow_pickle=False, **arrays)
            content.seek(0)
            self.base.repository.put_object_from_bytes(content.getvalue(), self.ARRAYS)

    def index(self, value: T) -> dict[str, Any]:
        """More attributes, for queries alone: they follow from the value, and are not hashed."""
        return {}

    def name(self, value: T) -> str:
        """The label of the node, by which a person knows what it holds."""
        return ""

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
        found: T = assemble(self.wraps, self.base.attributes.all, self.arrays)
        return found
