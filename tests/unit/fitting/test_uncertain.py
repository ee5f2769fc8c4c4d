"""Which dimers are worth their cost: those that leave the parameters least uncertain."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from aiida_forcefield.potentials import (
    ForceField,
    Settings,
    build_prior,
    least_certain,
    most_telling,
)
from aiida_forcefield.potentials.energy import dimer_model

from .synthetic_fields import Case, build

SETTINGS = Settings()


@pytest.fixture(scope="module")
def methanol() -> Case:
    case = build("methanol")
    widths = 0.1 * np.abs(case.forcefield.vector)
    return replace(case, forcefield=replace(case.forcefield, covariance=np.diag(widths**2)))


def log_volume(field: ForceField, case: Case, places: list[int]) -> float:
    """Of what is left of the uncertainty of the parameters after some dimers were computed."""
    model = dimer_model(case.species, field.terms, case.dimers[places], field.gas_charges)
    energies, jacobian = model.energy(field.vector)
    rows = jacobian * np.sqrt(SETTINGS.energy_weights(energies))[:, None]
    uncertain = np.diag(field.covariance) > 0
    precision = np.linalg.inv(field.covariance[np.ix_(uncertain, uncertain)])
    precision += rows[:, uncertain].T @ rows[:, uncertain] / SETTINGS.interaction_error**2
    return -float(np.linalg.slogdet(precision)[1])


def test_the_first_is_the_best_of_all_and_each_next_the_best_addition(methanol: Case) -> None:
    field, count = methanol.forcefield, len(methanol.dimers)
    chosen = least_certain(field, methanol.species, methanol.dimers, 3, SETTINGS).tolist()
    for length in (1, 2, 3):
        volumes = [
            log_volume(field, methanol, [*chosen[: length - 1], place])
            for place in range(count)
            if place not in chosen[: length - 1]
        ]
        assert log_volume(field, methanol, chosen[:length]) == pytest.approx(min(volumes))


def test_information_is_what_the_volume_of_the_uncertainty_falls_by(methanol: Case) -> None:
    field, places = methanol.forcefield, {"near": [3, 4, 5], "far": [40, 41], "other": [70]}
    sets = {name: methanol.dimers[rows] for name, rows in places.items()}
    known = [7, 8]
    told = most_telling(field, methanol.species, methanol.dimers[known], sets, 3, SETTINGS)
    before = known
    for name, information in told.items():
        after = before + places[name]
        fall = log_volume(field, methanol, before) - log_volume(field, methanol, after)
        assert information == pytest.approx(fall / 2, rel=1e-6)
        rivals = [n for n in places if n not in told or [*told].index(n) >= [*told].index(name)]
        lowest = min(log_volume(field, methanol, before + places[rival]) for rival in rivals)
        assert log_volume(field, methanol, after) == pytest.approx(lowest)
        before = after


def test_of_a_set_that_is_known_already_little_is_learned(methanol: Case) -> None:
    sets = {"known": methanol.dimers[:5], "new": methanol.dimers[5:10]}
    known = np.repeat(methanol.dimers[:5], 20, axis=0)
    told = most_telling(methanol.forcefield, methanol.species, known, sets, 2, SETTINGS)
    assert [*told] == ["new", "known"]
    assert told["known"] < 0.2
    assert [*most_telling(methanol.forcefield, methanol.species, known, sets, 1, SETTINGS)] == [
        "new"
    ]


def test_what_is_expected_before_any_point_has_the_widths_of_the_prior(methanol: Case) -> None:
    prior = build_prior(methanol.species, methanol.reference, SETTINGS.dispersion_width)
    charges = methanol.forcefield.charges
    field = prior.field(charges, methanol.forcefield.gas_charges)
    relative = np.sqrt(np.diag(field.covariance)) / np.where(prior.logarithmic, field.vector, 1.0)
    np.testing.assert_allclose(relative, prior.widths, rtol=1e-6)


def test_they_tell_more_than_most_others(methanol: Case) -> None:
    field = methanol.forcefield
    chosen = least_certain(field, methanol.species, methanol.dimers, 2, SETTINGS).tolist()
    pairs = combinations(range(min(len(methanol.dimers), 20)), 2)
    others = [log_volume(field, methanol, list(pair)) for pair in pairs]
    assert log_volume(field, methanol, chosen) <= np.quantile(others, 0.01)


def test_a_dimer_that_is_there_twice_is_taken_once(methanol: Case) -> None:
    best = least_certain(methanol.forcefield, methanol.species, methanol.dimers, 1, SETTINGS)
    twice = np.concatenate([methanol.dimers[best], methanol.dimers[:10], methanol.dimers[best]])
    chosen = least_certain(methanol.forcefield, methanol.species, twice, 2, SETTINGS)
    assert set(chosen) != {0, len(twice) - 1}


def test_no_more_than_there_are(methanol: Case) -> None:
    few = methanol.dimers[:3]
    chosen = least_certain(methanol.forcefield, methanol.species, few, 5, SETTINGS)
    assert sorted(chosen) == [0, 1, 2]
