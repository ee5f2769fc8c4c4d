from dataclasses import replace

import numpy as np
import pytest

from aiida_forcefield.potentials import (
    Settings,
    field_errors,
    interaction_energies,
    molecule_energies,
)
from aiida_forcefield.scans import Points

from ..potentials.synthetic_fields import Case, build


@pytest.fixture(scope="module")
def methanol() -> Case:
    return build("methanol")


def points_of(case: Case, label: str, split: int, count: int) -> Points:
    """What QM would give if the true field were it, and a failed point."""
    positions = (case.dimers if split else case.molecules)[:count]
    if split:
        energies = interaction_energies(case.forcefield, case.species, positions)
        gradients = np.full(positions.shape, np.nan)
    else:
        energies, gradients = molecule_energies(case.forcefield, case.species, positions)
    energies = np.where(np.arange(count) == 1, np.nan, energies + (0 if split else -1234.5))
    return Points(
        label=label,
        symbols=(2 if split else 1) * case.species.symbols,
        split=split,
        positions=positions,
        requested=np.zeros(count),
        energies=energies,
        gradients=gradients,
        slopes=np.zeros(count),
        statuses=tuple("error" if i == 1 else "ok" for i in range(count)),
        messages=("",) * count,
        cpu_seconds=np.ones(count),
        versions={},
    )


def test_errors_are_those_of_each_kind_of_point(methanol: Case) -> None:
    n = len(methanol.species.symbols)
    points = [
        points_of(methanol, "bond C1-O1", 0, 6),
        points_of(methanol, "dimers random", n, 5),
        points_of(methanol, "pair C1-O1", n, 4),
        points_of(methanol, "pair O1-O1", n, 5),
    ]
    exact = field_errors(methanol.forcefield, methanol.species, points, Settings())
    assert list(exact) == [
        "molecule: energies",
        "molecule: gradients",
        "dimers: pair scans",
        "dimers: random",
    ]
    assert max(exact.values()) < 1e-6

    charges = {name: 1.1 * q for name, q in methanol.forcefield.gas_charges.items()}
    other = replace(methanol.forcefield, gas_charges=charges)
    found = field_errors(other, methanol.species, points, Settings())
    part = points[1]
    difference = (interaction_energies(other, methanol.species, part.positions) - part.energies)[
        part.ok
    ]
    weights = np.exp(-part.energies[part.ok].clip(0) / Settings().repulsive_scale)
    expected = np.sqrt(weights @ difference**2 / weights.sum())
    assert found["dimers: random"] == pytest.approx(expected)
    alone = points[0]
    off = molecule_energies(other, methanol.species, alone.positions)[0] - alone.energies
    assert found["molecule: energies"] == pytest.approx(np.std(off[alone.ok]))
