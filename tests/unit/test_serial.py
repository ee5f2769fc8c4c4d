"""Dataclasses as plain values and arrays: what is put together again is what was taken apart."""

import json
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from aiida_forcefield.serial import assemble, dismantle


@dataclass(frozen=True, eq=False)
class Leaf:
    """Arrays and words."""

    values: NDArray[Any]
    name: str
    kind: Literal["bond", "angle"] = "bond"
    second: NDArray[Any] | None = None


@dataclass(frozen=True, eq=False)
class Stone:
    """Of another kind than a leaf."""

    weight: float
    grains: tuple[Leaf, ...] = ()


@dataclass(frozen=True, eq=False)
class Found:
    """One of several kinds."""

    thing: Leaf | Stone


@dataclass(frozen=True, eq=False)
class Tree:
    """All that a field may hold."""

    leaf: Leaf
    leaves: tuple[Leaf, ...]
    numbers: dict[str, float]
    pairs: tuple[tuple[int, int], ...]
    best: Leaf | None = None
    note: str | None = None
    count: int = 0
    words: dict[str, tuple[str, ...]] = field(default_factory=dict)


TEXT = st.text(max_size=5)
NUMBERS = st.floats(allow_nan=False, width=64)
ARRAYS = arrays(
    st.sampled_from([np.float64, np.int64, np.bool_]),
    array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
)
LEAVES = st.builds(
    Leaf,
    values=ARRAYS,
    name=TEXT,
    kind=st.sampled_from(["bond", "angle"]),
    second=st.none() | ARRAYS,
)
TREES = st.builds(
    Tree,
    leaf=LEAVES,
    leaves=st.lists(LEAVES, max_size=3).map(tuple),
    numbers=st.dictionaries(TEXT, st.floats(allow_nan=False, allow_infinity=False), max_size=3),
    pairs=st.lists(st.tuples(st.integers(), st.integers()), max_size=3).map(tuple),
    best=st.none() | LEAVES,
    note=st.none() | TEXT,
    count=st.integers(),
    words=st.dictionaries(TEXT, st.lists(TEXT, max_size=2).map(tuple), max_size=2),
)


def assert_same(one: Any, other: Any) -> None:
    """Equal in all fields, types included."""
    assert type(one) is type(other)
    if isinstance(one, np.ndarray):
        np.testing.assert_array_equal(one, other)
        assert one.dtype == other.dtype
    elif is_dataclass(one):
        for each in fields(one):
            assert_same(getattr(one, each.name), getattr(other, each.name))
    elif isinstance(one, tuple):
        assert len(one) == len(other)
        for pair in zip(one, other, strict=True):
            assert_same(*pair)
    else:
        assert one == other


@given(TREES)
def test_a_round_trip_changes_nothing(tree: Tree) -> None:
    plain, found = dismantle(tree)
    assert_same(assemble(Tree, json.loads(json.dumps(plain)), found), tree)


def leaf(*values: float, **changes: Any) -> Leaf:
    return Leaf(np.array(values), "a leaf", **changes)


def tree(**changes: Any) -> Tree:
    return Tree(leaf(1.0), (leaf(2.0), leaf(3.0, 4.0)), {"a": 1.5}, ((1, 2),), **changes)


@given(LEAVES | st.builds(Stone, st.floats(0, 1), st.lists(LEAVES, max_size=2).map(tuple)))
def test_one_of_several_kinds_is_known_by_its_fields(thing: Leaf | Stone) -> None:
    plain, found = dismantle(Found(thing))
    assert_same(assemble(Found, json.loads(json.dumps(plain)), found), Found(thing))


def test_fields_of_no_kind_are_refused() -> None:
    told = "fields weight, colour; must be those of Leaf or Stone"
    with pytest.raises(ValueError, match=told):
        assemble(Found, {"thing": {"weight": 1.0, "colour": "red"}}, {})


def test_names_tell_where_an_array_was() -> None:
    plain, found = dismantle(tree(best=leaf(5.0, second=np.zeros(2))))
    places = {"leaf.values", "leaves.0.values", "leaves.1.values", "best.values", "best.second"}
    assert {*found} == places
    assert plain["leaves"] == [{"name": "a leaf", "kind": "bond"}] * 2
    assert plain["best"] == {"name": "a leaf", "kind": "bond"}


def test_what_is_none_by_default_is_left_out() -> None:
    """A new field of this kind changes no node that does without it, and no hash."""
    plain, _ = dismantle(tree())
    assert {"best", "note"}.isdisjoint(plain)
    assert {"count", "words"} <= {*plain}
    assert assemble(Tree, *dismantle(tree())).best is None


def test_none_that_is_no_default_is_kept() -> None:
    @dataclass(frozen=True)
    class Given:
        value: int | None

    plain, _ = dismantle(Given(None))
    assert plain == {"value": None}
    assert assemble(Given, plain, {}) == Given(None)


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ("count", "many"),
        ("numbers", {"a": "much"}),
        ("pairs", [[1, 2, 3]]),
        ("pairs", 3),
        ("note", 3),
    ],
)
def test_other_types_are_refused(change: str, value: Any) -> None:
    plain, found = dismantle(tree())
    with pytest.raises(ValueError, match="validation error"):
        assemble(Tree, plain | {change: value}, found)


def test_a_word_that_is_not_allowed_is_refused() -> None:
    plain, found = dismantle(tree())
    plain["leaf"]["kind"] = "torsion"
    with pytest.raises(ValueError, match="'bond' or 'angle'"):
        assemble(Tree, plain, found)


@pytest.mark.parametrize("missing", ["leaf", "numbers"])
def test_a_missing_field_is_told(missing: str) -> None:
    plain, found = dismantle(tree())
    del plain[missing]
    with pytest.raises(TypeError, match=missing):
        assemble(Tree, plain, found)


def test_a_missing_array_is_told() -> None:
    plain, found = dismantle(tree())
    del found["leaves.1.values"]
    with pytest.raises(TypeError, match="values"):
        assemble(Tree, plain, found)
