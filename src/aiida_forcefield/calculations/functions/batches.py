"""How many points go into one job."""

from math import ceil

from aiida.engine import calcfunction
from aiida.orm import Dict

from aiida_forcefield.calculations.jobs.qm import WALLTIME_SHARE

SCIENCE = 1
"""Raised where results change by what this file imports: the cache looks at the file alone."""

RESERVE = 1.2
"""A point may take this much longer than the longest before it."""
WORTHWHILE = 60.0
"""Seconds of work that a job should have; queue and engine cost it some, whatever it does."""


def points_per_job(points: int, seconds: float, walltime: float, jobs: int) -> int:
    """As many as fit into the walltime, and no more than keep all jobs busy.

    Args:
        points: that wait.
        seconds: of a job that one point takes.
        walltime: of a job, seconds.
        jobs: that may run at a time.
    """
    fitting = int(WALLTIME_SHARE * walltime / (RESERVE * seconds))
    fair = max(ceil(points / jobs), ceil(WORTHWHILE / seconds))
    return max(1, min(fitting, fair))


@calcfunction
def size_batches(sampling: Dict, measured: Dict) -> Dict:
    """The settings of a sampling with as many points in a `batch` as suit a job.

    Args:
        sampling: how many dimers of which kind.
        measured: the arguments of `points_per_job`.
    """
    return Dict({**sampling.get_dict(), "batch": points_per_job(**measured.get_dict())})
