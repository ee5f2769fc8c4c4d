"""The records of a results file, of which none is believed that could not have been written.

A disk may fail and a stranger may have written the file: what is not sound counts as not there, so
that the point is computed again.
"""

from collections.abc import Mapping
from typing import Any, get_args

import numpy as np

from aiida_forcefield.runner.results import parse_results
from aiida_forcefield.runner.status import Status

Record = dict[str, Any]

STATUSES = get_args(Status)
COMPONENTS = ("electrostatics", "exchange", "induction", "three_body")
"""Parts of interaction energies."""
REFERENCE_ARRAYS = (
    "hessian",
    "frequencies",
    "dipole",
    "dipole_solvated",
    "grid",
    "potential",
    "potential_solvated",
    "c6",
    "conformer_energies",
)


def read_records(
    content: bytes, atoms: int, count: int
) -> tuple[Record, dict[int, Record], int | None]:
    """Header, the sound records of up to `count` points of `atoms` atoms each, and a broken one.

    Records go by their index; the broken one is the index of the point in whose middle the job
    ended, None where it ended between two.
    """
    header: Record = {}
    records: dict[int, Record] = {}
    begun = None
    for record in parse_results(content):
        begun = None if "finished" in record else record.get("begun", begun)
        if _is_header(record.get("header")):
            header = record["header"]
        elif _is_sound(record, atoms, count):
            records.setdefault(record["index"], record)
    possible = type(begun) is int and 0 <= begun < count and begun not in records
    return header, records, begun if possible else None


def _is_header(header: Any) -> bool:
    versions = header.get("versions") if isinstance(header, dict) else None
    return isinstance(versions, dict) and all(isinstance(text, str) for text in versions.values())


def _is_sound(record: Mapping[str, Any], atoms: int, count: int) -> bool:
    """Whether a record has a point's index, a known status and finite numbers in their shapes."""
    index, status = record.get("index"), record.get("status")
    if type(index) is not int or not 0 <= index < count or status not in STATUSES:
        return False
    if not isinstance(record.get("message"), str):
        return False
    if record.get("positions") is None or (status == "ok" and record.get("energy") is None):
        return False
    return all(
        _fits(record[name], shape)
        for name, shape in _shapes(atoms).items()
        if record.get(name) is not None
    )


def _shapes(atoms: int) -> dict[str, tuple[int, ...] | None]:
    """Shape of each array that a record may have; None where it differs."""
    scalars = ("energy", "slope", "coordinate", "cpu_seconds", *COMPONENTS)
    return {
        **dict.fromkeys(REFERENCE_ARRAYS, None),
        **dict.fromkeys(scalars, ()),
        "positions": (atoms, 3),
        "gradient": (atoms, 3),
        "stress": (3, 3),
        "hessian": (3 * atoms, 3 * atoms),
        "dipole": (3,),
    }


def _fits(value: Any, shape: tuple[int, ...] | None) -> bool:
    try:
        array = np.array(value, dtype=float)
    except (TypeError, ValueError, OverflowError):
        return False
    return bool(np.isfinite(array).all()) and shape in (None, array.shape)
