"""LAMMPS logs, whole and cut off."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from aiida_forcefield.dynamics.log import MEASURED, THERMO_KEYWORDS, Thermo, parse_log

HEADER = (
    "   Step          Time           Temp          Press         Density         Volume     "
    "    PotEng         KinEng         TotEng         E_vdwl         E_coul         E_long     "
    "    E_tail     "
)
ROW = "{step} {time} 298.1 2 0.75 5000 -23.0605478 23.0605478 0 -5 10 -20 -1.5"
STATISTICS = "99.5% CPU use with 1 MPI tasks x 1 OpenMP threads\nDangerous builds = {builds}\n"


def log(builds=0):
    """A run that is not looked at, and two that are."""

    def run(first):
        rows = [ROW.format(step=step, time=2 * step) for step in (first, first + 50, first + 100)]
        return [
            "Per MPI rank memory allocation (min/avg/max) = 9 | 9 | 9 Mbytes",
            HEADER,
            rows[0],
            "WARNING: Communication cutoff is 0 (src/comm.cpp:1)",
            *rows[1:],
            "Loop time of 2.0 on 2 procs for 100 steps with 384 atoms",
            "",
            STATISTICS.format(builds=builds),
        ]

    return "\n".join(
        [
            "LAMMPS (22 Jul 2025)",
            *run(0),
            f'print "{MEASURED}"',
            MEASURED,
            *run(100),
            *run(200),
            "Total wall time: 0:00:06",
            "",
        ]
    )


STEPS = [100, 150, 200, 250, 300]


def test_what_is_measured_is_one_table():
    result = parse_log(log())
    assert_allclose(result.thermo.step, STEPS)
    assert result.finished
    assert result.errors == ()
    assert result.warnings == ("Communication cutoff is 0 (src/comm.cpp:1)",)
    assert result.wall_seconds == 6
    assert result.cpu_seconds == pytest.approx(3 * 2 * 2 * 0.995)


def test_nothing_is_measured_before_it_is_said():
    assert parse_log(log().split("print")[0]).thermo is None


def test_units():
    run = parse_log(log()).thermo
    assert_allclose(run.time, [0.2, 0.3, 0.4, 0.5, 0.6])  # ps
    assert_allclose(run.pressure, 2 * 1.01325)  # bar
    assert_allclose(run.potential_energy, -1)  # eV
    assert_allclose(run.density, 0.75)


def test_columns_are_those_that_the_scripts_print():
    assert len(HEADER.split()) == len(THERMO_KEYWORDS.split())


def test_dangerous_builds_are_a_warning():
    assert "21 dangerous" in parse_log(log(builds=7)).warnings[-1]


@given(st.integers(0, len(log())))
def test_a_log_cut_anywhere_yields_whole_rows_of_the_whole_log(length):
    result = parse_log(log()[:length])
    assert result.finished == (length == len(log()))
    if (run := result.thermo) is not None:
        assert_allclose(run.step, STEPS[: len(run)])
        assert_allclose(run.tail, parse_log(log()).thermo.tail[: len(run)])


def test_error():
    text = log().rpartition("Loop time")[0] + "ERROR: Lost atoms: original 384 current 380\n"
    result = parse_log(text)
    assert result.errors == ("Lost atoms: original 384 current 380",)
    assert not result.finished
    assert len(result.thermo) == 5


def test_error_on_one_processor():
    assert parse_log("ERROR on proc 0: Bond atoms 1 2 missing\n").errors == (
        "on proc 0: Bond atoms 1 2 missing",
    )


def test_numbers_that_are_none():
    text = log().replace("298.1", "-nan")
    assert np.isnan(parse_log(text).thermo.temperature).all()


def test_legs_are_joined_without_the_sample_that_they_share():
    leg = parse_log(log()).thermo
    leg = replace(leg, step=leg.step - 100, time=leg.time - 0.2)
    joined = Thermo.join([leg, leg, leg])
    assert_allclose(joined.time, np.arange(13) * 0.1)
    assert_allclose(joined.step, np.arange(13) * 50)
    assert len(joined) == len(joined.density) == 13
