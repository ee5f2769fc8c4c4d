"""That the benchmarks, which no test runs, still find what they import."""

import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"

# All in one process, which imports what they share but once; each with its own search path.
START_ALL = """
import runpy, sys, traceback
from pathlib import Path

def start(script):
    sys.argv = [script, "--help"]
    sys.path[0:1] = [str(Path(script).parent)]
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as end:
        return end.code or 0
    except BaseException:
        traceback.print_exc()
        return 1
    return 0

scripts, usual = sys.argv[1:], list(sys.path)
failed = []
for script in scripts:
    sys.path[:] = usual
    if start(script):
        failed.append(script)
if failed:
    sys.exit("failed: " + ", ".join(failed))
"""


def test_they_start() -> None:
    scripts = sorted(BENCHMARKS.glob("*.py"))
    assert scripts
    run = subprocess.run(
        [sys.executable, "-c", START_ALL, *scripts], capture_output=True, text=True, timeout=300
    )
    assert run.returncode == 0, run.stderr
