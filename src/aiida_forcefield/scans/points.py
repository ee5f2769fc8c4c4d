"""What a scan asks of quantum mechanics, and what it gets back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.scans.cluster import Cluster
from aiida_forcefield.scans.origin import Origin

Array = NDArray[np.float64]

MISSING = "missing"
"""Status of a point whose job was ended before it."""
OUT_OF_MEMORY = "out_of_memory"
"""Status of a point that needs more memory than its job had."""
OUT_OF_TIME = "out_of_time"
"""Status of a point in whose middle the walltime of its job ended."""
INTERRUPTED = "interrupted"
"""Status of a point in whose middle its job ended, nobody knows why."""
UNFINISHED = (MISSING, OUT_OF_MEMORY, OUT_OF_TIME, INTERRUPTED)
PER_STRUCTURE = (
    "positions",
    "requested",
    "energies",
    "gradients",
    "slopes",
    "cpu_seconds",
    "cells",
    "stresses",
    "electrostatics",
    "exchange",
    "induction",
    "three_body",
)
"""Arrays of `Points` with one entry for each structure."""


@dataclass(frozen=True, eq=False)
class Structures:
    """Structures of equal composition that wait for their QM result.

    Attributes:
        origin: which scan, sampling or round asked for them.
        cluster: what each is made of.
        positions: shape (s, n, 3), Å.
        constraint: atoms of the coordinate that the scan varies; empty without one.
        values: the coordinate in each structure, shape (s,), Å or degrees; NaN without one.
        cells: lattice vectors of crystals, one a row, shape (s, 3, 3), Å; None for molecules.
    """

    origin: Origin
    cluster: Cluster
    positions: Array
    constraint: tuple[int, ...]
    values: Array
    cells: Array | None = None

    @classmethod
    def rigid(cls, origin: Origin, cluster: Cluster, positions: Array) -> "Structures":
        """Structures without a coordinate that is held."""
        return cls(origin, cluster, positions, (), np.full(len(positions), np.nan))


@dataclass(frozen=True, eq=False)
class Points:
    """Structures with their QM results; what failed is kept, with the reason.

    Attributes:
        origin, cluster: as in `Structures`.
        positions: final positions, shape (s, n, 3), Å.
        requested: the coordinate that was asked for, shape (s,), Å or degrees; NaN without one.
        energies: total energy, or interaction energy of several molecules, shape (s,), eV; NaN if
            failed.
        gradients: dE/dx, shape (s, n, 3), eV/Å; NaN where not computed.
        slopes: dE/dq along the scan, shape (s,), eV/Å or eV/degree; NaN where not computed.
        statuses: ``"ok"`` or the reason for the failure, one for each structure.
        messages: a sentence about each failure, or about the remedy of a point that took one.
        cpu_seconds: shape (s,).
        versions: version of each program that took part.
        cells: as in `Structures`.
        stresses: (dE/dε)/V of crystals, shape (s, 3, 3), eV/Å³; NaN where not computed.
        electrostatics, exchange, induction: parts of the interaction energies, shape (s,), eV; NaN
            if failed; None where the engine does not tell. What is left of `energies` is
            correlation.
        three_body: of three molecules, what their energy has beyond that of their pairs; as these.
    """

    origin: Origin
    cluster: Cluster
    positions: Array
    requested: Array
    energies: Array
    gradients: Array
    slopes: Array
    statuses: tuple[str, ...]
    messages: tuple[str, ...]
    cpu_seconds: Array
    versions: dict[str, str]
    cells: Array | None = None
    stresses: Array | None = None
    electrostatics: Array | None = None
    exchange: Array | None = None
    induction: Array | None = None
    three_body: Array | None = None

    @property
    def ok(self) -> NDArray[np.bool_]:
        """Which points succeeded, shape (s,)."""
        return np.array([status == "ok" for status in self.statuses], dtype=bool)

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Which points were never tried, shape (s,)."""
        return np.array([status == MISSING for status in self.statuses], dtype=bool)

    @property
    def waiting(self) -> NDArray[np.bool_]:
        """Which points the next job is to compute, shape (s,).

        Those that were never tried; after them, apart, those that a job with more time or memory
        may still come to.
        """
        tried = np.array([status in UNFINISHED for status in self.statuses], dtype=bool)
        return self.missing if self.missing.any() else tried


def join(parts: Sequence[Points]) -> Points:
    """The points of jobs of which each went on with what those before it left unfinished.

    Args:
        parts: in the order of the jobs; each holds the points that were waiting until then.

    Raises:
        ValueError: a part holds another number of points.
    """
    whole = parts[0]
    for part in parts[1:]:
        places = np.flatnonzero(whole.waiting)
        if len(places) != len(part.statuses):
            raise ValueError(f"{len(part.statuses)} points for {len(places)} that wait")
        changed: dict[str, Any] = {"versions": whole.versions | part.versions}
        for name in PER_STRUCTURE:
            old, new = getattr(whole, name), getattr(part, name)
            if old is not None or new is not None:  # a job without any point tells no components
                unknown = np.full(len(whole.statuses), np.nan)
                changed[name] = np.array(unknown if old is None else old)
                changed[name][places] = np.nan if new is None else new
        for name in ("statuses", "messages"):
            entries = list(getattr(whole, name))
            for place, entry in zip(places, getattr(part, name), strict=True):
                entries[place] = entry
            changed[name] = tuple(entries)
        whole = replace(whole, **changed)
    return whole
