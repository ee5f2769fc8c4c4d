"""What a finished study cost, and what it left in the database, from its archive.

    python benchmarks/study_cost.py ARCHIVE.aiida ... [-o FILE.json]

No profile is needed. QM is the CPU time of all points, those from the cache with what they took
when they were computed; MD is the CPU time that LAMMPS tells.
"""

import argparse
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

from aiida import load_profile
from aiida.orm import CalcJobNode, Node, ProcessNode, QueryBuilder
from aiida.storage.sqlite_zip.backend import SqliteZipBackend

from aiida_forcefield.data import PointsData
from aiida_forcefield.scans import MISSING

RUN = re.compile(r"Loop time of (\S+) on \d+ procs.*?([\d.]+)% CPU use", re.DOTALL)


def main() -> None:
    """Read each archive, print a table and write JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archives", type=Path, nargs="+")
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    report = {}
    for archive in arguments.archives:
        load_profile(SqliteZipBackend.create_profile(archive), allow_switch=True)
        report[archive.name] = {
            **cost(),
            "archive_megabytes": round(archive.stat().st_size / 1e6, 1),
        }
        for key, value in report[archive.name].items():
            print(f"{archive.name}  {key:20}  {value}")
    if arguments.output:
        arguments.output.write_text(json.dumps(report, indent=2) + "\n")


def cost() -> dict[str, Any]:
    """The cost of the study in the archive that is loaded."""
    jobs = QueryBuilder().append(CalcJobNode, tag="job")
    jobs.append(PointsData, with_incoming="job", project="*")
    points = [node.value for node in jobs.all(flat=True)]
    seconds = [part.cpu_seconds for part in points]
    kinds = Counter(
        str(kind).rsplit(".", 2)[-2]
        for kind in QueryBuilder().append(ProcessNode, project="node_type").all(flat=True)
    )
    links = QueryBuilder().append(Node, tag="a").append(Node, with_incoming="a")
    return {
        "qm_points": sum(status != MISSING for part in points for status in part.statuses),
        "qm_jobs": len(points),
        "qm_cpu_seconds": round(sum(float(part.sum()) for part in seconds)),
        "qm_longest_point": round(max(float(part.max()) for part in seconds)),
        "md_cpu_seconds": round(md_seconds()),
        "processes": dict(kinds),
        "nodes": QueryBuilder().append(Node).count(),
        "links": links.count(),
    }


def md_seconds() -> float:
    """CPU time of LAMMPS in all its runs."""
    query = QueryBuilder().append(CalcJobNode, filters={"process_type": {"like": "%forcefield.md"}})
    texts = (
        job.outputs.retrieved.base.repository.get_object_content("lammps.out")
        for job in query.all(flat=True)
    )
    runs = (run for text in texts for run in RUN.findall(text))
    return sum(float(loop) * float(share) / 100 for loop, share in runs)


if __name__ == "__main__":
    main()
