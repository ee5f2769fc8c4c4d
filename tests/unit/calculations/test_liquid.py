"""What the barostat of a liquid is told, and what comes out as its density."""

import numpy as np
import pytest
from aiida.orm import ArrayData, Dict

from aiida_forcefield.calculations.liquid import measure_density, prepare_production
from aiida_forcefield.data import ForceFieldData, SpeciesData, ThermoData
from aiida_forcefield.dynamics import ManyBody, Thermo, tail_coefficient
from aiida_forcefield.topology import from_smiles

from ..potentials.synthetic_fields import build

pytestmark = pytest.mark.usefixtures("storage")

SETTINGS = {"temperature": 298.15, "pressure": 10.1325, "production": 2.0, "frames": 0}
MOLECULES = 4


def barostat(many_body: Dict | None, volume: float) -> float:
    """The pressure that the script aims at when the box has a volume (Å³), atm."""
    box = ArrayData({"positions": np.zeros((MOLECULES, 6, 3)), "edges": np.full(3, 10.0)})
    script = prepare_production(SpeciesData(from_smiles("CO")), box, Dict(SETTINGS), many_body)
    (line,) = (x for x in script.get_content().splitlines() if x.startswith("variable target"))
    formula = line.split(" equal ")[1].replace("^", "**")
    return float(eval(formula, {"vol": volume}))


def test_the_pressure_is_what_was_asked_for() -> None:
    assert barostat(None, 300.0) == pytest.approx(10.0)


def test_what_pushes_beyond_pairs_does_so_by_the_volume() -> None:
    parts = {"three_body_dispersion": (303.975, 3), "charges": (-101.325, 2)}
    many_body = Dict(
        {
            name: {"energy": 0.01, "pressure": pressure, "volume": 70.0, "bodies": bodies}
            for name, (pressure, bodies) in parts.items()
        }
    )
    assert barostat(many_body, 280.0) == pytest.approx(10.0 - 300.0 + 100.0)
    assert barostat(many_body, 560.0) == pytest.approx(10.0 - 300.0 / 8 + 100.0 / 4)


@pytest.mark.parametrize("samples", [17, 21, 400])
def test_density_and_compressibility(samples: int) -> None:
    """Also of the shortest liquids, of which equilibration takes half."""
    case, count = build("methanol"), 40
    settings = {"temperature": 298.15, "pressure": 1.0, "cutoff": 9.0}
    rng = np.random.default_rng(samples)
    volume = 2800.0 + rng.normal(0, 40.0, samples).cumsum() * 0.05 + rng.normal(0, 40.0, samples)
    density = 32.042 * count / 0.602214 / volume
    tail = tail_coefficient(case.forcefield, case.species, count, 9.0)
    columns = dict.fromkeys(Thermo.__dataclass_fields__, np.zeros(samples))
    columns |= {"volume": volume, "density": density, "tail": tail / volume}
    columns |= {"time": 0.1 * np.arange(samples)}
    parts = {"three_body_dispersion": {"energy": 0.0, "pressure": 500.0, "bodies": 3}}
    parts["three_body_dispersion"] |= {"volume": 70.0, "pressures": [480.0, 520.0]}
    parts["charges"] = {"energy": 0.0, "pressure": 0.0, "bodies": 2, "volume": 70.0}
    parts["charges"] |= {"pressures": [30.0, -30.0]}
    found, without = (
        measure_density(
            ForceFieldData(case.forcefield),
            SpeciesData(case.species),
            ArrayData({"positions": np.zeros((count, 6, 3)), "edges": np.full(3, 14.0)}),
            Dict(settings),
            many_body,
            seed_1_leg_00=ThermoData(Thermo(**columns)),
        ).get_dict()
        for many_body in (Dict(parts), None)
    )
    assert found["value"] == pytest.approx(density.mean(), rel=0.02)
    outward = found["beyond_pairs"]["three_body_dispersion"]
    here = 32.042 / 0.602214 / found["value"]
    assert outward == pytest.approx(ManyBody(0.0, 500.0, 70.0, 3).pressure_at(here), rel=1e-3)
    # What falls as the liquid expands makes it stiffer.
    stiffness = 1 / found["compressibility"] - 1 / without["compressibility"]
    assert stiffness == pytest.approx(3 * outward)
    assert 1 / without["compressibility"] > 0
    # 510 and 490 bar in all: what goes along in both frames is told together.
    assert found["beyond_pairs_error"] == pytest.approx(10.0)
    assert without["beyond_pairs_error"] == 0.0
