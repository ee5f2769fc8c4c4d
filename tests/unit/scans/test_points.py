"""Points of several jobs put together."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from aiida_forcefield.scans import UNFINISHED, Points, join

MakePoints = Callable[..., Points]


@pytest.mark.parametrize("status", UNFINISHED[1:])
def test_each_part_fills_what_those_before_left(make_points: MakePoints, status: str) -> None:
    whole = make_points("ok", "error", "ok", "ok")
    cut = make_points("ok", "error", status, "missing")

    def part(place: int, **changes: Any) -> Points:
        names = ("positions", "requested", "energies", "slopes")
        values = {name: getattr(whole, name)[place : place + 1] for name in names}
        return replace(make_points("ok"), **values, **changes)

    # What was never tried comes first, what failed by itself after it.
    rest, last = part(3, versions={"pyscf": "2.15.0"}), part(2)
    joined = join([cut, rest, last])
    assert joined.statuses == whole.statuses
    assert joined.messages == whole.messages
    for name in ("positions", "requested", "energies", "gradients", "slopes", "cpu_seconds"):
        np.testing.assert_array_equal(getattr(joined, name), getattr(whole, name))
    assert joined.versions == {"pyscf": "2.14.0", "numpy": "2"}
    assert np.isnan(cut.energies[2])  # the parts stay as they are


def test_components_are_put_together_whichever_job_tells_them(make_points: MakePoints) -> None:
    """A job that ended before its first point tells none; no job of some engines does."""
    begun, rest = make_points("missing", "missing"), make_points("error", "ok")
    told = replace(rest, exchange=np.array([np.nan, 0.2]))
    joined = join([begun, told])
    np.testing.assert_array_equal(joined.exchange, [np.nan, 0.2])
    assert joined.induction is None
    first = replace(make_points("ok", "missing"), exchange=np.array([0.1, np.nan]))
    np.testing.assert_array_equal(join([first, make_points("error")]).exchange, [0.1, np.nan])
    last = replace(make_points("ok"), exchange=np.array([0.3]))
    np.testing.assert_array_equal(join([first, last]).exchange, [0.1, 0.3])
    assert first.exchange is not None
    assert np.isnan(first.exchange[1])  # the parts stay as they are


def test_one_part_is_the_whole(make_points: MakePoints) -> None:
    points = make_points("ok", "missing")
    assert join([points]) is points


def test_a_part_of_something_else_is_refused(make_points: MakePoints) -> None:
    with pytest.raises(ValueError, match="3 points for 1 that wait"):
        join([make_points("ok", "missing"), make_points("ok", "ok", "ok")])
