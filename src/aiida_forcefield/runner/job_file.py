"""The job file: what is to be computed, read strictly."""

import json
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from .checks import are_atoms, check_keys, is_integer
from .elements import atomic_numbers
from .engines import find_engine
from .job import Constraint, Fragment, Job
from .lattice import read_cells
from .parameters import check_of_crystals, check_parameters

_JOB_KEYS = (
    "parameters",
    "symbols",
    "charge",
    "multiplicity",
    "positions",
    "cells",
    "constraint",
    "bonds",
    "fragments",
)


def read_job(path: Path) -> Job:
    """Read and check a job file.

    Raises:
        ValueError: anything in the file is unknown, missing, of the wrong type or contradictory;
            the message is one line.
    """
    try:
        data = json.loads(path.read_text())
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ValueError(f"not JSON: {error}") from None
    check_keys("job", data, _JOB_KEYS)
    for key in ("parameters", "symbols", "positions"):
        if key not in data:
            raise ValueError(f"{key} is missing")
    try:
        positions = np.array(data["positions"], dtype=float)
    except (ValueError, TypeError):
        positions = np.empty(0)
    n = len(data["symbols"])
    if n == 0 or positions.ndim != 3 or positions.shape[1:] != (n, 3):
        raise ValueError(f"positions must be a list of structures of {n} atoms, x y z each")
    if not np.isfinite(positions).all():
        raise ValueError("positions must be finite numbers")
    job = Job(
        parameters=check_parameters(data["parameters"]),
        symbols=tuple(data["symbols"]),
        charge=_integer(data, "charge", 0),
        multiplicity=_integer(data, "multiplicity", 1),
        positions=positions,
        constraint=_constraint(data.get("constraint"), n, len(positions)),
        bonds=_bonds(data.get("bonds"), n),
        fragments=_fragments(data.get("fragments") or [], n),
        cells=read_cells(data.get("cells"), len(positions)),
    )
    _check_together(job)
    return job


def _check_together(job: Job) -> None:
    n = len(job.symbols)
    if job.multiplicity < 1:
        raise ValueError(f"multiplicity: {job.multiplicity} is not a positive integer")
    _check_electrons(job)
    if job.cells is not None:
        if job.constraint or job.fragments:
            raise ValueError("constraint, fragments: are for molecules, not for crystals")
        check_of_crystals(job.parameters)
    elif "crystal" in job.parameters:
        raise ValueError("parameters.crystal: needs the cells of the structures")
    elif job.parameters.get("c6"):
        raise ValueError("parameters.c6: is of crystals; of a molecule its reference has it")
    if "correlation" in job.parameters and job.multiplicity != 1:
        raise ValueError("multiplicity: correlation needs closed shells, multiplicity 1")
    if "reference" in job.parameters and (job.constraint or "relaxation" not in job.parameters):
        raise ValueError("parameters.reference: needs relaxation, and no constraint")
    relaxation = job.parameters.get("relaxation", {})
    named = [*relaxation.get("freeze", []), *chain.from_iterable(relaxation.get("hold", []))]
    if not are_atoms(tuple(named), n):
        raise ValueError(f"parameters.relaxation: atoms to hold or freeze must be 0 to {n - 1}")
    interaction = job.parameters.get("interaction")
    if interaction and len(job.fragments) < 2:
        raise ValueError("fragments: an interaction energy needs those of two or more molecules")
    shells = {job.multiplicity, *(fragment.multiplicity for fragment in job.fragments)}
    engine = find_engine(job.parameters["engine"])
    if interaction and shells != {1} and "counterpoise" in engine.capabilities(job.parameters):
        raise ValueError("multiplicity: the counterpoise correction needs closed shells, 1")
    if job.fragments and sum(fragment.charge for fragment in job.fragments) != job.charge:
        charges = ", ".join(str(fragment.charge) for fragment in job.fragments)
        raise ValueError(f"fragments: the charges {charges} must sum to charge, {job.charge}")


def _check_electrons(job: Job) -> None:
    """Refuse unknown elements, and multiplicities that the electrons cannot have.

    Those of a cell go into bands, in which an odd one finds its partner in another cell.
    """
    numbers = atomic_numbers(job.symbols)
    if job.cells is not None:
        return
    whole = Fragment(slice(None), job.charge, job.multiplicity)
    for part in (whole, *job.fragments):
        electrons = int(numbers[part.atoms].sum()) - part.charge
        if electrons < part.multiplicity - 1 or (electrons - part.multiplicity) % 2 == 0:
            raise ValueError(
                f"multiplicity: {part.multiplicity} is impossible with {electrons} electrons"
            )


def _fragments(data: Any, n: int) -> tuple[Fragment, ...]:
    if not isinstance(data, list):
        raise ValueError("fragments: must be a list of molecules")
    fragments, end = [], 0
    for index, entry in enumerate(data):
        where = f"fragments.{index}"
        check_keys(where, entry, ("atoms", "charge", "multiplicity"))
        atoms = _integer(entry, "atoms", 0, where)
        multiplicity = _integer(entry, "multiplicity", 1, where)
        for key, value in (("atoms", atoms), ("multiplicity", multiplicity)):
            if value < 1:
                raise ValueError(f"{where}.{key}: {value} is not a positive integer")
        charge = _integer(entry, "charge", 0, where)
        fragments.append(Fragment(slice(end, end + atoms), charge, multiplicity))
        end += atoms
    if fragments and end != n:
        raise ValueError(f"fragments: {end} atoms in all, but the structures have {n}")
    return tuple(fragments)


def _constraint(data: Any, n: int, m: int) -> Constraint | None:
    if data is None:
        return None
    check_keys("constraint", data, ("atoms", "values"))
    atoms, values = tuple(data.get("atoms", ())), tuple(data.get("values", ()))
    if not 2 <= len(atoms) <= 4 or len(set(atoms)) != len(atoms) or not are_atoms(atoms, n):
        raise ValueError(f"constraint.atoms: {list(atoms)} must be 2 to 4 atoms of 0 to {n - 1}")
    if len(values) != m or not all(isinstance(value, (int, float)) for value in values):
        raise ValueError(f"constraint.values: one number for each of the {m} structures is needed")
    return Constraint(atoms, values)


def _bonds(data: Any, n: int) -> tuple[tuple[int, int], ...] | None:
    if data is None:
        return None
    bonds = tuple((min(bond), max(bond)) for bond in data)
    if not all(len(bond) == 2 and are_atoms(tuple(bond), n) for bond in data):
        raise ValueError(f"bonds: must be pairs of atoms, 0 to {n - 1}")
    return bonds


def _integer(data: dict[str, Any], key: str, default: int, where: str = "") -> int:
    value = data.get(key, default)
    if not is_integer(value):
        raise ValueError(f"{where}{'.' * bool(where)}{key}: {value!r} is not an integer")
    return int(value)
