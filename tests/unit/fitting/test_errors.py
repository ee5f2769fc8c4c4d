from dataclasses import replace

import numpy as np
import pytest

from aiida_forcefield.fitting import Settings, field_errors
from aiida_forcefield.potentials import FixedCharges
from aiida_forcefield.scans import Cluster, Origin, Points

from ..synthetic_fields import Case, along, build


@pytest.fixture(scope="module")
def methanol() -> Case:
    return build("methanol")


def points_of(case: Case, origin: Origin, molecules: int, count: int) -> Points:
    """What QM would give of one molecule or two if the true field were it, and a failed point."""
    positions = (case.molecules if molecules == 1 else case.dimers)[:count]
    if molecules == 2:
        energies = case.interactions(case.forcefield, positions)
        gradients = np.full(positions.shape, np.nan)
    else:
        energies, gradients = case.energies(case.forcefield, positions)
    offset = -1234.5 if molecules == 1 else 0.0
    energies = np.where(np.arange(count) == 1, np.nan, energies + offset)
    return Points(
        origin=origin,
        cluster=Cluster.of(*(molecules * case.system.species)),
        positions=positions,
        requested=np.arange(float(count)),
        energies=energies,
        gradients=gradients,
        slopes=np.zeros(count),
        statuses=tuple("error" if i == 1 else "ok" for i in range(count)),
        messages=("",) * count,
        cpu_seconds=np.ones(count),
        versions={},
    )


def test_errors_are_those_of_each_kind_of_point(methanol: Case) -> None:
    points = [
        points_of(methanol, along("bond C1-O1"), 1, 6),
        points_of(methanol, Origin("random"), 2, 5),
        points_of(methanol, along("pair C1-O1"), 2, 4),
        points_of(methanol, along("pair O1-O1"), 2, 5),
    ]
    exact = field_errors(methanol.forcefield, methanol.system, points, Settings())
    both = ("methanol", "methanol")
    assert [(e.kind, e.species, e.origin, e.points) for e in exact] == [
        ("energy", ("methanol",), None, 5),
        ("gradient", ("methanol",), None, 5),
        ("interaction", both, Origin("random"), 4),
        ("interaction", both, Origin("scan"), 7),
    ]
    assert max(each.fitted for each in exact) < 1e-6

    right = methanol.forcefield.electrostatics
    charges = FixedCharges({name: 1.1 * q for name, q in right.gas.items()}, right.liquid)
    other = replace(methanol.forcefield, electrostatics=charges)
    found = field_errors(other, methanol.system, points, Settings())

    def error(kind: str, origin: Origin | None) -> float:
        (one,) = (e for e in found if (e.kind, e.origin) == (kind, origin))
        return one.fitted

    part = points[1]
    difference = (methanol.interactions(other, part.positions) - part.energies)[part.ok]
    weights = np.exp(-part.energies[part.ok].clip(0) / Settings().repulsive_scale)
    expected = np.sqrt(weights @ difference**2 / weights.sum())
    assert error("interaction", Origin("random")) == pytest.approx(expected)
    alone = points[0]
    off = methanol.energies(other, alone.positions)[0] - alone.energies
    assert error("energy", None) == pytest.approx(np.std(off[alone.ok]), abs=1e-9)
