"""The picture of a replay shows the points in their order, the band, the form and its residual."""

import numpy as np
import pytest

from aiida_forcefield.replay.learning import replay
from aiida_forcefield.replay.picture import draw_replay
from aiida_forcefield.replay.record import Record

R = np.linspace(1.0, 1.6, 41)


def record(split: tuple[float, float] | None = None) -> Record:
    return Record("bond", R, 4.5 * (1 - np.exp(-2 * (R - 1.2))) ** 2, None, split=split)


def test_all_is_shown() -> None:
    done = replay(record(), 0.01, True, form="harmonic")
    upper, lower = draw_replay(done, "c_o", "eV", 1.0).axes
    assert done.surrogate is not None
    count = len(done.surrogate.observations)
    assert [text.get_text() for text in upper.texts] == [str(n + 1) for n in range(count)]
    labels = [text.get_text() for text in upper.get_legend().get_texts()]
    assert labels == ["record", "±2σ", "surrogate", "harmonic"]
    assert "surrogate − harmonic" in [t.get_text() for t in lower.get_legend().get_texts()]
    assert upper.get_ylabel() == "energy (eV)"
    assert lower.get_xlabel() == "coordinate (Å)"


def test_a_record_with_two_branches_is_shown_alone() -> None:
    figure = draw_replay(replay(record((1.0, 1.3)), 0.01, True), "c_o", "eV", 1.0)
    assert len(figure.axes[0].lines) == 1


def test_curves_and_points_share_one_zero() -> None:
    done = replay(record(), 0.01, True)
    upper, _ = draw_replay(done, "c_o", "kcal/mol", 1 / 23.06).axes
    recorded, surrogate, points, form = upper.lines
    assert min(recorded.get_ydata()) == pytest.approx(0, abs=1e-3)
    for curve in (recorded, surrogate, form):
        there = np.interp(points.get_xdata(), curve.get_xdata(), curve.get_ydata())
        np.testing.assert_allclose(points.get_ydata(), there, atol=0.02)


def test_a_curve_that_is_not_learned_is_drawn_without_a_form() -> None:
    rough = Record("bond", R, np.random.default_rng(0).normal(size=len(R)), None)
    done = replay(rough, 0.01, True)
    upper, _ = draw_replay(done, "c_o", "eV", 1.0).axes
    labels = [text.get_text() for text in upper.get_legend().get_texts()]
    assert labels == ["record", "±2σ", "surrogate"]
