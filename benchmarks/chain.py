"""Where the time of a study goes: QM, MD, jobs of functions, calcfunctions, the workflow engine.

    python benchmarks/chain.py PK [-p PROFILE] [-o FILE.json]

Reads the provenance graph of a finished study.

- Jobs: what their programs took, CPU seconds, those from the cache with what they took when they
  were computed. All fits together should take no more than a twentieth of the QM.
- Calcfunctions: wall seconds inside the daemon's worker, from creation to the last change. None
  should take more than two; those that do are named.
- A wall-clock second of the study belongs to MD if an MD job did its work in it, else to QM if a QM
  job did, else to a job of a function, else to a calcfunction, and else to the engine: submitting,
  polling, retrieving, storing. What the cache supplied took none.
"""

import argparse
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from aiida import load_profile
from aiida.orm import CalcFunctionNode, CalcJobNode, ProcessNode, QueryBuilder

from aiida_forcefield.dynamics import ENGINES
from aiida_forcefield.study.aiida_profile import find_study
from aiida_forcefield.study.errors import InputError
from aiida_forcefield.study.graph import descendants

PARTS = {
    "forcefield.md": "md",
    "forcefield.openmm": "md",
    "forcefield.packing": "md",
    "forcefield.qm": "qm",
    "forcefield.fit_force_field": "fits",
    "forcefield.many_body": "many_body",
}
"""Of CalcJobs, in the order in which they claim a second; others are `other jobs`."""
ORDER = (*dict.fromkeys(PARTS.values()), "other jobs", "calcfunctions")
SLOW = 2.0
"""Seconds that a calcfunction may keep a daemon's worker."""
FITS = 0.05
"""Of the QM of a study, what all its fits may take."""
PACKMOL = re.compile(r"Running time:\s+([\d.]+)")


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
    total = report["total_wall_seconds"]
    print(f"{'wall time':34} {total:9.1f} s")
    for name, seconds in report["wall_seconds"].items():
        print(f"  {name:32} {seconds:9.1f} s  {seconds / total:6.1%}")
    print("processes")
    for name, found in report["processes"].items():
        kind = "CPU-s" if found["job"] else "s    "
        print(
            f"  {name:32} {found['seconds']:9.1f} {kind} in {found['count']:4d}, "
            f"longest {found['longest']:.1f}"
        )
    print(f"calcfunctions above {SLOW:g} s: {', '.join(report['slow_calcfunctions']) or 'none'}")
    share = report["fits_of_qm"]
    if share is not None:
        print(f"fits: {share:.1%} of the QM; target {FITS:.0%}, met: {share <= FITS}")
    if arguments.output:
        arguments.output.write_text(json.dumps(report, indent=2) + "\n")


def measure(study: ProcessNode) -> dict[str, Any]:
    """Seconds of each part and of each kind of process of a study."""
    query = QueryBuilder().append(
        (CalcJobNode, CalcFunctionNode), filters={"id": {"in": descendants(study.pk)}}
    )
    spans: dict[str, list[tuple[float, float]]] = {part: [] for part in ORDER}
    taken: dict[str, list[float]] = defaultdict(list)
    jobs = set()
    slow = []
    for (node,) in query.iterall():
        name = (node.process_type or "").rsplit(":", 1)[-1]
        is_job = isinstance(node, CalcJobNode)
        part = PARTS.get(name, "other jobs") if is_job else "calcfunctions"
        cached = node.base.caching.is_created_from_cache
        if is_job:
            jobs.add(name)
            seconds, end = cpu_seconds(node), ended(node)
        else:
            seconds = 0.0 if cached else (node.mtime - node.ctime) / timedelta(seconds=1)
            end = node.mtime.timestamp()
            if seconds > SLOW:
                slow.append(f"{name} (PK {node.pk}, {seconds:.1f} s)")
        taken[name].append(seconds)
        if not cached:
            spans[part].append((end - seconds, end))
    qm = sum(taken["forcefield.qm"])
    return {
        "study": study.label,
        "protocol": study.inputs.protocol.value,
        "total_wall_seconds": (study.mtime - study.ctime) / timedelta(seconds=1),
        "wall_seconds": dict(divided(study, spans)),
        "processes": {
            name: {
                "job": name in jobs,
                "count": len(each),
                "seconds": round(sum(each), 2),
                "longest": round(max(each), 2),
            }
            for name, each in sorted(taken.items())
            if each
        },
        "slow_calcfunctions": slow,
        "fits_of_qm": sum(taken["forcefield.fit_force_field"]) / qm if qm else None,
    }


def divided(
    study: ProcessNode, spans: dict[str, list[tuple[float, float]]]
) -> Iterator[tuple[str, float]]:
    """Wall-clock seconds of each part, and last of the engine."""
    tick = 0.1
    ticks = np.arange(study.ctime.timestamp(), study.mtime.timestamp(), tick)
    free = np.ones(len(ticks), dtype=bool)
    for part, mine in spans.items():
        busy = np.zeros(len(ticks), dtype=bool)
        for first, last in mine:
            busy |= (ticks >= first) & (ticks < last)
        yield part, float((busy & free).sum() * tick)
        free &= ~busy
    yield "engine", float(free.sum() * tick)


def ended(node: CalcJobNode) -> float:
    """When the scheduler was last seen to have the job: soon after its program ended."""
    seen = node.base.attributes.get("scheduler_lastchecktime", None)
    return datetime.fromisoformat(seen).timestamp() if seen else node.mtime.timestamp()


def cpu_seconds(node: CalcJobNode) -> float:
    """What the program of a job took, as it told; 0 where it was killed."""
    if "points" in node.outputs:
        return float(node.outputs.points.value.cpu_seconds.sum())
    if "retrieved" not in node.outputs:
        return 0.0
    folder = node.outputs.retrieved.base.repository
    names = folder.list_object_names()
    for output, engine in (("lammps.out", "lammps"), ("openmm.out", "openmm")):
        if output in names:
            return ENGINES[engine].read_log(folder.get_object_content(output)).cpu_seconds
    printed = "".join(
        folder.get_object_content(name)
        for name in (node.get_option("scheduler_stdout"), "packmol.out")
        if name in names
    )
    if found := PACKMOL.search(printed):
        return float(found.group(1))
    lines = [line for line in printed.splitlines() if line.startswith('{"cpu_seconds"')]
    return sum(json.loads(line)["cpu_seconds"] for line in lines)


if __name__ == "__main__":
    main()
