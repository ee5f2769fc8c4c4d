"""Every data node gives back what it was made of, whatever the database does in between."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np
import pytest
from aiida.orm import QueryBuilder, load_node

from aiida_forcefield.data import (
    BoxData,
    ForceFieldData,
    FramesData,
    PointsData,
    ProfileData,
    ScanData,
    SpeciesData,
    StructuresData,
    SystemData,
    ThermoData,
)
from aiida_forcefield.data.dataclass import DataclassData
from aiida_forcefield.dynamics import Thermo
from aiida_forcefield.potentials import Diagnostics, FixedCharges, ForceField
from aiida_forcefield.potentials.diagnostics import (
    Barrier,
    DataError,
    Evidence,
    Foresight,
    Outliers,
)
from aiida_forcefield.potentials.electrostatics import BondDipole, Polarizable
from aiida_forcefield.potentials.forcefield import Flag, Term
from aiida_forcefield.scans import Coordinate, Origin, Points, Scan, Structures
from aiida_forcefield.scans.lattice import lattice_scan, lattice_structures
from aiida_forcefield.surrogate import LearnedProfile, Observations, Settings, learn
from aiida_forcefield.topology import Box, Frames, System, from_smiles
from aiida_forcefield.topology.crystal import Crystal
from aiida_forcefield.topology.ions import ions_of
from aiida_forcefield.topology.system import AtomType

pytestmark = pytest.mark.usefixtures("storage")

WATER = from_smiles("O")
SCAN = Scan((WATER.key,), Coordinate("bond", ("H1", "O1"), (0, 1)), 0.6, 1.1)


def diagnostics() -> Diagnostics:
    """One of each that a fit may say of itself."""
    origin = Origin("liquid", round=1)
    return Diagnostics(
        errors=(
            DataError("interaction", "eV", 30, 0.01, 0.2, 0.015, ("water", "water"), origin),
            DataError("energy", "eV", 9, 0.01),
        ),
        foresight=(Foresight("virial", 1.2),),
        outliers=(Outliers(("water", "water"), origin, 2),),
        barriers=(Barrier(("water:H1", "water:O1"), 0.4, True),),
        reduced_chi2=1.1,
        condition=1e5,
        undetermined=3,
        converged=True,
        unsettled=1e-4,
        evidence=(Evidence("bond", "morse", "quartic_bond", 1.0, 0.9, False),),
    )


def force_field() -> ForceField:
    bond = Term(
        kind="bond",
        types=("water:H1", "water:O1"),
        form="morse",
        parameters={"D": 4.7, "alpha": 1.9, "r0": 0.74},
        standard_errors={"r0": 0.001, "alpha": 0.05, "D": 0.1},
        flags=(Flag("D", "upper_bound"), Flag("r0", "drawn", -2.5)),
    )
    types = (AtomType("water", "H", "H1"), AtomType("water", "O", "O1"))
    charges = FixedCharges({"water:H1": 0.1, "water:O1": -0.2}, {"water:H1": 0.2, "water:O1": -0.4})
    return ForceField(types, (bond,), charges, np.eye(3), diagnostics(), scale_14=(0.5, 1.0))


def polarizable() -> ForceField:
    """The same with the other kind of electrostatics."""
    electrostatics = Polarizable(
        net={"water:H1": 0.35, "water:O1": -0.7},
        dipoles=(BondDipole("water:O1", "water:H1", 0.05),),
        polarizabilities={"water:O1": 1.4},
        lengths={"water:O1": 0.95, "water:H1": 0.7},
        damping=0.39,
    )
    return replace(force_field(), electrostatics=electrostatics)


def profile(**settings: Any) -> LearnedProfile:
    x = np.array([0.65, 0.75, 0.9])
    observed = Observations(x, 18 * (x - 0.74) ** 2, np.full(3, np.nan), failed=np.array([1.0]))
    learned = learn("bond", 0.6, 1.1, observed, Settings(**{"max_points": 9} | settings))
    return LearnedProfile(SCAN, learned)


SALT = Crystal(("Li", "F"), 2.0 * (np.ones((3, 3)) - np.eye(3)), np.array([[0.0] * 3, [2.0] * 3]))


def cells() -> Structures:
    return lattice_structures(SALT, lattice_scan(SALT, "xx", -0.1, 0.1), [0.0, 0.1])


@pytest.fixture(
    params=[
        *("species", "system", "crystal", "structures", "cells", "points", "scan", "profile"),
        *("forcefield", "polarizable", "box", "frames", "thermo"),
    ]
)
def node(
    request: pytest.FixtureRequest, hydrogen: Structures, make_points: Callable[..., Points]
) -> DataclassData[Any]:
    makers: dict[str, Callable[[], DataclassData[Any]]] = {
        "species": lambda: SpeciesData(from_smiles("CO")),
        "system": lambda: SystemData(System(("a", "b"), (WATER, from_smiles("CO")), (1.0, 0.3))),
        "crystal": lambda: SystemData(ions_of(SALT, {"Li": 1, "F": -1})),
        "structures": lambda: StructuresData(hydrogen),
        "cells": lambda: StructuresData(cells()),
        "points": lambda: PointsData(make_points("ok", "scf_not_converged")),
        "scan": lambda: ScanData(SCAN),
        "profile": lambda: ProfileData(profile()),
        "forcefield": lambda: ForceFieldData(force_field()),
        "polarizable": lambda: ForceFieldData(polarizable()),
        "box": lambda: BoxData(Box((2, 1), np.ones((9, 3)), np.full(3, 9.0))),
        "frames": lambda: FramesData(Frames((1,), np.ones((2, 3, 3)), np.full((2, 3), 9.0))),
        "thermo": lambda: ThermoData(Thermo(*np.arange(26.0).reshape(13, 2))),
    }
    return makers[request.param]()


def assert_equal(one: Any, other: Any) -> None:
    """Equal in all fields, types included, NaN being equal to NaN."""
    assert type(one) is type(other)
    if isinstance(one, np.ndarray):
        np.testing.assert_array_equal(one, other)
        assert one.dtype == other.dtype
    elif is_dataclass(one):
        for field in fields(one):
            assert_equal(getattr(one, field.name), getattr(other, field.name))
    elif isinstance(one, tuple):
        assert len(one) == len(other)
        for pair in zip(one, other, strict=True):
            assert_equal(*pair)
    elif isinstance(one, float):
        assert one == pytest.approx(other, rel=1e-13)  # AiiDA rounds attributes to 14 digits
    else:
        assert one == other


def scrambled(content: Any) -> Any:
    """The same JSON with the keys of its objects in the order in which PostgreSQL keeps them."""
    if isinstance(content, dict):
        keys = sorted(content, key=lambda key: (len(key), key))
        return {key: scrambled(content[key]) for key in keys}
    return [scrambled(item) for item in content] if isinstance(content, list) else content


def test_stored_and_loaded_again(node: DataclassData[Any]) -> None:
    before = node.value
    assert_equal(load_node(node.store().pk).value, before)


def test_order_of_json_keys_does_not_matter(node: DataclassData[Any]) -> None:
    before = node.value
    node.base.attributes.reset(scrambled(node.base.attributes.all))
    assert_equal(node.value, before)


def test_parameters_keep_the_order_of_their_form() -> None:
    field = force_field()
    node = ForceFieldData(field)
    node.base.attributes.reset(scrambled(node.base.attributes.all))
    assert node.value.parameter_names == field.parameter_names
    np.testing.assert_array_equal(node.value.vector, field.vector)


def test_nothing_is_pickled(node: DataclassData[Any]) -> None:
    assert all(array.dtype != object for array in node.arrays.values())
    assert set(node.base.repository.list_object_names()) <= {node.ARRAYS}


def test_equal_values_have_equal_hashes(make_points: Callable[..., Points]) -> None:
    one, other = (PointsData(make_points("ok", "error")).store() for _ in range(2))
    assert one.base.caching.compute_hash() == other.base.caching.compute_hash()


def test_nodes_of_molecules_know_nothing_of_cells(
    hydrogen: Structures, make_points: Callable[..., Points]
) -> None:
    """Or finished QM jobs, which are found by the hash of their inputs, would run again."""
    for node in (StructuresData(hydrogen), PointsData(make_points("ok"))):
        names = {*node.base.attributes.all, *node.arrays}
        assert {"cells", "stresses"}.isdisjoint(names)
        assert node.value.cells is None


def test_query_by_a_field(make_points: Callable[..., Points]) -> None:
    points = make_points("ok", "error", origin=Origin("thermal", round=717))
    pk = PointsData(points).store().pk
    query = QueryBuilder().append(
        PointsData,
        filters={
            "attributes.origin.sampling": "thermal",
            "attributes.origin.round": 717,
            "attributes.statuses": {"contains": ["error"]},
            "attributes.versions.pyscf": "2.14.0",
        },
        project="id",
    )
    assert query.all(flat=True) == [pk]


def test_query_into_a_nested_dataclass() -> None:
    pk = ProfileData(profile(max_points=77)).store().pk
    filters = {"attributes.surrogate.settings.max_points": 77}
    query = QueryBuilder().append(ProfileData, filters=filters, project="id")
    assert query.all(flat=True) == [pk]


def test_force_fields_are_found_by_element_form_and_range_of_a_parameter() -> None:
    pk = ForceFieldData(force_field()).store().pk
    found = {"attributes.elements": {"contains": ["O"]}, "attributes.ranges": {"has_key": "morse"}}

    def query(**ends: float) -> list[int]:
        filters = found | {"id": pk}
        filters |= {f"attributes.ranges.morse.D.{end}": {">": x} for end, x in ends.items()}
        query = QueryBuilder().append(ForceFieldData, filters=filters, project="id")
        return query.all(flat=True)

    assert query() == query(max=4.6) == query(min=4.6) == [pk]
    assert query(max=4.8) == []
    found["attributes.elements"] = {"contains": ["F"]}
    assert query() == []


def test_species_are_found_by_their_key() -> None:
    pk = SpeciesData(from_smiles("C#CC#C")).store().pk
    filters = {"attributes.key": from_smiles("C#CC#C").key}
    query = QueryBuilder().append(SpeciesData, filters=filters, project="id")
    assert query.all(flat=True) == [pk]


@pytest.mark.parametrize("kind", ["force field", "species"])
def test_what_is_there_for_queries_is_in_no_hash(kind: str) -> None:
    """Or what has been computed from a node of an earlier version would run again."""

    def make() -> DataclassData[Any]:
        return ForceFieldData(force_field()) if kind == "force field" else SpeciesData(WATER)

    node, old = make(), make()
    names = node.index(node.value)
    assert names
    for name in names:
        old.base.attributes.delete(name)
    assert node.store().base.caching.compute_hash() == old.store().base.caching.compute_hash()
    assert_equal(load_node(old.pk).value, node.value)


def test_labels_tell_people_what_a_node_holds(make_points: Callable[..., Points]) -> None:
    nodes = {
        SpeciesData(WATER): "O",
        SystemData(System(("a", "b"), (WATER, from_smiles("CO")), (1.0, 0.3))): "a + b",
        PointsData(make_points("ok")): "bond H1-H1",
        PointsData(make_points("ok", origin=Origin("moved_apart"))): "moved apart",
        ScanData(SCAN): "bond H1-O1",
        ProfileData(profile()): "bond H1-O1",
    }
    assert {node.label for node in nodes} == {*nodes.values()}
    assert all(node.label == label for node, label in nodes.items())


def test_none_and_nan_survive(make_points: Callable[..., Points]) -> None:
    assert ProfileData(profile()).value.surrogate.charge_product is None
    assert np.isnan(PointsData(make_points("error")).value.energies[0])


def test_another_object_is_refused() -> None:
    with pytest.raises(TypeError, match="PointsData holds a Points"):
        PointsData(Settings())
