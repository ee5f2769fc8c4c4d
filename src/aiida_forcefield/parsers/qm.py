"""Parser of a batch of quantum-mechanical points."""

from typing import Any

import numpy as np
from aiida.engine import ExitCode
from aiida.orm import ArrayData
from aiida.parsers.parser import Parser

from aiida_forcefield.calculations.qm import QmCalculation
from aiida_forcefield.data import PointsData
from aiida_forcefield.parsers.scheduler import scheduler_verdict
from aiida_forcefield.runner.results import parse_results
from aiida_forcefield.scans import MISSING, Points, Structures

Record = dict[str, Any]

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


class QmParser(Parser):
    """Make one node of all points, whatever became of the job as a whole."""

    def parse(self, **kwargs: Any) -> ExitCode:
        """Parse the results; points that a killed job left undone have the status ``missing``."""
        names = self.retrieved.base.repository.list_object_names()
        content = b""
        if QmCalculation.FILENAME_RESULTS in names:
            content = self.retrieved.base.repository.get_object_content(
                QmCalculation.FILENAME_RESULTS, mode="rb"
            )
        header, records, finished = read_records(content)
        if not header:
            if verdict := scheduler_verdict(self.node):
                return verdict
            complaint = (self.node.get_scheduler_stderr() or "").strip().splitlines()
            if not complaint:
                return self.exit_codes.ERROR_INCOMPLETE
            return self.exit_codes.ERROR_NOT_STARTED.format(reason=complaint[-1])

        # Conformers compete: they end as one point, the reference.
        reference = "reference" in self.node.inputs.parameters
        structures = self.node.inputs.structures.value
        count = 1 if reference else len(structures.positions)
        points = collect_points(structures, records, count, header["versions"])
        self.out("points", PointsData(points))
        if reference and points.ok.all():
            self.out("reference", reference_arrays(records[0]))
        for index in np.flatnonzero(~points.ok):
            self.logger.warning(
                f"point {index}: {points.statuses[index]}: {points.messages[index]}"
            )
        if not finished and len(records) < count:
            # A scheduler's own verdict (memory, walltime) says more than ours.
            return scheduler_verdict(self.node) or self.exit_codes.ERROR_INCOMPLETE
        if not points.ok.any():
            return self.exit_codes.ERROR_NO_POINT.format(
                reason=f"{points.statuses[0]} {points.messages[0]}"
            )
        # Not None, with which the scheduler's verdict would stand although all points are there.
        return ExitCode(0)


def read_records(content: bytes) -> tuple[Record, dict[int, Record], bool]:
    """Header, points by index and whether the job finished; a line cut short is passed over."""
    header: Record = {}
    records: dict[int, Record] = {}
    finished = False
    for record in parse_results(content):
        if "header" in record:
            header = record["header"]
        elif "index" in record:
            records.setdefault(record["index"], record)
        finished = finished or "finished" in record
    return header, records, finished


def collect_points(
    structures: Structures, records: dict[int, Record], count: int, versions: dict[str, str]
) -> Points:
    """Put the records of the first `count` structures in their places."""
    atoms = len(structures.symbols)
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
        label=structures.label,
        symbols=structures.symbols,
        split=structures.split,
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
    )


def reference_arrays(record: Record) -> ArrayData:
    """The properties of the reference geometry, one array each."""
    return ArrayData({name: np.array(record[name], dtype=float) for name in REFERENCE_ARRAYS})
