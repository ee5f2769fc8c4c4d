"""LAMMPS logs, whole and cut off."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from aiida_forcefield.dynamics.log import THERMO_KEYWORDS, Thermo, parse_log

HEADER = (
    "   Step          Time           Temp          Press         Density         Volume     "
    "    PotEng         KinEng         TotEng         E_vdwl         E_coul         E_long     "
    "    E_tail     "
)
ROW = "{step} {time} 298.1 2 0.75 5000 -23.0605478 23.0605478 0 -5 10 -20 -1.5"
STATISTICS = "99.5% CPU use with 1 MPI tasks x 1 OpenMP threads\nDangerous builds = {builds}\n"


def log(builds=0):
    rows = [ROW.format(step=step, time=2 * step) for step in (0, 50, 100)]
    runs = 2 * [
        "Per MPI rank memory allocation (min/avg/max) = 9 | 9 | 9 Mbytes",
        HEADER,
        rows[0],
        "WARNING: Communication cutoff is 0 (src/comm.cpp:1)",
        *rows[1:],
        "Loop time of 2.0 on 2 procs for 100 steps with 384 atoms",
        "",
        STATISTICS.format(builds=builds),
    ]
    return "\n".join(["LAMMPS (22 Jul 2025)", *runs, "Total wall time: 0:00:04", ""])


def test_log_of_two_runs():
    result = parse_log(log())
    assert [len(run) for run in result.runs] == [3, 3]
    assert result.finished
    assert result.errors == ()
    assert result.warnings == ("Communication cutoff is 0 (src/comm.cpp:1)",)
    assert result.wall_seconds == 4
    assert result.cpu_seconds == pytest.approx(2 * 2 * 2 * 0.995)


def test_units():
    run = parse_log(log()).runs[0]
    assert_allclose(run.time, [0, 0.1, 0.2])  # ps
    assert_allclose(run.pressure, 2 * 1.01325)  # bar
    assert_allclose(run.potential_energy, -1)  # eV
    assert_allclose(run.density, 0.75)


def test_columns_are_those_that_the_scripts_print():
    assert len(HEADER.split()) == len(THERMO_KEYWORDS.split())


def test_dangerous_builds_are_a_warning():
    assert "14 dangerous" in parse_log(log(builds=7)).warnings[-1]


@given(st.integers(0, len(log())))
def test_a_log_cut_anywhere_yields_whole_rows_of_the_whole_log(length):
    result = parse_log(log()[:length])
    assert result.finished == (length == len(log()))
    for run in result.runs:
        assert_allclose(run.step, [0, 50, 100][: len(run)])
        assert_allclose(run.tail, parse_log(log()).runs[0].tail[: len(run)])


def test_error():
    text = log().split("Loop time")[0] + "ERROR: Lost atoms: original 384 current 380\n"
    result = parse_log(text)
    assert result.errors == ("Lost atoms: original 384 current 380",)
    assert not result.finished
    assert len(result.runs[0]) == 3


def test_error_on_one_processor():
    assert parse_log("ERROR on proc 0: Bond atoms 1 2 missing\n").errors == (
        "on proc 0: Bond atoms 1 2 missing",
    )


def test_numbers_that_are_none():
    text = log().replace("298.1", "-nan")
    assert np.isnan(parse_log(text).runs[0].temperature).all()


def test_legs_are_joined_without_the_sample_that_they_share():
    first, second = parse_log(log()).runs
    joined = Thermo.join([first, second, second])
    assert_allclose(joined.time, np.arange(7) * 0.1)
    assert_allclose(joined.step, np.arange(7) * 50)
    assert len(joined) == len(joined.density) == 7
