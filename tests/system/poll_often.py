"""Run by `verdi run`: has the engine look at the jobs of a computer every second."""

import sys

from aiida.orm import load_computer

load_computer(sys.argv[1]).set_minimum_job_poll_interval(1.0)
