"""The picture of interaction energies."""

import numpy as np
import pytest

from aiida_forcefield.report import draw_dimers
from aiida_forcefield.study.dimer_set import DimerSet

BOUND = DimerSet(("A", "A"), "random", np.array([-1.0, -3.0, 5.0]), np.array([-1.3, -2.6, 9.0]))
HIGH = DimerSet(("A", "A"), "squeezed", np.array([2.0, 30.0]), np.array([2.5, 28.0]))


def test_error_is_that_of_the_dimers_below_zero() -> None:
    assert BOUND.rmse == pytest.approx(np.sqrt((0.3**2 + 0.4**2) / 2))


def test_each_set_has_a_panel_with_its_energies() -> None:
    figure = draw_dimers([BOUND, HIGH], "title")
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["random (3)", "squeezed (2)"]
    for axes, given in zip(figure.axes, (BOUND, HIGH), strict=True):
        np.testing.assert_array_equal(axes.lines[-1].get_data(), [given.qm, given.field])


def test_what_lies_beyond_the_axes_is_counted() -> None:
    notes = [axes.texts[0].get_text() for axes in draw_dimers([BOUND, HIGH], "title").axes]
    assert "0.35 kcal/mol" in notes[0]
    assert "above" not in notes[0]
    assert notes[1] == "1 above 10"


def test_each_pair_of_species_has_a_row() -> None:
    mixed = DimerSet(("A", "B"), "random", np.array([-1.0]), np.array([-1.3]))
    axes = draw_dimers([BOUND, HIGH, mixed], "title").axes
    titles = [each.get_title(loc="left") for each in axes]
    assert titles == ["A-A, random (3)", "A-A, squeezed (2)", "A-B, random (1)"]
    rows = [round(each.get_subplotspec().rowspan.start) for each in axes]
    assert rows == [0, 0, 1]


def test_the_order_of_panels_is_that_of_the_chain_whatever_comes_first() -> None:
    """A column for each origin, in which a pair of species without such dimers has a gap."""
    scans, liquid = (
        DimerSet(("A", "B"), name, np.array([-1.0]), np.array([-1.3]))
        for name in ("pair scans", "liquid")
    )
    for sets in ([BOUND, HIGH, liquid, scans], [HIGH, BOUND, scans, liquid]):
        axes = draw_dimers(sets, "title").axes
        assert [each.get_title(loc="left") for each in axes] == [
            "A-A, random (3)", "A-A, squeezed (2)", "A-B, pair scans (1)", "A-B, liquid (1)",
        ]  # fmt: skip
        columns = [each.get_subplotspec().colspan.start for each in axes]
        assert columns == [1, 2, 0, 3]
        assert [bool(each.get_ylabel()) for each in axes] == [True, False, True, False]
