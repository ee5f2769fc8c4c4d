"""The results file: one JSON object a line, only ever appended to.

A job may be killed at any moment, and a scheduler may start it twice in the same folder. So every
line is one write to the end of the file, followed by fsync; a torn last line is left behind and
skipped; and the file is locked while a job runs, so that a second copy waits and then finds
everything done.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any


def parse_results(content: bytes) -> list[dict[str, Any]]:
    """All complete lines of the content of a results file; torn lines are skipped."""
    lines = []
    for text in content.split(b"\n"):
        with suppress(ValueError):
            line = json.loads(text)
            if isinstance(line, dict):
                lines.append(line)
    return lines


def read_results(path: Path) -> list[dict[str, Any]]:
    """All complete lines of a results file, none where there is no file."""
    return parse_results(path.read_bytes()) if path.exists() else []


class ResultsFile:
    """An open results file, obtained from `open_results`."""

    def __init__(self, descriptor: int, path: Path) -> None:
        self._descriptor = descriptor
        lines = read_results(path)
        self.has_header = any("header" in line for line in lines)
        self.finished = any("finished" in line for line in lines)
        self.done = {line["index"] for line in lines if "index" in line}
        if path.stat().st_size and not path.read_bytes().endswith(b"\n"):
            os.write(descriptor, b"\n")

    def begin(self, index: int) -> None:
        """Note which point is computed now: the one to blame if that ends the job.

        No matter if the disk forgets it.
        """
        os.write(self._descriptor, json.dumps({"begun": index}).encode() + b"\n")

    def append(self, line: dict[str, Any]) -> None:
        """Add one line in one write, and wait until it is on the disk.

        Raises:
            ValueError: a number of the line is not finite.
            OSError: the line was not written in full (the disk is full).
        """
        data = json.dumps(line, allow_nan=False).encode() + b"\n"
        if os.write(self._descriptor, data) != len(data):
            raise OSError("the disk is full: a line of results.jsonl was cut off")
        os.fsync(self._descriptor)


@contextmanager
def open_results(path: Path) -> Iterator[ResultsFile]:
    """Open a results file for appending and hold its lock; waits while another job holds it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        with suppress(OSError):  # a file system without locks: two copies then only waste time
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield ResultsFile(descriptor, path)
    finally:
        os.close(descriptor)
