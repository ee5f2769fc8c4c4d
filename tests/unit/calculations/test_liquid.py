"""What the barostat of a liquid is told, and what comes out as its density."""

import numpy as np
import pytest
from aiida.orm import ArrayData, Dict

from aiida_forcefield.calculations.liquid import prepare_production
from aiida_forcefield.data import ThermoData, TopologyData
from aiida_forcefield.dynamics import Thermo
from aiida_forcefield.topology import from_smiles

pytestmark = pytest.mark.usefixtures("storage")

SETTINGS = {"temperature": 298.15, "pressure": 10.1325, "production": 2.0, "frames": 0}
MOLECULES = 4


def thermo(*volumes: float) -> ThermoData:
    columns = dict.fromkeys(Thermo.__dataclass_fields__, np.zeros(len(volumes)))
    return ThermoData(Thermo(**columns | {"volume": np.array(volumes)}))


def barostat(many_body: Dict | None, **equilibration: ThermoData) -> float:
    """The pressure in the script, atm."""
    box = ArrayData({"positions": np.zeros((MOLECULES, 6, 3)), "edges": np.full(3, 10.0)})
    script = prepare_production(
        TopologyData(from_smiles("CO")),
        box,
        Dict(SETTINGS),
        many_body,
        **equilibration,
    )
    (line,) = (x for x in script.get_content().splitlines() if x.startswith("fix motion all npt"))
    return float(line.split()[-2])


def test_the_pressure_is_what_was_asked_for() -> None:
    assert barostat(None, leg_0=thermo(300.0, 280.0)) == pytest.approx(10.0)


def test_what_pushes_beyond_pairs_does_so_by_the_mean_volume() -> None:
    parts = {"three_body_dispersion": (303.975, 3), "charges": (-101.325, 2)}
    many_body = Dict(
        {
            name: {"energy": 0.01, "pressure": pressure, "volume": 70.0, "bodies": bodies}
            for name, (pressure, bodies) in parts.items()
        }
    )
    # Second halves of both seeds: 560 Å³, twice the volume at which the pressure was measured.
    found = barostat(
        many_body, leg_0=thermo(900.0, 900.0, 550.0, 560.0), leg_1=thermo(900.0, 565.0)
    )
    assert found == pytest.approx(10.0 - 300.0 / 8 + 100.0 / 4)
