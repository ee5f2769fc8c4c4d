"""How well the pressure of pairs is known, through the provenance graph."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from aiida.orm import Dict

from aiida_forcefield.calculations.functions.pressure import LEVEL_ERROR, assess_pressure
from aiida_forcefield.data import ForceFieldData, FramesData, PointsData, SystemData
from aiida_forcefield.fitting import Settings
from aiida_forcefield.potentials import (
    DataError,
    Diagnostics,
    ForceField,
    interaction_energies,
)
from aiida_forcefield.potentials.diagnostics import Foresight
from aiida_forcefield.scans import Origin, liquid_dimers, moved_apart
from aiida_forcefield.scans.contacts import dimer_contacts
from aiida_forcefield.scans.liquid import Pair, grouped
from aiida_forcefield.scans.trimers import TOUCHING
from aiida_forcefield.units import BAR

from ..systems import FIELD, MIXTURE, SYSTEM, at_rest, computed, dimers_of, lattice_liquid

pytestmark = pytest.mark.usefixtures("storage")

EDGE = 15.0
SAMPLING = {"liquid": 5, "most_liquid": 60}
FRAMES = lattice_liquid(SYSTEM, EDGE)
Drawn = dict[str, PointsData]


def field(worse: float = 1.0, told: bool = True) -> ForceField:
    """A field with too little dispersion."""
    terms = tuple(
        replace(term, parameters=term.parameters | {"C6": 0.9 * term.parameters["C6"]})
        if term.kind == "nonbonded"
        else term
        for term in FIELD.terms
    )
    known = Diagnostics(
        errors=(DataError("virial", "eV", 30, Settings().virial_error),) if told else (),
        foresight=(Foresight("virial", worse),) if told else (),
        outliers=(),
        barriers=(),
        reduced_chi2=1.0,
        condition=1.0,
        undetermined=0,
        converged=True,
        unsettled=0.0,
    )
    return replace(FIELD, terms=terms, diagnostics=known)


def draw(count: int, seed: int, size: int, turn: int = 0) -> Drawn:
    """Batches of pairs of a round, as QM would have them were the true field it; the second pair of
    each batch fails."""
    found: Drawn = {}
    for pair, positions in grouped(liquid_dimers(SYSTEM, FRAMES, count, seed)).items():
        for number, start in enumerate(range(0, len(positions), size)):
            label = f"{turn}_{'_'.join(pair)}_{number:03d}"
            near = dimers_of(MIXTURE, pair, Origin("liquid", round=turn), positions[start:][:size])
            apart = moved_apart(near.cluster, near.positions)
            far = replace(near, origin=Origin("moved_apart", round=turn), positions=apart)
            found[f"liquid_{label}"] = PointsData(computed(MIXTURE, near, failed=(1,)))
            found[f"moved_apart_{label}"] = PointsData(computed(MIXTURE, far, failed=(1,)))
    return found


def known(points: Mapping[str, PointsData]) -> int:
    return sum(node.value.ok.sum() for label, node in points.items() if label.startswith("liquid"))


@pytest.fixture(scope="module")
def drawn(storage: object) -> Drawn:
    return draw(30, 1, size=30)


@pytest.fixture(scope="module")
def rest(storage: object) -> dict[str, Any]:
    found = at_rest(MIXTURE)
    return {name: found[name] for name in ("references", "properties")}


def assess(
    rest: dict[str, Any], points: Drawn, target: float = 250.0, rounds: int = 1, **changes: Any
) -> Dict:
    frames = {f"round_{turn:03d}": FramesData(FRAMES) for turn in range(rounds)}
    found: Dict = assess_pressure(
        SystemData(SYSTEM),
        ForceFieldData(field(**changes)),
        Dict({}),
        Dict({**SAMPLING, "target_pressure": target}),
        frames=frames,
        points=points,
        **rest,
    )
    return found


def off(pair: Pair, positions: np.ndarray) -> np.ndarray:
    """What the field of `assess` misses of each pair, by the relative change of distance, eV."""
    cluster = dimers_of(MIXTURE, pair, Origin("liquid"), positions).cluster
    (near, far), (true_near, true_far) = (
        [interaction_energies(each, SYSTEM, pair, x) for x in (positions, moved)]
        for moved in [moved_apart(cluster, positions)]
        for each in (field(), FIELD)
    )
    return np.asarray(far - near - true_far + true_near) / 0.03


def test_it_is_what_the_virial_of_all_pairs_says(rest: dict[str, Any]) -> None:
    everything = grouped(liquid_dimers(SYSTEM, FRAMES, 10000, 1))
    assert len(everything) == 3
    total = sum(off(pair, positions).sum() for pair, positions in everything.items())
    samples = [assess(rest, draw(40, seed, 40)) for seed in range(8)]
    biases = [sample["bias"] for sample in samples]
    assert np.mean(biases) == pytest.approx(-total / (3 * EDGE**3) * BAR, rel=0.2)
    assert np.std(biases) < 1.5 * np.mean([sample["error"] for sample in samples])


def test_each_round_counts_by_its_pairs(rest: dict[str, Any]) -> None:
    few, many = draw(15, 1, 15), draw(45, 2, 45)
    later = draw(45, 2, 45, turn=1)
    alone = [assess(rest, own) for own in (few, many)]
    both = assess(rest, {**few, **later}, rounds=2)
    numbers = [known(few), known(many)]
    expected = np.average([each["bias"] for each in alone], weights=numbers)
    assert both["bias"] == pytest.approx(expected)
    assert both["pairs"] == sum(numbers)


def test_what_a_fit_leaves_out_tells_nothing(rest: dict[str, Any]) -> None:
    own = draw(30, 1, 30)
    label = next(label for label in own if label.startswith("moved_apart_0_water_MeOH"))
    points = own[label].value
    energies = points.energies.copy()
    energies[4] += 0.5
    wrong = {**own, label: PointsData(replace(points, energies=energies))}
    good, bad = (assess(rest, each) for each in (own, wrong))
    assert bad["pairs"] == good["pairs"] - 1
    assert bad["error"] < 1.1 * good["error"]


def test_as_many_more_pairs_are_wanted_as_the_target_takes(
    rest: dict[str, Any], drawn: Drawn
) -> None:
    first = assess(rest, drawn)
    error, pairs = first["error"], first["pairs"]
    assert assess(rest, drawn, target=2 * error)["wanted"] == SAMPLING["liquid"]
    assert assess(rest, drawn, target=error / 1.5)["wanted"] == np.ceil(pairs * 1.25)
    assert assess(rest, drawn, target=error / 10)["wanted"] == SAMPLING["most_liquid"]


def test_pairs_that_were_fitted_tell_too_good_a_tale(rest: dict[str, Any], drawn: Drawn) -> None:
    error = assess(rest, drawn)["error"]
    assert assess(rest, drawn, worse=1.7)["error"] == pytest.approx(1.7 * error)
    assert assess(rest, drawn, worse=0.5)["error"] == pytest.approx(error)


def test_the_level_of_qm_shifts_all_neighbours_one_way(rest: dict[str, Any]) -> None:
    """Of all pairs of the liquid: −b n / 3V, for n neighbours."""
    count = 0
    for pair, positions in grouped(liquid_dimers(SYSTEM, FRAMES, 10000, 1)).items():
        cluster = dimers_of(MIXTURE, pair, Origin("liquid"), positions).cluster
        count += int((dimer_contacts(cluster, positions) < TOUCHING).sum())
    found = np.mean([assess(rest, draw(60, seed, 60))["level"] for seed in range(4)])
    assert found == pytest.approx(LEVEL_ERROR * count / (3 * EDGE**3) * BAR, rel=0.15)


def test_without_pairs_nothing_is_known(rest: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no pair of a liquid"):
        assess(rest, {})


def test_a_fit_without_pairs_foresees_none(rest: dict[str, Any], drawn: Drawn) -> None:
    with pytest.raises(ValueError, match="fitted to no pair that was moved apart"):
        assess(rest, drawn, told=False)
