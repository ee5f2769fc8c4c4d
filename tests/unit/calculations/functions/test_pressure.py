"""How well the pressure of pairs is known, through the provenance graph."""

from dataclasses import replace

import numpy as np
import pytest
from aiida.orm import ArrayData, Data, Dict

from aiida_forcefield.calculations.functions.pressure import assess_pressure
from aiida_forcefield.data import ForceFieldData, PointsData, SpeciesData
from aiida_forcefield.potentials import Settings, interaction_energies
from aiida_forcefield.scans import liquid_dimers, stretched

from ...potentials.synthetic_fields import Case, build
from ...potentials.test_errors import points_of

pytestmark = pytest.mark.usefixtures("storage")

EDGE = 16.4
SAMPLING = {"liquid": 5, "most_liquid": 60}


@pytest.fixture(scope="module")
def methanol() -> Case:
    return build("methanol")


@pytest.fixture(scope="module")
def frames(methanol: Case) -> ArrayData:
    """A liquid of 64 molecules."""
    rng = np.random.default_rng(1)
    sites = np.stack(np.meshgrid(*[np.arange(4)] * 3), axis=-1).reshape(-1, 3) * EDGE / 4
    shape = methanol.reference.positions - methanol.reference.positions.mean(axis=0)
    frame = shape + sites[:, None] + rng.normal(0, 0.2, (64, 1, 3))
    return ArrayData({"positions": frame[None], "box": np.full((1, 3), EDGE)})


def draw(methanol: Case, frames: ArrayData, count: int, seed: int, size: int) -> dict[str, Data]:
    """Batches of pairs of round 0, as QM would have them were the true field it; of each batch the
    second fails."""
    liquid = frames.get_array("positions"), frames.get_array("box")
    dimers = liquid_dimers(methanol.species, *liquid, count, seed)
    found: dict[str, Data] = {}
    for number, start in enumerate(range(0, count, size)):
        batch = dimers[start : start + size]
        for kind, x in (("liquid", batch), ("stretched", stretched(batch))):
            points = points_of(replace(methanol, dimers=x), f"dimers {kind}", 6, len(x))
            found[f"{kind}_0_{number:02d}"] = PointsData(points)
    return found


@pytest.fixture(scope="module")
def drawn(methanol: Case, frames: ArrayData) -> dict[str, Data]:
    return {"frames_0": frames, **draw(methanol, frames, 30, 1, size=30)}


def assess(
    methanol: Case, drawn: dict[str, Data], target: float, scale: float = 1.1, worse: float = 1.0
) -> Dict:
    """Of a field whose charges are those of the true one, scaled."""
    true = methanol.forcefield
    charges = {name: scale * charge for name, charge in true.gas_charges.items()}
    diagnostics = {"foresight_virial": worse, "rmse_virial": Settings().virial_error}
    field = replace(true, gas_charges=charges, diagnostics=diagnostics)
    found: Dict = assess_pressure(
        SpeciesData(methanol.species),
        ForceFieldData(field),
        Dict({}),
        Dict({**SAMPLING, "target_pressure": target}),
        **drawn,
    )
    return found


def off(methanol: Case, dimers: np.ndarray) -> np.ndarray:
    """What the field of `assess` misses of each pair, eV."""
    true, species = methanol.forcefield, methanol.species
    other = replace(true, gas_charges={k: 1.1 * q for k, q in true.gas_charges.items()})
    near, far = (
        interaction_energies(other, species, x) - interaction_energies(true, species, x)
        for x in (dimers, stretched(dimers))
    )
    return np.asarray(far - near) / 0.03


def test_it_is_what_the_virial_of_all_pairs_says(methanol: Case, frames: ArrayData) -> None:
    liquid = frames.get_array("positions"), frames.get_array("box")
    everything = liquid_dimers(methanol.species, *liquid, 10000, 1)
    expected = -np.sum(off(methanol, everything)) / (3 * EDGE**3) * 1.602176634e6
    samples = [
        assess(methanol, {"frames_0": frames, **draw(methanol, frames, 40, seed, 20)}, 250.0)
        for seed in range(16)
    ]
    biases = [sample["bias"] for sample in samples]
    assert np.mean(biases) == pytest.approx(expected, rel=0.2)
    assert {sample["pairs"] for sample in samples} == {38}  # of each batch one failed
    assert np.std(biases) < 1.5 * np.mean([sample["error"] for sample in samples])


def test_each_round_counts_by_its_pairs(methanol: Case, frames: ArrayData) -> None:
    few, many = draw(methanol, frames, 15, 1, 15), draw(methanol, frames, 45, 2, 45)
    later = {label.replace("_0_", "_1_"): node for label, node in many.items()}
    alone = [assess(methanol, {"frames_0": frames, **own}, 250.0) for own in (few, many)]
    both = assess(methanol, {"frames_0": frames, "frames_1": frames, **few, **later}, 250.0)
    expected = np.average([each["bias"] for each in alone], weights=[14, 44])
    assert both["bias"] == pytest.approx(expected)
    assert both["pairs"] == 14 + 44


def test_what_a_fit_leaves_out_tells_nothing(methanol: Case, frames: ArrayData) -> None:
    own = draw(methanol, frames, 30, 1, 30)
    points = own["stretched_0_00"].value
    energies = points.energies.copy()
    energies[4] += 0.5
    wrong = {**own, "stretched_0_00": PointsData(replace(points, energies=energies))}
    good, bad = (assess(methanol, {"frames_0": frames, **each}, 250.0) for each in (own, wrong))
    assert bad["pairs"] == good["pairs"] - 1
    assert bad["error"] < 1.1 * good["error"]


def test_as_many_more_pairs_are_wanted_as_the_target_takes(
    methanol: Case, drawn: dict[str, Data]
) -> None:
    error = assess(methanol, drawn, target=250.0)["error"]
    assert assess(methanol, drawn, target=2 * error)["wanted"] == SAMPLING["liquid"]
    half = assess(methanol, drawn, target=error / 1.5)
    assert half["wanted"] == np.ceil(29 * 1.25)
    assert assess(methanol, drawn, target=error / 10)["wanted"] == SAMPLING["most_liquid"]


def test_pairs_that_were_fitted_tell_too_good_a_tale(
    methanol: Case, drawn: dict[str, Data]
) -> None:
    error = assess(methanol, drawn, target=250.0)["error"]
    assert assess(methanol, drawn, 250.0, worse=1.7)["error"] == pytest.approx(1.7 * error)
    assert assess(methanol, drawn, 250.0, worse=0.5)["error"] == pytest.approx(error)


def test_without_pairs_nothing_is_known(methanol: Case, drawn: dict[str, Data]) -> None:
    alone = {"frames_0": drawn["frames_0"]}
    with pytest.raises(ValueError, match="no pair of a liquid"):
        assess(methanol, alone, target=250.0)


def test_a_fit_without_pairs_foresees_none(methanol: Case, drawn: dict[str, Data]) -> None:
    field = replace(methanol.forcefield, diagnostics={})
    with pytest.raises(ValueError, match="fitted to no pair that was moved apart"):
        assess_pressure(
            SpeciesData(methanol.species),
            ForceFieldData(field),
            Dict({}),
            Dict({**SAMPLING, "target_pressure": 250.0}),
            **drawn,
        )
