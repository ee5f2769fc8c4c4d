"""What a liquid has beyond pairs, through the provenance graph."""

from dataclasses import replace

import numpy as np
import pytest
from aiida.orm import ArrayData

from aiida_forcefield.calculations.many_body import measure_many_body, resting_molecule
from aiida_forcefield.data import ForceFieldData, PointsData, SpeciesData
from aiida_forcefield.dynamics import (
    ManyBody,
    atomic_polarizabilities,
    coulomb_difference,
    induction_beyond_pairs,
)

from ..potentials.synthetic_fields import Case, build
from ..potentials.test_errors import points_of

pytestmark = pytest.mark.usefixtures("storage")

BOX = np.full(3, 30.0)


@pytest.fixture(scope="module")
def methanol() -> Case:
    """With charges of the liquid that are larger by a quarter."""
    case = build("methanol")
    gas = case.forcefield.gas_charges
    liquid = {name: 1.25 * charge for name, charge in gas.items()}
    return replace(case, forcefield=replace(case.forcefield, charges=liquid))


@pytest.fixture(scope="module")
def liquid(methanol: Case) -> np.ndarray:
    """Eight molecules, all turned alike, shape (8, 6, 3)."""
    sites = 4.5 * np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)])
    return np.asarray(methanol.reference.positions + sites[:, None] + 10.0)


def inputs(methanol: Case, liquid: np.ndarray) -> dict[str, object]:
    alone = replace(methanol, molecules=methanol.reference.positions[None])
    return {
        "force_field": ForceFieldData(methanol.forcefield),
        "species": SpeciesData(methanol.species),
        "reference": PointsData(points_of(alone, "reference", 0, 1)),
        "properties": ArrayData({"c6": methanol.reference.c6}),
        "frames_1": ArrayData(
            {"positions": np.stack([liquid, liquid]), "box": np.stack([BOX, BOX])}
        ),
    }


def test_each_part_is_what_dynamics_says(methanol: Case, liquid: np.ndarray) -> None:
    field, names = methanol.forcefield, methanol.species.atom_types
    tensor = ArrayData({"polarizability": np.diag([3.0, 3.1, 3.5])[None]})
    node = measure_many_body(**inputs(methanol, liquid), polarizability=tensor)
    content = node.get_dict()
    pressures = {name: part.pop("pressures") for name, part in content.items()}
    found = {name: ManyBody(**part) for name, part in content.items()}
    assert pressures == {name: pytest.approx([part.pressure] * 2) for name, part in found.items()}
    gas, other = (
        np.array([charges[name] for name in names])
        for charges in (field.gas_charges, field.charges)
    )
    atoms = atomic_polarizabilities(
        methanol.reference.positions, np.diag(methanol.reference.c6) ** 0.5, 3.2
    )
    induction = induction_beyond_pairs(liquid, BOX, gas, atoms)
    assert found["induction"].pressure == pytest.approx(induction.pressure)
    # The liquid's charges hold what the gas charges hold, and more: that is taken away.
    charges = coulomb_difference(liquid, BOX, gas, other)
    assert found["charges"].energy == pytest.approx(charges.energy)
    held = coulomb_difference(liquid, BOX, gas, 0 * gas).energy
    assert charges.energy == pytest.approx((1 - 1.25**2) * held)
    assert {name: part.bodies for name, part in found.items()} == {
        "three_body_dispersion": 3,
        "induction": 3,
        "charges": 2,
    }


def test_without_a_polarizability_dispersion_is_told(methanol: Case, liquid: np.ndarray) -> None:
    found = measure_many_body(**inputs(methanol, liquid)).get_dict()
    assert list(found) == ["three_body_dispersion"]


def test_the_polarizability_is_that_of_the_relaxed_molecule(methanol: Case) -> None:
    given = inputs(methanol, np.zeros((1, 6, 3)))
    structures = resting_molecule(given["species"], given["reference"]).value
    np.testing.assert_array_equal(structures.positions[0], methanol.reference.positions)
    assert structures.split == 0
