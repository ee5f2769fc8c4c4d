"""Components of interaction energies as data of a fit."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from aiida_forcefield.fitting import FitData, Settings, fit_force_field
from aiida_forcefield.fitting.case import Case as FitCase
from aiida_forcefield.fitting.case import Models
from aiida_forcefield.fitting.data import Components, DimerPoints
from aiida_forcefield.fitting.residuals import RESIDUALS, Residual
from aiida_forcefield.fitting.residuals.component import (
    ComponentResidual,
    ElectrostaticsResidual,
    ExchangeResidual,
    InductionResidual,
)
from aiida_forcefield.potentials import ForceField, Layout, Term
from aiida_forcefield.potentials.forms import OVERLAP

from ..synthetic_fields import Case
from .test_fit import data, joint

Array = NDArray[np.float64]
KINDS: dict[str, type[ComponentResidual]] = {
    "electrostatics": ElectrostaticsResidual,
    "exchange": ExchangeResidual,
    "induction": InductionResidual,
}
FORMS = Settings().form_of_kind | {"nonbonded": OVERLAP}


def with_overlap(field: ForceField) -> ForceField:
    """The same force field, whose amplitude is one of exchange less two others."""

    def of(term: Term) -> Term:
        if term.kind != "nonbonded":
            return term
        A, *rest = term.parameters.values()
        values = (A / 0.6, 0.3 * A / 0.6, 0.1 * A / 0.6, *rest)
        parameters = dict(zip(OVERLAP.parameter_names, values, strict=True))
        return replace(term, form="overlap", parameters=parameters)

    return replace(field, terms=tuple(map(of, field.terms)))


def told(case: Case, field: ForceField, points: DimerPoints) -> Components:
    """What a force field has for the components of some dimers."""
    layout = Layout.of(field, case.system)
    parts = {
        name: layout.clusters(points.species, points.positions, component=name).energy(
            field.vector
        )[0]
        for name in KINDS
    }
    return Components(**parts)


@pytest.fixture(scope="module")
def field(methanol: Case) -> ForceField:
    return with_overlap(methanol.forcefield)


@pytest.fixture(scope="module")
def points(methanol: Case, field: ForceField) -> FitData:
    """Two sets of dimers, of which one knows its components, and of these not all."""
    few = replace(methanol, molecules=methanol.molecules[:10], dimers=methanol.dimers[:30])
    found = joint(few, *data(few, noise=0.0))
    (dimers,) = found.dimers
    parts = told(methanol, field, dimers)
    parts.induction[:5] = np.nan
    weights = np.linspace(0.5, 1.5, 30)
    known = replace(dimers, weights=weights, components=parts)
    return replace(found, dimers=(dimers, known))


def fit_case(case: Case, field: ForceField, points: FitData, settings: Settings) -> FitCase:
    layout = Layout.of(field, case.system)
    return FitCase(layout, points, settings, Models.of(layout, points))


@pytest.mark.parametrize("name", KINDS)
def test_jacobian_is_that_of_the_residuals(
    name: str, methanol: Case, field: ForceField, points: FitData
) -> None:
    residual = KINDS[name].of(fit_case(methanol, field, points, Settings()))
    assert residual
    _, jacobian = residual.evaluate(field.vector)
    for i, parameter in enumerate(field.vector):
        shift = np.zeros(len(field.vector))
        shift[i] = 1e-5 * max(abs(parameter), 0.1)
        up, down = (residual.evaluate(field.vector + s)[0] for s in (shift, -shift))
        expected = (up - down) / (2 * shift[i])
        np.testing.assert_allclose(jacobian[:, i], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("name", "count"), [("exchange", 30), ("induction", 25)])
def test_only_known_components_count(
    name: str, count: int, methanol: Case, field: ForceField, points: FitData
) -> None:
    """Not NaN, nor dimers without any: the second set begins behind the first."""
    case = fit_case(methanol, field, points, Settings())
    residual = KINDS[name].of(case)
    assert residual
    values, jacobian = residual.evaluate(field.vector)
    assert len(values) == len(jacobian) == len(residual.rows.points) == count
    np.testing.assert_allclose(values, 0.0, atol=1e-9)  # it is the field's own
    np.testing.assert_array_equal(residual.rows.points, case.numbers[-1][30 - count :])


def test_errors_count_by_the_setting_and_a_twentieth_of_the_component(
    methanol: Case, field: ForceField, points: FitData
) -> None:
    settings = Settings(component_error=0.02)
    _, known = points.dimers
    assert known.components
    off = replace(known.components, exchange=known.components.exchange - 0.01)
    case = fit_case(
        methanol,
        field,
        replace(points, dimers=(points.dimers[0], replace(known, components=off))),
        settings,
    )
    residual = ExchangeResidual.of(case)
    assert residual
    values, _ = residual.evaluate(field.vector)
    error = np.hypot(0.02, 0.05 * off.exchange)
    weights = known.weights * settings.energy_weights(known.energies)
    np.testing.assert_allclose(values, np.sqrt(weights) * 0.01 / error)
    np.testing.assert_allclose(residual.rows.weights, weights * (0.02 / error) ** 2)
    every = np.ones(30, dtype=bool)
    assert residual.error(values, every) == pytest.approx(0.01)


def test_there_is_none_without_data_or_a_form_that_tells(
    methanol: Case, field: ForceField, points: FitData
) -> None:
    bare = replace(points, dimers=(points.dimers[0],))
    unknown = Components(*(np.full(30, np.nan) for _ in KINDS))
    nothing = replace(points, dimers=(replace(points.dimers[1], components=unknown),))
    for kind in KINDS.values():
        assert kind.of(fit_case(methanol, field, bare, Settings())) is None
        assert kind.of(fit_case(methanol, field, nothing, Settings())) is None
        assert kind.of(fit_case(methanol, methanol.forcefield, points, Settings())) is None


def test_a_fit_finds_the_parts_of_the_form(
    methanol: Case, field: ForceField, points: FitData
) -> None:
    """Totals alone leave the three amplitudes where they were expected."""

    def missed(kinds: Sequence[type[Residual]]) -> float:
        found = fit_force_field(
            methanol.system,
            methanol.forcefield.electrostatics,
            replace(points, dimers=points.dimers[1:]),
            forms=FORMS,
            residuals=kinds,
        )
        exchange = told(methanol, found, points.dimers[1]).exchange
        known = points.dimers[1].components
        assert known
        return float(np.sqrt(np.mean((exchange - known.exchange) ** 2)))

    totals = missed([kind for kind in RESIDUALS if not issubclass(kind, ComponentResidual)])
    assert missed(RESIDUALS) < 0.2 * totals


def test_amplitudes_that_no_point_tells_apart_are_refused(methanol: Case, points: FitData) -> None:
    bare = replace(points, dimers=points.dimers[:1])
    with pytest.raises(ValueError, match="overlap needs the components of interaction energies"):
        fit_force_field(methanol.system, methanol.forcefield.electrostatics, bare, forms=FORMS)
