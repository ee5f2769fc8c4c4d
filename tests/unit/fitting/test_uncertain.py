"""Which dimers are worth their cost: those that leave the parameters least uncertain."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from aiida_forcefield.fitting import (
    PHYSICAL,
    Settings,
    least_certain,
    most_telling,
)
from aiida_forcefield.potentials import ForceField, Layout
from aiida_forcefield.scans import Cluster, Origin, Structures

from ..synthetic_fields import Case, build

SETTINGS = Settings()


@pytest.fixture(scope="module")
def methanol() -> Case:
    case = build("methanol")
    widths = 0.1 * np.abs(case.forcefield.vector)
    return replace(case, forcefield=replace(case.forcefield, covariance=np.diag(widths**2)))


def structures(case: Case, dimers: np.ndarray) -> Structures:
    return Structures.rigid(Origin("random"), Cluster.of(case.species, case.species), dimers)


def chosen_of(case: Case, dimers: np.ndarray, count: int) -> list[int]:
    candidates = {case.pair: structures(case, dimers)}
    found = least_certain(case.forcefield, case.system, candidates, count, SETTINGS)
    return found[case.pair].tolist()


def telling(
    case: Case, known: np.ndarray, sets: dict[str, np.ndarray], count: int
) -> dict[str, float]:
    candidates = {name: structures(case, dimers) for name, dimers in sets.items()}
    before = [structures(case, known)]
    return most_telling(case.forcefield, case.system, before, candidates, count, SETTINGS)


def log_volume(field: ForceField, case: Case, places: list[int]) -> float:
    """Of what is left of the uncertainty of the parameters after some dimers were computed."""
    model = Layout.of(field, case.system).clusters(case.pair, case.dimers[places])
    energies, jacobian = model.energy(field.vector)
    rows = jacobian * np.sqrt(SETTINGS.energy_weights(energies))[:, None]
    uncertain = np.diag(field.covariance) > 0
    precision = np.linalg.inv(field.covariance[np.ix_(uncertain, uncertain)])
    precision += rows[:, uncertain].T @ rows[:, uncertain] / SETTINGS.interaction_error**2
    return -float(np.linalg.slogdet(precision)[1])


def test_the_first_is_the_best_of_all_and_each_next_the_best_addition(methanol: Case) -> None:
    field, count = methanol.forcefield, len(methanol.dimers)
    chosen = chosen_of(methanol, methanol.dimers, 3)
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
    told = telling(methanol, methanol.dimers[known], sets, 3)
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
    told = telling(methanol, known, sets, 2)
    assert [*told] == ["new", "known"]
    assert told["known"] < 0.2
    assert [*telling(methanol, known, sets, 1)] == ["new"]


def test_what_is_expected_before_any_point_has_the_widths_of_the_prior(methanol: Case) -> None:
    references = {methanol.name: methanol.reference}
    prior = PHYSICAL.prior(methanol.system, references, SETTINGS, SETTINGS.form_of_kind)
    field = prior.field(methanol.system, methanol.forcefield.electrostatics)
    relative = np.sqrt(np.diag(field.covariance)) / np.where(prior.logarithmic, field.vector, 1.0)
    np.testing.assert_allclose(relative, prior.widths, rtol=1e-6)


def test_they_tell_more_than_most_others(methanol: Case) -> None:
    field = methanol.forcefield
    chosen = chosen_of(methanol, methanol.dimers, 2)
    pairs = combinations(range(min(len(methanol.dimers), 20)), 2)
    others = [log_volume(field, methanol, list(pair)) for pair in pairs]
    assert log_volume(field, methanol, chosen) <= np.quantile(others, 0.01)


def test_a_dimer_that_is_there_twice_is_taken_once(methanol: Case) -> None:
    best = chosen_of(methanol, methanol.dimers, 1)
    twice = np.concatenate([methanol.dimers[best], methanol.dimers[:10], methanol.dimers[best]])
    chosen = chosen_of(methanol, twice, 2)
    assert set(chosen) != {0, len(twice) - 1}


def test_no_more_than_there_are(methanol: Case) -> None:
    few = methanol.dimers[:3]
    chosen = chosen_of(methanol, few, 5)
    assert sorted(chosen) == [0, 1, 2]
