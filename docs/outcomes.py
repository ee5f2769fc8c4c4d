"""Write the page on how points and processes can end: python docs/outcomes.py"""

from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

from aiida.engine import Process

from aiida_forcefield.runner.status import ADVICE

PAGE = Path(__file__).parent / "reference" / "outcomes.md"
HEAD = """\
# How points and processes end

<!-- Written by docs/outcomes.py; change the sources and run it again. -->

## Points

A failing point costs that point only: it is kept with its status and a message, and left out of
the fit. `aiida-forcefield show PK` counts the failures of a study.

| status | what it means, and what to do |
|---|---|
| `ok` | The point is good; its message tells of remedies that it took, if any. |"""
PROCESSES = """
## Processes

Exit codes from 200 on mean bad input, from 300 on what cannot be recovered, from 400 on what can.
Those below 200 are AiiDA's own: 110 says that the scheduler ended a job for its memory, 120 for its
walltime. `verdi process report PK` tells the whole story of a process.
"""


def page() -> str:
    """The page in Markdown."""
    return "\n".join([HEAD, *_points(), PROCESSES, *_processes()]) + "\n"


def _points() -> Iterator[str]:
    for status, advice in ADVICE.items():
        yield f"| `{status}` | {advice} |"


def _processes() -> Iterator[str]:
    yield "| process | exit code | name | message |"
    yield "|---|---|---|---|"
    for group in ("aiida.workflows", "aiida.calculations"):
        for entry in sorted(entry_points(group=group), key=lambda entry: entry.name):
            process = entry.load() if entry.name.startswith("forcefield.") else None
            if isinstance(process, type) and issubclass(process, Process):
                yield from _exit_codes(entry.name, process)


def _exit_codes(name: str, process: type[Process]) -> Iterator[str]:
    for label, code in sorted(process.exit_codes.items(), key=lambda item: item[1].status):
        if code.status >= 200:
            yield f"| `{name}` | {code.status} | `{label}` | {code.message} |"


if __name__ == "__main__":
    PAGE.write_text(page())
