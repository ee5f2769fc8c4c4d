"""How a job keeps to its time and memory."""

import time

import numpy as np
import pytest

from aiida_forcefield.runner import limits
from aiida_forcefield.runner.limits import Limits, kilobytes_in_use


def test_a_point_that_would_end_too_late_is_not_begun() -> None:
    job = Limits(time.monotonic(), seconds=100.0)
    assert job.another
    job.longest = 80.0
    assert job.another
    job.longest = 90.0
    assert not job.another


def test_a_point_that_outgrows_the_memory_is_told_and_costs_the_next_nothing() -> None:
    job = Limits(time.monotonic(), kilobytes=kilobytes_in_use() + 100_000)
    kept = [np.empty(25_000_000)]  # 200 MB, once it is written to

    def point() -> None:
        with job.watched():
            kept[0][:] = 1.0
            time.sleep(1.0)

    with pytest.raises(MemoryError, match="kB allowed"):
        point()
    job.longest = 1.0
    assert not job.another  # what the point left behind would be counted against the next
    kept.clear()
    assert job.another
    with job.watched():
        time.sleep(0.5)


def test_where_nothing_fits_every_point_tells_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "kilobytes_in_use", lambda: 1000)
    job = Limits(time.monotonic(), kilobytes=500)
    for _ in range(2):
        with pytest.raises(MemoryError), job.watched():
            pytest.fail("it was begun")
        job.longest = 1.0
        assert job.another
