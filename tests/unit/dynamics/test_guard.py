"""Every way in which a run goes wrong has its own status."""

from dataclasses import fields, replace

import numpy as np
import pytest

from aiida_forcefield.dynamics.guard import judge
from aiida_forcefield.dynamics.log import Log, Thermo

TARGET = 300.0


def healthy():
    thermo = Thermo(**{field.name: np.ones(20) for field in fields(Thermo)})
    thermo = replace(thermo, temperature=np.linspace(285, 315, 20))
    return Log(thermo, (), (), True, 1.0, 1.0)


def with_column(**columns):
    log = healthy()
    return replace(log, thermo=replace(log.thermo, **columns))


def test_healthy_run():
    assert judge(healthy(), TARGET, 1000).status == "ok"


@pytest.mark.parametrize(
    ("log", "status"),
    [
        (with_column(temperature=np.full(20, 900.0)), "exploded"),
        (with_column(potential_energy=np.append(np.ones(19), np.nan)), "not_a_number"),
        (with_column(density=np.linspace(0.8, 0.3, 20)), "density_jump"),
        (replace(healthy(), errors=("Lost atoms: original 9 current 8",)), "lost_atoms"),
        (replace(healthy(), errors=("Out of range atoms - cannot compute PPPM",)), "lost_atoms"),
        (replace(healthy(), errors=("Non-numeric pressure",)), "not_a_number"),
        (replace(healthy(), errors=("Bond atoms 3 7 missing on proc 0 at step 9",)), "lost_atoms"),
        (replace(healthy(), errors=("Illegal fix npt command: missing argument(s)",)), "failed"),
        (replace(healthy(), errors=("Unknown pair style",)), "failed"),
        (replace(healthy(), finished=False), "unfinished"),
        (replace(healthy(), finished=False, thermo=None), "unfinished"),
    ],
)
def test_failures(log, status):
    verdict = judge(log, TARGET, 1000)
    assert verdict.status == status
    assert verdict.message


def test_few_atoms_may_be_hot_for_a_while():
    # Half the square of normal velocities: of three atoms, 9 degrees of freedom.
    rng = np.random.default_rng(1)
    hot = TARGET * rng.chisquare(9, 5000) / 9
    columns = {field.name: np.ones(5000) for field in fields(Thermo)} | {"temperature": hot}
    log = replace(healthy(), thermo=Thermo(**columns))
    assert hot.max() > 2 * TARGET
    assert judge(log, TARGET, 3).status == "ok"
    assert judge(log, TARGET, 1000).status == "exploded"
    assert judge(with_column(temperature=np.full(20, 1e4)), TARGET, 3).status == "exploded"
