"""Predicted beside measured properties of liquids, from archives of finished studies.

    python benchmarks/liquids.py archive/*.aiida [-o benchmarks/results/liquids.json]

No profile is needed. QM is the CPU time of all points, those from the cache with what they took
when they were computed. `commit` is that with which an archive came into the repository.
"""

import argparse
import json
import subprocess
from pathlib import Path
from typing import Any

from aiida import load_profile
from aiida.orm import ProcessNode, QueryBuilder
from aiida.storage.sqlite_zip.backend import SqliteZipBackend

from aiida_forcefield.study.results import collect_results

MATERIAL = "aiida.workflows:forcefield.material"


def main() -> None:
    """Read each archive, print a line for each property and write JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archives", type=Path, nargs="+")
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    rows = [row for archive in arguments.archives for row in told_by(archive)]
    for row in rows:
        value = f"{row['value']:.4g} ± {row['error']:.2g} {row['unit']}"
        deviation = row["value"] / row["measured"] - 1 if row["measured"] else float("nan")
        print(f"{row['material']:22} {row['property']:22} {value:26} {deviation:+.1%}")
    if arguments.output:
        arguments.output.write_text(json.dumps(rows, indent=2) + "\n")


def told_by(archive: Path) -> list[dict[str, Any]]:
    """Each property of the study in an archive."""
    load_profile(SqliteZipBackend.create_profile(archive), allow_switch=True)
    query = QueryBuilder().append(ProcessNode, filters={"process_type": MATERIAL})
    study = query.order_by({ProcessNode: {"id": "desc"}}).first(flat=True)
    results = collect_results(study)
    command = ["git", "log", "-1", "--format=%h", "--", archive.name]
    commit = subprocess.run(
        command, cwd=archive.parent, capture_output=True, text=True, check=True
    ).stdout.strip()
    return [
        {
            "material": results["title"],
            "property": label,
            "value": found["value"],
            "error": found.get("uncertainty", found["standard_error"]),
            "unit": found["unit"],
            "measured": results["reference"].get(label, {}).get("value"),
            "grade": results["grades"][label]["grade"],
            "qm_cpu_seconds": round(study.outputs.qm_count["cpu_seconds"]),
            "protocol": results["protocol"],
            "electrostatics": study.inputs.fit.electrostatics.value,
            "archive": archive.name,
            "commit": commit,
        }
        for label, found in results["properties"].items()
    ]


if __name__ == "__main__":
    main()
