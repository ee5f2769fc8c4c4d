"""The calcfunctions of scans: plan, propose, learn; of molecules and of pairs of them."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from aiida.orm import Dict

from aiida_forcefield.calculations.functions.scans import (
    learn_profile,
    plan_molecule_scans,
    plan_pairs_of_types,
)
from aiida_forcefield.data import PointsData, ScanData, SpeciesData, SystemData
from aiida_forcefield.scans import Coordinate, Points, Scan
from aiida_forcefield.surrogate import Settings
from aiida_forcefield.topology import System, from_smiles

from ..systems import MIXTURE, SYSTEM, computed, reference

pytestmark = pytest.mark.usefixtures("storage")

HYDROGEN = from_smiles("[H][H]")
SCAN = Scan((HYDROGEN.key,), Coordinate("bond", ("H1", "H1"), (0, 1)), 0.6, 1.1)
LEARNING = Settings()


def learn(points: PointsData, settings: Settings = LEARNING) -> dict[str, Any]:
    found: dict[str, Any] = learn_profile(
        ScanData(SCAN),
        Dict(asdict(settings)),
        species={"H2": SpeciesData(HYDROGEN)},
        references={"H2": points},
        points={"round_00": points},
    )
    return found


def plan_pairs() -> dict[str, Any]:
    references = {name: PointsData(reference(species)) for name, species in SYSTEM}
    found: dict[str, Any] = plan_pairs_of_types(
        SystemData(SYSTEM), Dict(asdict(LEARNING)), **references
    )
    return found


def test_labels_of_scans_are_labels_of_links(make_points: Callable[..., Points]) -> None:
    reference, settings = PointsData(make_points("ok")), Dict(asdict(LEARNING))
    bonds = plan_molecule_scans(SpeciesData(HYDROGEN), reference, settings)
    assert {label: set(found) for label, found in bonds.items()} == {
        "bond_H1_H1": {"scan", "structures"}
    }
    assert bonds["bond_H1_H1"]["scan"].value.kind == "bond"
    system = SystemData(System.pure("hydrogen", HYDROGEN))
    pairs = plan_pairs_of_types(system, settings, hydrogen=reference)
    assert list(pairs) == ["pair_H1_H1_hydrogen_hydrogen"]
    dimers = pairs["pair_H1_H1_hydrogen_hydrogen"]["structures"].value
    first, second = dimers.constraint
    border = dimers.cluster.parts[1].start
    assert first < border <= second
    apart = dimers.positions[:, second] - dimers.positions[:, first]
    np.testing.assert_allclose(np.linalg.norm(apart, axis=1), dimers.values, atol=1e-3)


def test_first_structures_have_the_values_they_ask_for(make_points: Callable[..., Points]) -> None:
    reference, settings = PointsData(make_points("ok")), Dict(asdict(LEARNING))
    planned = plan_molecule_scans(SpeciesData(HYDROGEN), reference, settings)
    structures = planned["bond_H1_H1"]["structures"].value
    lengths = np.linalg.norm(structures.positions[:, 1] - structures.positions[:, 0], axis=1)
    np.testing.assert_allclose(lengths, structures.values)
    assert structures.constraint == (0, 1)
    assert structures.origin == planned["bond_H1_H1"]["scan"].value.origin


def test_a_single_ion_has_no_scan_of_its_own() -> None:
    lithium = from_smiles("[Li+]")
    planned = plan_molecule_scans(
        SpeciesData(lithium), PointsData(reference(lithium)), Dict(asdict(LEARNING))
    )
    assert planned == {}


def test_pairs_of_unlike_species_have_each_pair_of_their_types() -> None:
    planned = plan_pairs()
    water, methanol = (set(species.type_names) for species in SYSTEM.species)
    unlike = [found for label, found in planned.items() if label.endswith("water_MeOH")]
    types = [found["scan"].value.coordinate.types for found in unlike]
    assert sorted(types) == sorted((i, j) for i in water for j in methanol)
    like = [label for label in planned if label.endswith(("water_water", "MeOH_MeOH"))]
    assert len(like) == 3 + 10
    keys = SYSTEM.of_name("water").key, SYSTEM.of_name("MeOH").key
    for found in unlike:
        scan, structures = found["scan"].value, found["structures"].value
        assert scan.species == structures.cluster.species == keys
        assert structures.positions.shape[1:] == (3 + 6, 3)
        i, j = structures.constraint
        assert SYSTEM.of_name("water").atom_types[i] == scan.coordinate.types[0]
        assert SYSTEM.of_name("MeOH").atom_types[j - 3] == scan.coordinate.types[1]
        apart = np.linalg.norm(structures.positions[:, j] - structures.positions[:, i], axis=1)
        np.testing.assert_allclose(apart, structures.values, atol=1e-3)


def test_a_profile_of_two_unlike_species_is_learned() -> None:
    planned = plan_pairs()["pair_O1_H2_water_MeOH"]
    scan, structures = planned["scan"], planned["structures"]
    points = {}
    for turn in range(8):
        points[f"round_{turn:02d}"] = PointsData(computed(MIXTURE, structures.value))
        learned = learn_profile(
            scan,
            Dict(asdict(Settings(tolerance=0.05, batch=3))),
            species={name: SpeciesData(species) for name, species in SYSTEM},
            references={name: PointsData(reference(species)) for name, species in SYSTEM},
            points=points,
        )
        if "structures" not in learned:
            break
        structures = learned["structures"]
        assert structures.value.cluster.species == scan.value.species
    profile = learned["profile"].value
    assert profile.scan == scan.value
    assert profile.surrogate.kind == "pair"
    assert profile.surrogate.status == "converged"
    every = np.concatenate([node.value.requested for node in points.values()])
    np.testing.assert_array_equal(np.sort(profile.surrogate.observations.x), np.sort(every))


def test_points_never_tried_are_neither_known_nor_failed(
    make_points: Callable[..., Points],
) -> None:
    points = PointsData(make_points("ok", "missing", "ok", "error", "ok"))
    observed = learn(points)["profile"].value.surrogate.observations
    x = points.value.requested
    np.testing.assert_array_equal(observed.x, x[[0, 2, 4]])
    np.testing.assert_array_equal(observed.failed, x[[3]])


def test_next_structures_are_the_proposals_of_the_surrogate(
    make_points: Callable[..., Points],
) -> None:
    points = PointsData(make_points("ok", "ok", "ok"))
    learned = learn(points, Settings(tolerance=1e-3))
    proposals = learned["profile"].value.surrogate.proposals
    assert len(proposals)
    np.testing.assert_array_equal(learned["structures"].value.values, proposals)
    assert set(learn(points, Settings(max_points=3))) == {"profile"}
