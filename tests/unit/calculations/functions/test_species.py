"""From what a study says of its species to a system and their first geometries."""

from collections.abc import Callable

import numpy as np
import pytest
from aiida.orm import Dict

from aiida_forcefield.calculations.functions.species import (
    compose_system,
    perceive_species,
    propose_conformers,
    resting_molecule,
)
from aiida_forcefield.data import PointsData, SpeciesData
from aiida_forcefield.scans import Points
from aiida_forcefield.serial import dismantle
from aiida_forcefield.topology import from_smiles
from aiida_forcefield.topology.mixture import Mixture, Salt

pytestmark = pytest.mark.usefixtures("storage")

SMILES = {"EC": "C1COC(=O)O1", "DMC": "COC(=O)OC", "Li": "[Li+]", "PF6": "F[P-](F)(F)(F)(F)F"}


def test_smiles_and_file_give_the_same_molecule() -> None:
    xyz = "2\n\nH 0 0 0\nH 0 0 0.74\n"
    from_file = perceive_species(Dict({"xyz": xyz, "charge": 0, "multiplicity": 1})).value
    from_text = perceive_species(Dict({"smiles": "[H][H]"})).value
    assert from_file.term_types == from_text.term_types
    assert from_file.symbols == from_text.symbols


def test_conformers_carry_charge_and_bonds() -> None:
    structures = propose_conformers(SpeciesData(from_smiles("[OH-]"))).value
    assert structures.cluster.charge == -1
    assert structures.cluster.bonds == ((0, 1),)
    assert structures.constraint == ()
    assert structures.origin.sampling == "conformers"


def test_a_polarizability_is_that_at_rest(make_points: Callable[..., Points]) -> None:
    reference = make_points("ok")
    found = resting_molecule(SpeciesData(from_smiles("[H][H]")), PointsData(reference)).value
    np.testing.assert_array_equal(found.positions, reference.positions)
    assert found.origin.sampling == "polarizability"


def compose(mixture: Mixture, *names: str) -> list[tuple[str, float]]:
    species = {name: SpeciesData(from_smiles(SMILES[name])) for name in names}
    system = compose_system(Dict(dismantle(mixture)[0]), **species).value
    return list(zip(system.names, system.amounts, strict=True))


def test_amounts_are_those_of_the_mixture() -> None:
    assert compose(Mixture({"EC": 1.0}), "EC") == [("EC", 1.0)]
    found = compose(Mixture({"DMC": 1.0, "EC": 3.0}), "EC", "DMC")
    assert found == [("DMC", 0.25), ("EC", 0.75)]


def test_a_salt_brings_its_ions() -> None:
    salt = Salt({"Li": 1, "PF6": 1}, 1.0, "molality")
    found = dict(compose(Mixture({"EC": 1.0}, salts={"LiPF6": salt}), "EC", "Li", "PF6"))
    assert found["Li"] == found["PF6"] == pytest.approx(0.08806 * found["EC"], rel=1e-3)


def test_what_is_not_in_the_mixture_is_told() -> None:
    with pytest.raises(ValueError, match="species DMC: has no amount"):
        compose(Mixture({"EC": 1.0}), "EC", "DMC")
    with pytest.raises(ValueError, match="species DMC: is not among the species"):
        compose(Mixture({"EC": 1.0, "DMC": 1.0}), "EC")
