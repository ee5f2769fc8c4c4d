"""How well the pressure of pairs is known, through the provenance graph."""

from dataclasses import replace

import numpy as np
import pytest
from aiida.orm import ArrayData, Data, Dict

from aiida_forcefield.calculations.pressure import assess_pressure
from aiida_forcefield.data import ForceFieldData, PointsData, TopologyData
from aiida_forcefield.potentials import Settings, interaction_energies
from aiida_forcefield.scans import liquid_dimers, stretched

from ..potentials.synthetic_fields import Case, build
from ..potentials.test_errors import points_of

pytestmark = pytest.mark.usefixtures("storage")

EDGE = 12.3
SAMPLING = {"liquid": 5, "most_liquid": 60}


@pytest.fixture(scope="module")
def methanol() -> Case:
    return build("methanol")


@pytest.fixture(scope="module")
def drawn(methanol: Case) -> dict[str, Data]:
    """A liquid of 27 molecules and 30 pairs of it, as QM would have them were the true field it."""
    rng = np.random.default_rng(1)
    sites = np.stack(np.meshgrid(*[np.arange(3.0)] * 3), axis=-1).reshape(-1, 3) * EDGE / 3
    shape = methanol.reference.positions - methanol.reference.positions.mean(axis=0)
    frame = shape + sites[:, None] + rng.normal(0, 0.2, (27, 1, 3))
    box = np.full((1, 3), EDGE)
    dimers = liquid_dimers(methanol.topology, frame[None], box, 30, 1)
    near = points_of(replace(methanol, dimers=dimers), "dimers liquid", 6, 30)
    far = points_of(replace(methanol, dimers=stretched(dimers)), "dimers stretched", 6, 30)
    return {
        "frames_0": ArrayData({"positions": frame[None], "box": box}),
        "liquid_0_00": PointsData(near),
        "stretched_0_00": PointsData(far),
    }


def assess(
    methanol: Case, drawn: dict[str, Data], target: float, scale: float = 1.1, worse: float = 1.0
) -> Dict:
    """Of a field whose charges are those of the true one, scaled."""
    true = methanol.forcefield
    charges = {name: scale * charge for name, charge in true.gas_charges.items()}
    diagnostics = {"foresight_virial": worse, "rmse_virial": Settings().virial_error}
    field = replace(true, gas_charges=charges, diagnostics=diagnostics)
    found: Dict = assess_pressure(
        TopologyData(methanol.topology),
        ForceFieldData(field),
        Dict({}),
        Dict({**SAMPLING, "target_pressure": target}),
        **drawn,
    )
    return found


def test_it_is_what_the_virial_of_the_pairs_says(methanol: Case, drawn: dict[str, Data]) -> None:
    found = assess(methanol, drawn, target=250.0)
    true, topology = methanol.forcefield, methanol.topology
    other = replace(true, gas_charges={k: 1.1 * q for k, q in true.gas_charges.items()})
    frame, box = (drawn["frames_0"].get_array(key) for key in ("positions", "box"))
    everything = liquid_dimers(topology, frame, box, 10000, 1)
    near, far = (
        interaction_energies(other, topology, x) - interaction_energies(true, topology, x)
        for x in (everything, stretched(everything))
    )
    expected = -np.sum((far - near) / 0.03) / (3 * EDGE**3) * 1.602176634e6
    assert abs(found["bias"] - expected) < 3 * found["error"]
    assert found["pairs"] == 29  # one failed


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
