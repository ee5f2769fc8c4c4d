"""What a job may use before its scheduler ends it, and how it keeps to that."""

import gc
import os
import resource
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RESERVE = 1.2
"""A point may take this much longer than the longest before it."""
INTERVAL = 0.2
"""Seconds between looks at the memory in use."""


@dataclass
class Limits:
    """The time and memory of a job.

    Attributes:
        begun: when the job began, by ``time.monotonic``.
        seconds: wall time of the job, None without limit.
        kilobytes: memory of the job, None without limit.
        longest: wall seconds of its longest point so far.
        roomy: whether there was room in the memory before any point.
    """

    begun: float
    seconds: float | None = None
    kilobytes: int | None = None
    longest: float = 0.0
    roomy: bool = False

    @property
    def another(self) -> bool:
        """Whether there is time and memory for another point; a job begins one at least."""
        if not self.longest:
            return True
        now = time.monotonic() - self.begun
        late = self.seconds is not None and now + RESERVE * self.longest >= self.seconds
        return not late and not (self.roomy and self._full())

    def _full(self) -> bool:
        """Whether a point has left so much behind that the next ones would have to pay for it."""
        if self.kilobytes is None or kilobytes_in_use() <= self.kilobytes:
            return False
        gc.collect()
        return kilobytes_in_use() > self.kilobytes

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Compute something that shall fail where it outgrows the memory, before the job does.

        A limit of the operating system would be simpler, but counts what PySCF reserves and never
        touches: 1.6 GB for a water molecule.

        Raises:
            MemoryError: more memory is in use than the job may have.
        """
        if self.kilobytes is None:
            yield
            return
        limit = self.kilobytes

        def look(*_: Any) -> None:
            used = kilobytes_in_use()
            if used > limit:
                raise MemoryError(f"{used} kB in use, {limit} kB allowed")

        before = signal.signal(signal.SIGALRM, look)
        signal.setitimer(signal.ITIMER_REAL, INTERVAL, INTERVAL)
        try:
            look()
            self.roomy = True
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)


def kilobytes_in_use() -> int:
    """Memory of this process that is in use now; on systems without ``/proc`` the most ever."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024
