"""The picture of all profiles shows its inputs, no more and no less."""

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from aiida_forcefield.report import draw_profiles
from aiida_forcefield.scans import Coordinate, Scan
from aiida_forcefield.study.scan_profile import Profile


def profile(
    name: str,
    failed: tuple[float, ...] = (),
    status: str = "ok",
    species: tuple[str, ...] = ("methanol",),
) -> Profile:
    kind, types = name.split()
    grid = np.linspace(1.0, 2.0, 201)
    x = np.array([1.1, 1.5, 1.9])
    return Profile(
        scan=Scan(species, Coordinate(kind, tuple(types.split("-")), (0, 1)), 1.0, 2.0),
        species=species,
        status=status,
        cap=15.0,
        grid=grid,
        mean=40.0 * (grid - 1.5) ** 2,
        std=np.full(201, 0.1),
        x=x,
        energy=40.0 * (x - 1.5) ** 2,
        slope=np.array([-32.0, np.nan, 32.0]),
        failed=np.array(failed),
        field=41.0 * (x - 1.5) ** 2,
        field_curve=41.0 * (grid - 1.5) ** 2,
    )


def panels(*profiles: Profile) -> list[Axes]:
    return draw_profiles(profiles, "title").axes


def test_one_panel_for_each_profile_named_with_its_unit() -> None:
    found = panels(*map(profile, ("bond C1-O1", "angle H1-C1-O1", "pair O1-H2")))
    labels = [axes.get_xlabel() for axes in found]
    assert labels == ["bond C1–O1 (Å)", "angle H1–C1–O1 (degrees)", "pair O1···H2 (Å)"]


def test_of_several_species_each_panel_names_its_own() -> None:
    found = panels(profile("bond C1-O1"), profile("pair O1-H2", species=("water", "methanol")))
    labels = [axes.get_xlabel() for axes in found]
    assert labels == ["methanol: bond C1–O1 (Å)", "water-methanol: pair O1···H2 (Å)"]


def test_the_curves_are_the_inputs() -> None:
    given = profile("bond C1-O1", failed=(1.3,), status="converged")
    (axes,) = panels(given)
    drawn = [np.array(line.get_data()) for line in axes.lines]
    for x, y in (
        (given.grid, given.mean),
        (given.grid, given.field_curve),
        (given.x, given.field),
        (given.x, given.energy),
    ):
        assert any(data.shape == (2, len(x)) and np.allclose(data, [x, y]) for data in drawn)
    assert any(data[0].tolist() == [1.3] for data in drawn)
    band = axes.collections[0].get_paths()[0].vertices
    assert band[:, 1].max() == pytest.approx((given.mean + 2 * given.std).max())
    assert not axes.texts


def test_ticks_run_along_the_known_slopes_and_are_equally_long_on_the_page() -> None:
    (axes,) = panels(profile("bond C1-O1"))
    (ticks,) = [part for part in axes.collections if isinstance(part, LineCollection)]
    steps = np.diff(ticks.get_segments(), axis=1)[:, 0]
    np.testing.assert_allclose(steps[:, 1] / steps[:, 0], [-32.0, 32.0])
    low, high = axes.get_ylim()
    assert low < 0.0 < high
    np.testing.assert_allclose(*np.abs(steps))


def test_energies_above_the_cap_are_cut_off() -> None:
    given = profile("bond C1-O1")
    high = Profile(**{**vars(given), "mean": 100 * given.mean})
    assert panels(high)[0].get_ylim()[1] < 1.2 * given.cap


def test_a_profile_that_did_not_converge_says_so() -> None:
    (axes,) = panels(profile("bond C1-O1", status="unmet"))
    assert [text.get_text() for text in axes.texts] == ["not converged"]
