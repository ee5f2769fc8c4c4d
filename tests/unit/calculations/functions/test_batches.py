"""How many points go into a job, by what one takes and what the scheduler allows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiida_forcefield.calculations.functions.batches import points_per_job


@pytest.mark.parametrize(
    ("points", "seconds", "walltime", "jobs", "expected"),
    [
        (100, 100.0, 3600, 4, 25),  # all jobs busy
        (100, 100.0, 1200, 4, 9),  # the walltime holds no more
        (100, 1e4, 3600, 4, 1),  # not even one fits: it is tried
        (100, 1.0, 3600, 16, 60),  # a shorter job is not worth its queue
        (100, 0.01, 3600, 16, 6000),
    ],
)
def test_points_per_job(
    points: int, seconds: float, walltime: float, jobs: int, expected: int
) -> None:
    assert points_per_job(points, seconds, walltime, jobs) == expected


@given(
    points=st.integers(1, 10**6),
    seconds=st.floats(1e-3, 1e6),
    walltime=st.integers(1, 10**6),
    jobs=st.integers(1, 1000),
)
def test_a_job_keeps_to_its_walltime(
    points: int, seconds: float, walltime: float, jobs: int
) -> None:
    size = points_per_job(points, seconds, walltime, jobs)
    assert size >= 1
    assert size == 1 or size * seconds <= walltime
