"""Points of several jobs put together."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from aiida_forcefield.scans import Points, join

MakePoints = Callable[..., Points]


def test_each_part_fills_what_those_before_left(make_points: MakePoints) -> None:
    whole = make_points("ok", "error", "ok", "ok")
    cut = make_points("ok", "error", "out_of_memory", "missing")
    rest = replace(
        make_points("ok", "missing"),
        positions=whole.positions[2:],
        requested=whole.requested[2:],
        energies=np.array([whole.energies[2], np.nan]),
        slopes=np.array([whole.slopes[2], np.nan]),
        versions={"pyscf": "2.15.0"},
    )
    last = replace(
        make_points("ok"),
        positions=whole.positions[3:],
        requested=whole.requested[3:],
        energies=whole.energies[3:],
        slopes=whole.slopes[3:],
    )
    joined = join([cut, rest, last])
    assert joined.statuses == whole.statuses
    assert joined.messages == whole.messages
    for name in ("positions", "requested", "energies", "gradients", "slopes", "cpu_seconds"):
        np.testing.assert_array_equal(getattr(joined, name), getattr(whole, name))
    assert joined.versions == {"pyscf": "2.14.0", "numpy": "2"}
    assert np.isnan(cut.energies[2])  # the parts stay as they are


def test_one_part_is_the_whole(make_points: MakePoints) -> None:
    points = make_points("ok", "missing")
    assert join([points]) is points


def test_a_part_of_something_else_is_refused(make_points: MakePoints) -> None:
    with pytest.raises(ValueError, match="3 points for 1 unfinished"):
        join([make_points("ok", "missing"), make_points("ok", "ok", "ok")])
