"""The calcfunctions around the science, on small materials."""

from collections.abc import Callable
from dataclasses import asdict

import numpy as np
import pytest
from aiida.orm import ArrayData, Dict, Int

from aiida_forcefield.calculations.functions.dimers import choose_pair_scans, sample_dimers
from aiida_forcefield.calculations.functions.scans import (
    learn_profile,
    plan_all_scans,
)
from aiida_forcefield.calculations.functions.species import perceive_species, propose_conformers
from aiida_forcefield.data import PointsData, SpeciesData, StructuresData
from aiida_forcefield.scans import Points, Scan
from aiida_forcefield.surrogate import Settings
from aiida_forcefield.topology import from_smiles

pytestmark = pytest.mark.usefixtures("storage")

SCAN = Scan("bond", "bond H1-H1", (0, 1), 0.6, 1.1, periodic=False)


@pytest.fixture(scope="module")
def species() -> SpeciesData:
    return SpeciesData(from_smiles("[H][H]"))


def test_a_radical_is_refused() -> None:
    with pytest.raises(ValueError, match="multiplicity 2: dimers of a molecule with open shells"):
        perceive_species(Dict({"smiles": "[CH3]"}))


def test_smiles_and_file_give_the_same_molecule() -> None:
    xyz = "2\n\nH 0 0 0\nH 0 0 0.74\n"
    from_file = perceive_species(Dict({"xyz": xyz, "charge": 0, "multiplicity": 1})).value
    from_text = perceive_species(Dict({"name": "hydrogen", "smiles": "[H][H]"})).value
    assert from_file.term_types == from_text.term_types
    assert from_file.symbols == from_text.symbols


def test_conformers_carry_charge_and_bonds() -> None:
    species = SpeciesData(from_smiles("[OH-]"))
    structures = propose_conformers(species).value
    assert structures.charge == -1
    assert structures.bonds == ((0, 1),)
    assert structures.constraint == ()


def test_labels_of_scans_are_labels_of_links(
    species: SpeciesData, make_points: Callable[..., Points]
) -> None:
    settings = Dict(asdict(Settings()))
    planned = plan_all_scans(species, PointsData(make_points("ok")), settings, settings)
    labels = ("bond_H1_H1", "pair_H1_H1")
    assert set(planned) == {f"{what}_{label}" for label in labels for what in ("scan", "begin")}
    assert planned["scan_bond_H1_H1"]["kind"] == "bond"
    dimers = planned["begin_pair_H1_H1"].value
    first, second = dimers.constraint
    assert first < dimers.split <= second
    apart = dimers.positions[:, second] - dimers.positions[:, first]
    np.testing.assert_allclose(np.linalg.norm(apart, axis=1), dimers.values, atol=1e-3)


def test_batches_of_dimers(species: SpeciesData, make_points: Callable[..., Points]) -> None:
    sampling = Dict({"random": 5, "squeezed": 2, "liquid": 0, "batch": 3, "seed": 1})
    batches = sample_dimers(species, PointsData(make_points("ok")), sampling)
    sizes = {label: len(node.value.positions) for label, node in batches.items()}
    assert sizes == {"random_00": 3, "random_01": 2, "squeezed_00": 2}
    assert batches["random_00"].value.split == 2


def test_pair_scans_that_tell_most(
    species: SpeciesData, make_points: Callable[..., Points]
) -> None:
    reference = PointsData(make_points("ok"))
    learning = Dict(asdict(Settings()))
    begin = plan_all_scans(species, reference, learning, learning)["begin_pair_H1_H1"]
    sampling = Dict({"random": 5, "squeezed": 2, "batch": 3, "seed": 1})
    known = sample_dimers(species, reference, sampling)
    properties = ArrayData({"hessian": np.zeros((6, 6)), "c6": np.full((2, 2), 2.0)})
    charges = Dict({"gas": {"H1": 0.0}, "liquid": {"H1": 0.0}})

    def information(count: int, **dimers: StructuresData) -> dict[str, float]:
        nodes = (species, reference, properties, charges, Dict({}), Int(count))
        found: dict[str, float] = choose_pair_scans(*nodes, **dimers)["information"]
        return found

    alone = information(2, begin_pair_H1_H1=begin)["pair_H1_H1"]
    beside = information(2, begin_pair_H1_H1=begin, **known)["pair_H1_H1"]
    assert alone > beside > 0
    assert information(0, begin_pair_H1_H1=begin, **known) == {}


def test_first_structures_have_the_values_they_ask_for(
    species: SpeciesData, make_points: Callable[..., Points]
) -> None:
    settings = Dict(asdict(Settings()))
    planned = plan_all_scans(species, PointsData(make_points("ok")), settings, settings)
    structures = planned["begin_bond_H1_H1"].value
    lengths = np.linalg.norm(structures.positions[:, 1] - structures.positions[:, 0], axis=1)
    np.testing.assert_allclose(lengths, structures.values)
    assert structures.constraint == (0, 1)


def test_points_never_tried_are_neither_known_nor_failed(
    species: SpeciesData, make_points: Callable[..., Points]
) -> None:
    points = PointsData(make_points("ok", "missing", "ok", "error", "ok"))
    scan, settings = Dict(asdict(SCAN)), Dict(asdict(Settings()))
    learned = learn_profile(scan, species, points, settings, round_00=points)
    observed = learned["surrogate"].value.observations
    x = points.value.requested
    np.testing.assert_array_equal(observed.x, x[[0, 2, 4]])
    np.testing.assert_array_equal(observed.failed, x[[3]])


def test_next_structures_are_the_proposals_of_the_surrogate(
    species: SpeciesData, make_points: Callable[..., Points]
) -> None:
    points = PointsData(make_points("ok", "ok", "ok"))
    scan, settings = Dict(asdict(SCAN)), Dict(asdict(Settings(tolerance=1e-3)))
    learned = learn_profile(scan, species, points, settings, round_00=points)
    proposals = learned["surrogate"].value.proposals
    assert len(proposals)
    np.testing.assert_array_equal(learned["structures"].value.values, proposals)
    settings = Dict(asdict(Settings(max_points=3)))
    learned = learn_profile(scan, species, points, settings, round_00=points)
    assert set(learned) == {"surrogate"}
