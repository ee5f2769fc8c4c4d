"""When another leg is run, and how the density ends."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from aiida.orm import CalcJobNode, Dict, InstalledCode

from aiida_forcefield.data import ForceFieldData, PointsData, TopologyData
from aiida_forcefield.potentials import ForceField
from aiida_forcefield.potentials.forcefield import Term
from aiida_forcefield.scans import Points
from aiida_forcefield.workflows.density import DensityWorkChain

STATE = {"temperature": 298.15, "pressure": 1.0}
LIMITS = {"density": {"target_error": 0.01, "max_legs": 2}}

Ended = Callable[..., CalcJobNode]


@pytest.fixture
def density(
    start: Callable[..., Any],
    codes: dict[str, InstalledCode],
    topology: TopologyData,
    make_points: Callable[..., Points],
) -> Any:
    term = Term("nonbonded", "nonbonded H1", "exp6", {"A": 1.0, "rho": 1.0, "C6": 1.0})
    field = ForceField((term,), {"H1": 0.0}, {"H1": 0.0}, covariance=np.eye(3))
    builder = DensityWorkChain.get_builder_from_protocol(
        codes,
        "draft",
        STATE,
        LIMITS,
        force_field=ForceFieldData(field),
        topology=topology,
        reference=PointsData(make_points("ok")),
    )
    return start(DensityWorkChain, **builder._inputs(prune=True))


@pytest.mark.parametrize(
    ("error", "agree", "legs", "expected"),
    [
        (None, True, 0, True),
        (0.02, True, 1, True),
        (0.02, True, 2, False),
        (0.005, True, 1, False),
        (0.005, False, 1, True),
        (0.005, False, 2, False),
    ],
)
def test_wants_leg(
    density: Any, error: float | None, agree: bool, legs: int, expected: bool
) -> None:
    density.ctx.leg = legs
    found = {"standard_error": error, "halves_agree": agree, "seeds_agree": True}
    density.ctx.density = None if error is None else Dict(found)
    assert density.wants_leg() is expected


def test_packing_that_failed(density: Any, ended: Ended) -> None:
    density.ctx.packing = ended(310)
    code = density.equilibrate()
    assert code.status == 340
    assert "what went wrong" in code.message


def test_unstable_leg_ends_it(density: Any, ended: Ended) -> None:
    density.ctx.legs = [ended(0), ended(312)]
    code = density.inspect_legs()
    assert code.status == 341
    assert "what went wrong" in code.message
    density.ctx.legs = [ended(0), ended(0)]
    assert density.inspect_legs() is None


@pytest.mark.parametrize(("error", "status"), [(0.005, None), (0.02, 440)])
def test_density_is_handed_out_precise_or_not(
    density: Any, ended: Ended, error: float, status: int | None
) -> None:
    density.ctx.leg, density.ctx.legs = 2, [ended(0)]
    density.ctx.density = Dict({"value": 0.8, "standard_error": error}).store()
    code = density.conclude()
    assert density.outputs["density"]["value"] == 0.8
    assert (code.status if code else None) == status
