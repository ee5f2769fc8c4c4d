"""``python -m aiida_forcefield.jobs NAME``: do the task in this folder."""

import json
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, get_type_hints

from threadpoolctl import threadpool_limits

from aiida_forcefield.jobs.files import REFUSED, RESULT, TASK, read, write, write_plain


def run(function: Callable[[Any], Any], folder: Path) -> None:
    """Do the task of a folder; a ValueError is its result, anything else ends the job.

    On one thread: where jobs keep all cores at work, as on a laptop, threads wait for one another,
    and a fit of ten seconds takes five minutes.
    """
    kind = next(hint for name, hint in get_type_hints(function).items() if name != "return")
    task = read(folder, TASK, kind)
    try:
        with threadpool_limits(limits=1, user_api="blas"):
            result = function(task)
    except ValueError as error:
        write_plain(folder, RESULT, {REFUSED: " ".join(str(error).split())})
    else:
        write(folder, RESULT, result)


def main() -> None:
    """Find the function NAME in the module of that name, run it here, and print what it took."""
    (name,) = sys.argv[1:]
    run(getattr(import_module(f"aiida_forcefield.jobs.{name}"), name), Path.cwd())
    print(json.dumps({"cpu_seconds": time.process_time()}))


if __name__ == "__main__":
    main()
