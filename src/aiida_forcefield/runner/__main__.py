"""``python runner.pyz job.json``: compute the points of a job; exit code 2 if the job is wrong."""

import os
import sys
from pathlib import Path

# Read once, when numpy and the engines load their libraries: so before any of them is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", os.environ["OMP_NUM_THREADS"])
os.environ.setdefault("MKL_NUM_THREADS", os.environ["OMP_NUM_THREADS"])


def main(arguments: list[str]) -> int:
    """Run one job file; results are appended to results.jsonl beside it."""
    from .batch import run
    from .job import read_job

    if len(arguments) != 1:
        print("usage: python runner.pyz job.json", file=sys.stderr)
        return 2
    path = Path(arguments[0])
    try:
        run(read_job(path), path.with_name("results.jsonl"))
    except ValueError as error:
        print(f"{path.name}: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
