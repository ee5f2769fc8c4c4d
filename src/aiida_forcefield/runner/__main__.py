"""``python runner.pyz job.json``: compute the points of a job; exit code 2 if that cannot begin."""

import argparse
import os
import sys
import time
from pathlib import Path

# Read once, when numpy and the engines load their libraries: so before any of them is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", os.environ["OMP_NUM_THREADS"])
os.environ.setdefault("MKL_NUM_THREADS", os.environ["OMP_NUM_THREADS"])


def main(arguments: list[str]) -> int:
    """Run one job file; results are appended to results.jsonl beside it."""
    begun = time.monotonic()
    try:
        from .batch import run
        from .job_file import read_job
        from .limits import Limits
        from .status import ProgramError
    except ModuleNotFoundError as error:
        print(
            f"missing_program: {error.name} is missing; pip install {error.name}", file=sys.stderr
        )
        return 2

    parser = argparse.ArgumentParser(prog="runner.pyz", allow_abbrev=False)
    parser.add_argument("job", type=Path)
    parser.add_argument("--seconds", type=float, help="wall time after which no point is begun")
    parser.add_argument("--kilobytes", type=int, help="memory that the job may use")
    options = parser.parse_args(arguments)
    path = options.job
    try:
        limits = Limits(begun, options.seconds, options.kilobytes)
        run(read_job(path), path.with_name("results.jsonl"), limits)
    except ProgramError as error:
        print(f"{error.kind}: {error}", file=sys.stderr)
        return 2
    except ValueError as error:
        print(f"{path.name}: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
