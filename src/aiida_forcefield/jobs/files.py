"""The files of a job: its task, and its result or why there is none."""

import json
import os
from pathlib import Path
from typing import Any, TypeVar
from zipfile import BadZipFile

import numpy as np

from aiida_forcefield.serial import assemble, dismantle

T = TypeVar("T")

TASK, RESULT = "task", "result"
SUFFIXES = (".json", ".npz")
REFUSED = "refused"
"""Key of a result that is only a message: the task cannot be done."""


class RefusedError(ValueError):
    """The task of a job cannot be done; the message says why."""


def write(folder: Path, name: str, value: Any) -> None:
    """Write a dataclass as ``NAME.json`` and ``NAME.npz``, each at once.

    Another copy of the job may do the same in the same folder; the JSON comes last, and with it
    all is there.
    """
    plain, arrays = dismantle(value)
    own = folder / f"{name}.{os.getpid()}.npz"
    np.savez(own, allow_pickle=False, **arrays)
    own.rename(folder / f"{name}.npz")
    write_plain(folder, name, plain)


def write_plain(folder: Path, name: str, plain: dict[str, Any]) -> None:
    """Write plain values as ``NAME.json``, at once."""
    own = folder / f"{name}.{os.getpid()}.json"
    own.write_text(json.dumps(plain))
    own.rename(folder / f"{name}.json")


def read(folder: Path, name: str, kind: type[T]) -> T:
    """Read what `write` wrote.

    Raises:
        RefusedError: it is a message that the task cannot be done.
        OSError: a file is missing.
        ValueError: a file is damaged, or holds something else.
    """
    plain = json.loads((folder / f"{name}.json").read_text())
    if not isinstance(plain, dict):
        raise ValueError(f"{name}.json: not an object")
    if REFUSED in plain:
        raise RefusedError(plain[REFUSED])
    try:
        with np.load(folder / f"{name}.npz", allow_pickle=False) as arrays:
            return assemble(kind, plain, dict(arrays))
    except (BadZipFile, EOFError, TypeError) as error:
        raise ValueError(f"{name}: {error}") from None
