"""Which dimers are computed: of all species, by what they tell, and from a liquid."""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest
from aiida.orm import ArrayData, Dict, Int

from aiida_forcefield.calculations.functions.dimers import (
    choose_pair_scans,
    sample_dimers,
    sample_liquid,
)
from aiida_forcefield.calculations.functions.scans import plan_pairs_of_types
from aiida_forcefield.data import ForceFieldData, FramesData, PointsData, StructuresData, SystemData
from aiida_forcefield.fitting import most_damped
from aiida_forcefield.potentials import ForceField
from aiida_forcefield.scans import Points, liquid_dimers, liquid_trimers, moved_apart
from aiida_forcefield.scans.liquid import grouped
from aiida_forcefield.surrogate import Settings
from aiida_forcefield.topology import System, from_smiles

from ..systems import MIXTURE, POLARIZABLE_WATER, SYSTEM, WATER, Case, lattice_liquid, reference

pytestmark = pytest.mark.usefixtures("storage")

HYDROGEN = System.pure("hydrogen", from_smiles("[H][H]"))
EDGE = 15.0


def sizes(found: dict[str, StructuresData]) -> dict[str, int]:
    return {label: len(node.value.positions) for label, node in found.items()}


def test_batches_of_dimers(make_points: Callable[..., Points]) -> None:
    sampling = Dict({"random": 5, "squeezed": 2, "liquid": 0, "batch": 3, "seed": 1})
    batches = sample_dimers(SystemData(HYDROGEN), sampling, hydrogen=PointsData(make_points("ok")))
    assert sizes(batches) == {
        "random_hydrogen_hydrogen_000": 3,
        "random_hydrogen_hydrogen_001": 2,
        "squeezed_hydrogen_hydrogen_000": 2,
    }
    first = batches["random_hydrogen_hydrogen_000"].value
    assert first.cluster.parts == (slice(0, 2), slice(2, 4))
    assert first.origin.sampling == "random"


def test_dimers_of_each_two_species() -> None:
    sampling = Dict({"random": 4, "squeezed": 3, "batch": 10, "seed": 1})
    references = {name: PointsData(reference(species)) for name, species in SYSTEM}
    batches = sample_dimers(SystemData(SYSTEM), sampling, **references)
    pairs = ("water_water", "water_MeOH", "MeOH_MeOH")
    assert sizes(batches) == {
        f"{kind}_{pair}_000": count
        for pair in pairs
        for kind, count in (("random", 4), ("squeezed", 3))
    }
    unlike = batches["random_water_MeOH_000"].value
    assert unlike.cluster.species == tuple(species.key for species in SYSTEM.species)
    # The molecules are those at rest, turned.
    for part, (name, _) in zip(unlike.cluster.parts, SYSTEM, strict=True):
        rest = references[name].value.positions[0]
        distances = [np.linalg.norm(x[:, None] - x, axis=-1) for x in unlike.positions[:, part]]
        expected = np.linalg.norm(rest[:, None] - rest, axis=-1)
        np.testing.assert_allclose(distances, [expected] * 4, atol=1e-3)
    again = sample_dimers(SystemData(SYSTEM), sampling, **references)
    np.testing.assert_array_equal(again["random_water_MeOH_000"].value.positions, unlike.positions)


def test_pair_scans_that_tell_most(make_points: Callable[..., Points]) -> None:
    rest = PointsData(make_points("ok"))
    planned = plan_pairs_of_types(SystemData(HYDROGEN), Dict(asdict(Settings())), hydrogen=rest)
    begin = {label: found["structures"] for label, found in planned.items()}
    sampling = Dict({"random": 5, "squeezed": 2, "batch": 3, "seed": 1})
    known = sample_dimers(SystemData(HYDROGEN), sampling, hydrogen=rest)
    properties = ArrayData({"hessian": np.zeros((6, 6)), "c6": np.full((2, 2), 2.0)})
    charges = Dict({"gas": {"H1": 0.0}, "liquid": {"H1": 0.0}})

    def information(count: int, **found: Any) -> dict[str, float]:
        of_each = {"references": rest, "properties": properties, "electrostatics": charges}
        named = {name: {"hydrogen": node} for name, node in of_each.items()}
        told: dict[str, float] = choose_pair_scans(
            SystemData(HYDROGEN), Dict({}), Int(count), begin=begin, **named, **found
        )["information"]
        return told

    (label,) = begin
    alone, beside = information(2)[label], information(2, dimers=known)[label]
    assert alone > beside > 0
    assert information(0, dimers=known) == {}


SAMPLING = {"liquid": 9, "uncertain": 4, "thermal": 3, "trimers": 2, "batch": 3, "seed": 7}
QM = {"engine": "pyscf", "relaxation": {"engine": "tblite"}, "gradient": True}


