"""How long the questions of users take in a profile of so many nodes.

    python benchmarks/queries.py [--nodes N] [--archive FILE.aiida] [--storage sqlite psql ...]
                                 [-o FILE.json]

The graph of a real study is multiplied: each copy has new UUIDs and the links of the original, and
all use the same computers and codes. Then the questions are asked that the commands ask, of the
study that was imported first, five times each, of which the median counts. `sqlite` and `psql` are
profiles as in `scale.py`.
"""

import argparse
import contextlib
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

from scale import ROOT, installation

STUDY = "aiida.workflows:forcefield.material"
RANGE = "morse.D>4.5"


def main() -> None:
    """Measure, print a table and write JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nodes", type=int, default=100_000)
    parser.add_argument("--archive", type=Path, default=ROOT / "archive" / "methanol_fast.aiida")
    parser.add_argument("--storage", nargs="+", choices=["sqlite", "psql"], default=["sqlite"])
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    report: dict[str, Any] = {"archive": arguments.archive.name}
    for storage in arguments.storage:
        with installation(storage) as environment:
            command = [sys.executable, __file__, "--measure", arguments.archive]
            found = subprocess.run(
                [*command, str(arguments.nodes)],
                env=environment,
                stdout=subprocess.PIPE,
                check=True,
            )
        report[storage] = {**json.loads(found.stdout), "load": os.getloadavg()[1]}
        for key, value in report[storage].items():
            print(f"{storage}  {value}  {key}", flush=True)
        if arguments.output:
            arguments.output.write_text(json.dumps(report, indent=2) + "\n")


def measure(archive: str, nodes: int) -> None:
    """Print the seconds of each question as JSON."""
    from aiida import load_profile
    from aiida.orm import Node, QueryBuilder
    from aiida.tools.archive import import_archive

    load_profile("scale")
    with contextlib.redirect_stdout(sys.stderr):
        import_archive(archive)
        while (there := QueryBuilder().append(Node).count()) < nodes:
            multiply(nodes - there)
        seconds = {question: median(ask) for question, ask in questions().items()}
    links = QueryBuilder().append(Node, tag="a").append(Node, with_incoming="a").count()
    print(
        json.dumps({"nodes": there, "links": links, "megabytes": megabytes(), "seconds": seconds})
    )


SIZES = {
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
    "postgresql": "SELECT pg_database_size(current_database())",
}


def megabytes() -> int:
    """Size of the database, without the repository of files."""
    from aiida.orm import Node
    from sqlalchemy import text

    session = Node.collection.backend.get_session()
    return round(session.scalar(text(SIZES[session.get_bind().dialect.name])) / 1e6)


def multiply(wanted: int) -> None:
    """Copy what the archive brought, once."""
    from aiida.orm import Node, QueryBuilder
    from aiida.orm.entities import EntityTypes

    global _ORIGINAL
    backend = Node.collection.backend
    if _ORIGINAL is None:
        names = "id node_type process_type label description ctime mtime attributes extras"
        fields = [*names.split(), "repository_metadata", "user_id", "dbcomputer_id"]
        query = QueryBuilder().append(
            Node, filters={"node_type": {"!like": "data.core.code.%"}}, project=fields
        )
        links = QueryBuilder().append(Node, tag="from", project="id")
        links.append(Node, with_incoming="from", project="id", edge_project=["label", "type"])
        _ORIGINAL = [dict(zip(fields, row, strict=True)) for row in query.all()], links.all()
    rows, links = _ORIGINAL
    copies = [{**row, "uuid": str(uuid4())} for row in rows]
    ids = [copy.pop("id") for copy in copies]
    with backend.transaction():
        new = dict(zip(ids, backend.bulk_insert(EntityTypes.NODE, copies), strict=True))
        backend.bulk_insert(
            EntityTypes.LINK,
            [
                {"input_id": new.get(a, a), "output_id": new[b], "label": label, "type": kind}
                for a, b, label, kind in links
            ],
        )


_ORIGINAL: Any = None


def questions() -> dict[str, Callable[[], object]]:
    """What users ask, each as a call that has an answer."""
    from aiida.orm import CalcJobNode, ProcessNode, QueryBuilder, load_node
    from rich.console import Console

    from aiida_forcefield.cli.data import list_
    from aiida_forcefield.cli.terminal.results import print_results
    from aiida_forcefield.data import ForceFieldData, PointsData
    from aiida_forcefield.data.provenance import nodes_behind, nodes_made_of
    from aiida_forcefield.study.campaign import count_running, latest
    from aiida_forcefield.study.progress import snapshot
    from aiida_forcefield.study.results import collect_results

    query = QueryBuilder().append(ProcessNode, filters={"process_type": STUDY}, project="id")
    pk = min(query.all(flat=True))

    def study() -> ProcessNode:
        return load_node(pk)

    def field() -> ForceFieldData:
        return study().outputs.force_field

    points = nodes_behind(field(), PointsData)[0].pk

    def list_fields(*conditions: str) -> str:
        with contextlib.redirect_stdout(io.StringIO()) as text:
            list_.main(conditions, standalone_mode=False)
        return text.getvalue()

    def show() -> bool:
        print_results(collect_results(study()), Console(file=io.StringIO()))
        return True

    return {
        "the QM points behind a force field": lambda: nodes_behind(field(), PointsData),
        "the jobs behind a force field": lambda: nodes_behind(field(), CalcJobNode),
        "the force fields that rest on a QM point": lambda: nodes_made_of(
            load_node(points), ForceFieldData
        ),
        f"verdi data forcefield list --parameter '{RANGE}'": lambda: list_fields(
            "--parameter", RANGE
        ),
        "verdi data forcefield list": list_fields,
        "aiida-forcefield status PK": lambda: snapshot(study()).lines(),
        "aiida-forcefield show PK": show,
        "has this study been launched before": lambda: latest(study().description),
        "how many studies run (0)": lambda: count_running() == 0,
    }


def median(ask: Callable[[], object]) -> float:
    """Seconds of a question, the median of five."""
    times = []
    for _ in range(5):
        begun = time.monotonic()
        assert ask()
        times.append(time.monotonic() - begun)
    return round(sorted(times)[2], 3)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(sys.argv[2], int(sys.argv[3]))
    else:
        main()
