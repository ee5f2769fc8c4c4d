"""What the barostat of a liquid is told."""

import numpy as np
import pytest
from aiida.orm import ArrayData, Dict

from aiida_forcefield.calculations.liquid import prepare_production
from aiida_forcefield.data import TopologyData
from aiida_forcefield.topology import from_smiles

pytestmark = pytest.mark.usefixtures("storage")

SETTINGS = {"temperature": 298.15, "pressure": 10.1325, "production": 2.0, "frames": 0}
MOLECULES = 4


def barostat(many_body: Dict | None, volume: float) -> float:
    """The pressure that the script aims at when the box has a volume (Å³), atm."""
    box = ArrayData({"positions": np.zeros((MOLECULES, 6, 3)), "edges": np.full(3, 10.0)})
    script = prepare_production(TopologyData(from_smiles("CO")), box, Dict(SETTINGS), many_body)
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
