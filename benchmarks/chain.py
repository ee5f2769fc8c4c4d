"""Where the time of a study goes: QM, MD, fit and the workflow engine itself.

    python benchmarks/chain.py PK [-p PROFILE] [-o FILE.json]

Reads a finished study's provenance graph. A wall-clock second belongs to molecular dynamics if an
MD job did its work in it, else to QM if a QM job did, else to the fit or another calcfunction if
one ran, and else to the engine: submitting, polling, retrieving, storing.
"""

import argparse
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
from aiida import load_profile
from aiida.orm import CalcFunctionNode, CalcJobNode, ProcessNode, QueryBuilder

from aiida_forcefield.study.aiida_profile import find_study
from aiida_forcefield.study.errors import InputError
from aiida_forcefield.study.graph import descendants

Interval = tuple[float, float]


def main() -> None:
    """Measure one study, print a table and write JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pk", type=int)
    parser.add_argument("-p", "--profile", default="forcefield")
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    load_profile(arguments.profile)
    try:
        study = find_study(arguments.pk)
    except InputError as error:
        parser.error(error.message)
    report = measure(study)
    for name, seconds in report["wall_seconds"].items():
        share = seconds / report["total_wall_seconds"]
        print(f"{name:22s} {seconds:8.1f} s  {share:6.1%}")
    print(f"{'total':22s} {report['total_wall_seconds']:8.1f} s")
    for name, count in report["processes"].items():
        print(f"{count:5d} {name}")
    if arguments.output:
        arguments.output.write_text(json.dumps(report, indent=2) + "\n")


def measure(study: ProcessNode) -> dict:
    """Wall-clock seconds of each part of a study and the number of its processes."""
    processes = descendants(study.pk)
    query = QueryBuilder().append(
        (CalcJobNode, CalcFunctionNode), filters={"id": {"in": processes}}
    )
    intervals: dict[str, list[Interval]] = {"md": [], "qm": [], "fit": [], "calcfunctions": []}
    counts: dict[str, int] = {}
    for (node,) in query.iterall():
        name = (node.process_type or "").rsplit(":", 1)[-1]
        counts[name] = counts.get(name, 0) + 1
        part = {
            "forcefield.md": "md",
            "forcefield.packing": "md",
            "forcefield.qm": "qm",
            "forcefield.fit_force_field": "fit",
        }.get(name, "calcfunctions")
        if not node.base.caching.is_created_from_cache:
            intervals[part] += work(node)
    start, end = study.ctime.timestamp(), study.mtime.timestamp()
    ticks = np.arange(start, end, 0.1)
    free = np.ones(len(ticks), dtype=bool)
    seconds = {}
    for part, spans in intervals.items():
        busy = np.zeros(len(ticks), dtype=bool)
        for first, last in spans:
            busy |= (ticks >= first) & (ticks < last)
        seconds[part] = float((busy & free).sum() * 0.1)
        free &= ~busy
    seconds["engine"] = float(free.sum() * 0.1)
    return {
        "study": study.label,
        "protocol": study.inputs.protocol.value,
        "total_wall_seconds": (study.mtime - study.ctime) / timedelta(seconds=1),
        "wall_seconds": seconds,
        "processes": dict(sorted(counts.items())),
    }


def work(node: CalcJobNode | CalcFunctionNode) -> Iterator[Interval]:
    """When a process did its work; of a job, what its program itself took, up to its end."""
    end = node.mtime.timestamp()
    if isinstance(node, CalcFunctionNode):
        yield node.ctime.timestamp(), end
        return
    if "retrieved" not in node.outputs:  # killed or given up
        return
    folder = node.outputs.retrieved.base.repository
    names = folder.list_object_names()
    seconds = 0.0
    if "results.jsonl" in names:
        for line in folder.get_object_content("results.jsonl").splitlines():
            seconds += json.loads(line).get("wall_seconds", 0.0)
    elif "lammps.out" in names:
        from aiida_forcefield.dynamics import parse_log

        seconds = parse_log(folder.get_object_content("lammps.out")).wall_seconds
    yield end - seconds, end


if __name__ == "__main__":
    main()