def sample(case: Case, field: ForceField, number: int = 2, **sampling: int) -> dict[str, Any]:
    system, _ = case
    found: dict[str, Any] = sample_liquid(
        SystemData(system),
        ForceFieldData(field),
        FramesData(lattice_liquid(system, EDGE)),
        Dict(QM),
        Dict(SAMPLING | sampling),
        Dict({}),
        Int(number),
        pressure=Dict({"wanted": 5}),
    )
    return found


def unsure(case: Case) -> ForceField:
    """The field of a case with parameters that are not known well."""
    return replace(case[1], covariance=1e-4 * np.eye(len(case[1].vector)))


def test_what_is_taken_from_a_liquid() -> None:
    system, _ = WATER
    found = sample(WATER, unsure(WATER))
    assert found["rigid"].get_dict() == {"engine": "pyscf", "gradient": True}
    assert sizes(found["thermal"]) == {"thermal_2_water": 3}
    assert sizes(found["dimers"]) == {
        "liquid_2_water_water_000": 3,
        "liquid_2_water_water_001": 2,
        "moved_apart_2_water_water_000": 3,
        "moved_apart_2_water_water_001": 2,
        "uncertain_2_water_water_000": 3,
        "uncertain_2_water_water_001": 1,
    }
    values = [node.value for node in found["dimers"].values()]
    assert {(value.origin.sampling, value.origin.round) for value in values} == {
        ("liquid", 2),
        ("moved_apart", 2),
        ("uncertain", 2),
    }
    dimers = [value.positions for value in values]
    assert len(np.unique(np.concatenate(dimers), axis=0)) == 14
    drawn = liquid_dimers(system, lattice_liquid(system, EDGE), 85, 9)[:5]
    positions = grouped(drawn)["water", "water"]
    np.testing.assert_array_equal(np.concatenate(dimers[:2]), positions)
    apart = moved_apart(values[0].cluster, positions)
    np.testing.assert_array_equal(np.concatenate(dimers[2:4]), apart)


def test_of_a_mixture_each_pair_has_batches_of_its_own() -> None:
    found = sample(MIXTURE, unsure(MIXTURE), uncertain=6)
    assert sizes(found["thermal"]) == {"thermal_2_MeOH": 3, "thermal_2_water": 3}
    by_sampling: dict[str, list[StructuresData]] = {}
    for node in found["dimers"].values():
        by_sampling.setdefault(node.value.origin.sampling, []).append(node)
    counts = {kind: sum(len(n.value.values) for n in nodes) for kind, nodes in by_sampling.items()}
    assert counts == {"liquid": 5, "moved_apart": 5, "uncertain": 6}
    drawn = grouped(liquid_dimers(SYSTEM, lattice_liquid(SYSTEM, EDGE), 5 + 20 * 6, 9)[:5])
    assert len(drawn) > 1
    for pair, positions in drawn.items():
        keys = tuple(SYSTEM.of_name(name).key for name in pair)
        own = [node.value for node in by_sampling["liquid"] if node.value.cluster.species == keys]
        np.testing.assert_array_equal(np.concatenate([s.positions for s in own]), positions)


def test_pairs_moved_apart_stand_in_the_order_of_those_of_the_liquid() -> None:
    """The fit finds the one of the other by its place, batch by batch in the order of labels."""
    found = sample(MIXTURE, unsure(MIXTURE), liquid=40)["dimers"]
    near, far = (
        [node.value for label, node in sorted(found.items()) if label.startswith(kind)]
        for kind in ("liquid", "moved_apart")
    )
    assert len(near) == len(far) > 2
    for one, other in zip(near, far, strict=True):
        assert one.cluster == other.cluster
        np.testing.assert_array_equal(moved_apart(one.cluster, one.positions), other.positions)


def test_trimers_tell_of_the_damping_of_a_polarizable_field() -> None:
    """Of the first liquid, those of many whose energies change most with it."""
    system, _ = WATER
    field = replace(unsure(WATER), electrostatics=POLARIZABLE_WATER)
    found = sample(WATER, field, number=0, batch=10)["dimers"]
    chosen = {label: node.value for label, node in found.items() if "trimers" in label}
    assert {label: len(each.positions) for label, each in chosen.items()} == {
        "trimers_0_water_water_water_000": 2
    }
    positions = np.concatenate([each.positions for each in chosen.values()])
    names = ("water",) * 3
    every = liquid_trimers(system, lattice_liquid(system, EDGE), 40, 7)
    told = [
        abs(float(most_damped(system, POLARIZABLE_WATER, names, each.positions[None])[0]))
        for each in every
    ]
    mine = np.abs(most_damped(system, POLARIZABLE_WATER, names, positions))
    np.testing.assert_allclose(np.sort(mine), np.sort(told)[-2:])
    assert not any("trimers" in label for label in sample(WATER, field, number=1)["dimers"])
    of_fixed = sample(WATER, unsure(WATER), number=0)["dimers"]
    assert not any("trimers" in label for label in of_fixed)
