"""Clusters of molecules, and where they come from."""

import pytest

from aiida_forcefield.scans import Cluster, Coordinate, Origin
from aiida_forcefield.topology import from_smiles

LITHIUM, WATER, FLUORIDE = from_smiles("[Li+]"), from_smiles("O"), from_smiles("[F-]")


def test_a_cluster_knows_the_atoms_and_charges_of_each_molecule() -> None:
    cluster = Cluster.of(LITHIUM, WATER, WATER)
    assert cluster.symbols == ("Li", "O", "H", "H", "O", "H", "H")
    assert [(part.start, part.stop) for part in cluster.parts] == [(0, 1), (1, 4), (4, 7)]
    assert cluster.bonds == ((1, 2), (1, 3), (4, 5), (4, 6))
    assert [molecule.charge for molecule in cluster.molecules] == [1, 0, 0]
    assert (cluster.charge, cluster.multiplicity) == (1, 1)
    assert cluster.species == (LITHIUM.key, WATER.key, WATER.key)
    assert Cluster.of(LITHIUM, FLUORIDE).charge == 0


def test_open_shells_have_no_defined_state_together() -> None:
    oxygen = from_smiles("[O][O]")
    assert Cluster.of(oxygen).multiplicity == 3
    with pytest.raises(ValueError, match="multiplicity 3: clusters of an open-shell molecule"):
        Cluster.of(oxygen, WATER)


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        (Origin("scan", Coordinate("angle", ("H1", "C1", "O1"), (2, 0, 1))), "angle H1-C1-O1"),
        (Origin("scan", Coordinate("strain", mode="isotropic")), "strain isotropic"),
        (Origin("scan", Coordinate("displacement", ("Li",), (1,), "x")), "displacement Li x"),
        (Origin("liquid", round=1), "liquid"),
        (Origin("moved_apart", round=1), "moved apart"),
    ],
)
def test_an_origin_has_a_name_for_people(origin: Origin, name: str) -> None:
    assert origin.name == name
