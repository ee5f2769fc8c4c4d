"""Every data node gives back what it was made of, whatever the database does in between."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np
import pytest
from aiida.orm import QueryBuilder, load_node

from aiida_forcefield.data import (
    ForceFieldData,
    PointsData,
    SpeciesData,
    StructuresData,
    SurrogateData,
    ThermoData,
)
from aiida_forcefield.data.dataclass import DataclassData
from aiida_forcefield.dynamics import Thermo
from aiida_forcefield.potentials import ForceField
from aiida_forcefield.potentials.forcefield import Term
from aiida_forcefield.scans import Points, Structures
from aiida_forcefield.surrogate import Observations, Settings, learn
from aiida_forcefield.topology import from_smiles

pytestmark = pytest.mark.usefixtures("storage")


def force_field() -> ForceField:
    bond = Term(
        kind="bond",
        name="bond H1-H1",
        form="morse",
        parameters={"D": 4.7, "alpha": 1.9, "r0": 0.74},
        standard_errors={"r0": 0.001, "alpha": 0.05, "D": 0.1},
        flags=("D: at upper bound",),
    )
    sites = {"H1": 0.1, "O12": -0.2}
    return ForceField((bond,), sites, sites, np.eye(3), diagnostics={"energy_rmse": 0.01})


def surrogate() -> Any:
    x = np.array([0.65, 0.75, 0.9])
    observed = Observations(x, 18 * (x - 0.74) ** 2, np.full(3, np.nan), failed=np.array([1.0]))
    return learn("bond", 0.6, 1.1, observed, Settings(max_points=9))


def crystal() -> Structures:
    cells = 2.0 * (np.ones((2, 3, 3)) - np.eye(3))
    salt = np.array([[[0.0, 0, 0], [2, 2, 2]]] * 2)
    values = np.array([0.0, 0.1])
    return Structures("strain xx", ("Li", "F"), 0, 1, (), salt, (), values, 0, cells)


@pytest.fixture(
    params=["species", "structures", "crystal", "points", "surrogate", "forcefield", "thermo"]
)
def node(
    request: pytest.FixtureRequest, hydrogen: Structures, make_points: Callable[..., Points]
) -> DataclassData[Any]:
    makers: dict[str, Callable[[], DataclassData[Any]]] = {
        "species": lambda: SpeciesData(from_smiles("CO")),
        "structures": lambda: StructuresData(hydrogen),
        "crystal": lambda: StructuresData(crystal()),
        "points": lambda: PointsData(make_points("ok", "scf_not_converged")),
        "surrogate": lambda: SurrogateData(surrogate()),
        "forcefield": lambda: ForceFieldData(force_field()),
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
    points = make_points("ok", "error", label="a label to be found")
    pk = PointsData(points).store().pk
    query = QueryBuilder().append(
        PointsData,
        filters={
            "attributes.label": "a label to be found",
            "attributes.statuses": {"contains": ["error"]},
            "attributes.versions.pyscf": "2.14.0",
        },
        project="id",
    )
    assert query.all(flat=True) == [pk]


def test_query_into_a_nested_dataclass() -> None:
    learned = replace(surrogate(), settings=Settings(max_points=77))
    pk = SurrogateData(learned).store().pk
    filters = {"attributes.settings.max_points": 77}
    query = QueryBuilder().append(SurrogateData, filters=filters, project="id")
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


def test_what_is_there_for_queries_is_in_no_hash() -> None:
    """Or what has been computed from a force field of an earlier version would run again."""
    node, old = ForceFieldData(force_field()), ForceFieldData(force_field())
    for name in ("elements", "ranges"):
        old.base.attributes.delete(name)
    assert node.store().base.caching.compute_hash() == old.store().base.caching.compute_hash()
    assert_equal(load_node(old.pk).value, node.value)


def test_none_and_nan_survive(make_points: Callable[..., Points]) -> None:
    assert SurrogateData(surrogate()).value.charge_product is None
    assert np.isnan(PointsData(make_points("error")).value.energies[0])


def test_another_object_is_refused() -> None:
    with pytest.raises(TypeError, match="PointsData holds a Points"):
        PointsData(Settings())
