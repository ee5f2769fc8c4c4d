"""Parser of a batch of quantum-mechanical points."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from aiida.engine import ExitCode
from aiida.orm import ArrayData

from aiida_forcefield.calculations.jobs.qm import QmCalculation
from aiida_forcefield.data import PointsData
from aiida_forcefield.parsers.job import DISK_FULL, MACHINE, NOT_THERE, JobParser, says
from aiida_forcefield.parsers.records import COMPONENTS, REFERENCE_ARRAYS, Record, read_records
from aiida_forcefield.scans import (
    INTERRUPTED,
    MISSING,
    OUT_OF_MEMORY,
    OUT_OF_TIME,
    Points,
    Structures,
)

POINT_ARRAYS = ("hessian", "dipole", "polarizability", "c6")
CANCELLED = ("CANCELLED AT", "Terminated")
"""In the last words of Slurm and of the shell."""
OWN = (QmCalculation.FILENAME_JOB, QmCalculation.FILENAME_RUNNER)


class QmParser(JobParser):
    """Make one node of all points, whatever became of the job as a whole."""

    def parse(self, **kwargs: Any) -> ExitCode:
        """Parse the results; points that a killed job left undone have the status ``missing``."""
        results = Path(kwargs["retrieved_temporary_folder"]) / QmCalculation.FILENAME_RESULTS
        content = results.read_bytes() if results.exists() else b""
        # Conformers compete: they end as one point, the reference.
        parameters = self.node.inputs.parameters.get_dict()
        reference = "reference" in parameters
        structures = self.node.inputs.structures.value
        count = 1 if reference else len(structures.positions)
        header, records, broken = read_records(content, len(structures.cluster.symbols), count)
        if not header:
            return self._not_begun()
        if reference and 0 in records and not is_reference(records[0]):
            del records[0]

        verdict = None if len(records) == count else self.cut_short()
        if verdict and broken is not None:
            message = f"the job ended while it was computed: {verdict.message}"
            records[broken] = {"status": self._blame(verdict), "message": message}

        points = collect_points(structures, records, count, header["versions"])
        self.out("points", PointsData(points))
        if reference and points.ok.all():
            self.out("reference", reference_arrays(records[0]))
        asked = [name for name in POINT_ARRAYS if parameters.get(name)]
        if asked and points.ok.any():
            self.out("properties", point_arrays(records, points.ok, asked))
        for index in np.flatnonzero(~points.ok):
            self.logger.warning(
                f"point {index}: {points.statuses[index]}: {points.messages[index]}"
            )
        if verdict:
            return verdict
        if not points.ok.any():
            return self.exit_codes.ERROR_NO_POINT.format(
                reason=f"{points.statuses[0]} {points.messages[0]}"
            )
        # Not None, with which the scheduler's verdict would stand although all points are there.
        return ExitCode(0)

    def _not_begun(self) -> ExitCode:
        """Why a job has no results: what the runner refuses, or something ended the job."""
        *_, last = ["", *self.complaint.splitlines()]
        kind, _, reason = last.partition(": ")
        if kind == "wrong_version":
            return self.exit_codes.ERROR_WRONG_VERSION.format(reason=reason)
        if kind == "missing_program":
            return self.exit_codes.ERROR_MISSING_PROGRAM.format(reason=reason)
        if last.endswith(NOT_THERE) and not says(last, OWN):  # the shell's words
            return self.exit_codes.ERROR_MISSING_PROGRAM.format(reason=last)
        if kind == QmCalculation.FILENAME_JOB and not says(reason, (*MACHINE, "not JSON")):
            return self.exit_codes.ERROR_NOT_STARTED.format(reason=last)
        return self.cut_short()

    def cut_short(self, words: str = "", done: str = "") -> ExitCode:
        """See `JobParser.cut_short`; a full disk is told, too."""
        verdict = super().cut_short(words, done)
        incomplete = verdict.status == self.exit_codes.ERROR_INCOMPLETE.status
        if incomplete and says(self.complaint, DISK_FULL):
            return self.exit_codes.ERROR_DISK_FULL
        return verdict

    def _blame(self, verdict: ExitCode) -> str:
        """The status of the point in whose middle a job ended: it may be the reason for that."""
        codes = self.exit_codes
        if verdict.status == codes.ERROR_SCHEDULER_OUT_OF_MEMORY.status:
            return OUT_OF_MEMORY
        if verdict.status == codes.ERROR_SCHEDULER_OUT_OF_WALLTIME.status:
            return OUT_OF_TIME
        known = verdict.status != codes.ERROR_INCOMPLETE.status or says(self.complaint, CANCELLED)
        return MISSING if known else INTERRUPTED


def collect_points(
    structures: Structures,
    records: dict[int, Record],
    count: int,
    versions: dict[str, str],
) -> Points:
    """Put the records of the first `count` structures in their places."""
    atoms = len(structures.cluster.symbols)
    missing: Record = {"status": MISSING, "message": "the job ended before this point"}
    rows = [records.get(index, missing) for index in range(count)]

    def scalars(key: str) -> np.ndarray:
        values = [row.get(key) for row in rows]
        return np.array([np.nan if value is None else value for value in values], dtype=float)

    def vectors(key: str, default: np.ndarray) -> np.ndarray:
        values = [row.get(key) for row in rows]
        return np.array(
            [default[i] if value is None else value for i, value in enumerate(values)], dtype=float
        ).reshape(default[:count].shape)

    periodic = structures.cells is not None

    return Points(
        origin=structures.origin,
        cluster=structures.cluster,
        positions=vectors("positions", structures.positions),
        requested=structures.values[:count],
        energies=scalars("energy"),
        gradients=vectors("gradient", np.full((count, atoms, 3), np.nan)),
        slopes=scalars("slope"),
        statuses=tuple(row["status"] for row in rows),
        messages=tuple(row["message"] for row in rows),
        cpu_seconds=np.nan_to_num(scalars("cpu_seconds")),
        versions=versions,
        cells=structures.cells,
        stresses=vectors("stress", np.full((count, 3, 3), np.nan)) if periodic else None,
        **{
            name: scalars(name)
            for name in COMPONENTS
            if any(row.get(name) is not None for row in rows)
        },
    )


def is_reference(record: Record) -> bool:
    """Whether the record of a reference has all that belongs to it."""
    return record["status"] != "ok" or all(
        record.get(name) is not None for name in REFERENCE_ARRAYS
    )


def point_arrays(records: dict[int, Record], ok: np.ndarray, names: Sequence[str]) -> ArrayData:
    """One array for each property, with NaN for the points that are not ok."""
    arrays = {}
    for name in names:
        found = {index: records[index].get(name) for index in np.flatnonzero(ok).tolist()}
        known = {index: value for index, value in found.items() if value is not None}
        if known:
            arrays[name] = np.full((len(ok), *np.shape(next(iter(known.values())))), np.nan)
            for index, value in known.items():
                arrays[name][index] = value
    return ArrayData(arrays)


def reference_arrays(record: Record) -> ArrayData:
    """The properties of the reference geometry, one array each."""
    return ArrayData({name: np.array(record[name], dtype=float) for name in REFERENCE_ARRAYS})
