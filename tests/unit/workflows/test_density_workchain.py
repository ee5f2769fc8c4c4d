"""When another leg is run, and how the density ends."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from aiida.orm import ArrayData, CalcJobNode, Data, Dict, InstalledCode

from aiida_forcefield.data import ForceFieldData, PointsData, SpeciesData
from aiida_forcefield.potentials import ForceField
from aiida_forcefield.potentials.forcefield import Term
from aiida_forcefield.scans import Points
from aiida_forcefield.workflows.density import DensityWorkChain

STATE = {"temperature": 298.15, "pressure": 1.0}
LIMITS = {"density": {"target_error": 0.01, "max_legs": 2}}

Ended = Callable[..., CalcJobNode]


@pytest.fixture
def make_density(
    start: Callable[..., Any],
    codes: dict[str, InstalledCode],
    species: SpeciesData,
    make_points: Callable[..., Points],
) -> Callable[..., Any]:
    term = Term("nonbonded", "nonbonded H1", "exp6", {"A": 1.0, "rho": 1.0, "C6": 1.0})
    field = ForceField((term,), {"H1": 0.0}, {"H1": 0.0}, covariance=np.eye(3))

    def make(**nodes: Data) -> Any:
        builder = DensityWorkChain.get_builder_from_protocol(
            codes,
            "draft",
            STATE,
            LIMITS,
            force_field=ForceFieldData(field),
            species=species,
            reference=PointsData(make_points("ok")),
            **nodes,
        )
        return start(DensityWorkChain, **builder._inputs(prune=True))

    return make


@pytest.fixture
def density(make_density: Callable[..., Any]) -> Any:
    return make_density()


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
    density.ctx.density, density.ctx.legs = None, [ended(0), ended(312)]
    code = density.inspect_legs()
    assert code.status == 341
    assert "what went wrong" in code.message
    density.ctx.legs = [ended(0), ended(0)]
    assert density.inspect_legs() is None


def test_density_of_the_legs_before_one_that_failed_is_kept(density: Any, ended: Ended) -> None:
    density.ctx.leg, density.ctx.legs = 2, [ended(0), ended(312)]
    density.ctx.density = Dict({"value": 0.8}).store()
    code = density.inspect_legs()
    assert code.status == 441
    assert "density of 2 legs is kept" in code.message
    assert "what went wrong" in code.message
    assert density.outputs["density"]["value"] == 0.8


def test_input_that_cannot_be_written_is_told(
    density: Any, packed: tuple[CalcJobNode, CalcJobNode], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Data, **__: Data) -> None:
        raise ValueError("LAMMPS has no such form")

    monkeypatch.setattr("aiida_forcefield.workflows.density.prepare_liquid", refuse)
    density.ctx.packing, _ = packed
    code = density.equilibrate()
    assert code.status == 341
    assert "LAMMPS has no such form" in code.message


def test_wrong_tail_correction_is_told(
    density: Any,
    packed: tuple[CalcJobNode, CalcJobNode],
    ended: Ended,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: Data, **__: Data) -> None:
        raise ValueError("tail correction: LAMMPS added 0")

    monkeypatch.setattr("aiida_forcefield.workflows.density.measure_density", refuse)
    density.ctx.packing, _ = packed
    leg = ended(0, thermo=Dict({}))
    density.ctx.legs = [leg] * len(density.inputs.settings["seeds"])
    density.ctx.leg, density.ctx.thermo, density.ctx.many_body = 0, {}, None
    code = density.measure()
    assert code.status == 341
    assert "tail correction: LAMMPS added 0" in code.message


@pytest.mark.parametrize(("error", "status"), [(0.005, None), (0.02, 440)])
def test_density_is_handed_out_precise_or_not(
    density: Any, ended: Ended, error: float, status: int | None
) -> None:
    density.ctx.leg, density.ctx.legs, density.ctx.many_body = 2, [ended(0)], None
    density.ctx.density = Dict({"value": 0.8, "standard_error": error}).store()
    code = density.conclude()
    assert density.outputs["density"]["value"] == 0.8
    assert (code.status if code else None) == status


@pytest.fixture
def told() -> Dict:
    """What a preliminary liquid has beyond pairs."""
    part = {"energy": 0.01, "pressure": 300.0, "volume": 70.0, "bodies": 3}
    return Dict({"three_body_dispersion": part}).store()


@pytest.fixture
def packed(ended: Ended) -> tuple[CalcJobNode, CalcJobNode]:
    """A box, and the liquid that it became."""
    sites = 4.0 * np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)])
    liquid = sites[:, None] + np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 0.74]])
    box = ArrayData({"positions": liquid, "edges": np.full(3, 8.0)})
    frames = ArrayData({"positions": liquid[None], "box": np.full((1, 3), 8.0)})
    return ended(0, box=box), ended(0, frames=frames)


POLARIZABLE = 0.8 * np.eye(3)[None]


def test_each_liquid_tells_what_it_has_beyond_pairs(
    make_density: Callable[..., Any], told: Dict, packed: tuple[CalcJobNode, CalcJobNode]
) -> None:
    density = make_density(
        many_body=told,
        properties=ArrayData({"c6": np.ones((2, 2))}),
        polarizability=ArrayData({"polarizability": POLARIZABLE}),
    )
    density.ctx.packing, leg = packed
    density.ctx.legs = [leg] * len(density.inputs.settings["seeds"])
    density.ctx.many_body = told
    density.prepare_legs()
    own = density.ctx.many_body.get_dict()
    assert {*own} == {"three_body_dispersion", "induction", "charges"}
    assert own["three_body_dispersion"]["volume"] == pytest.approx(8.0**3 / 8)
    pressures = [part["pressure"] / 1.01325 for part in own.values()]
    assert all(f"-({p:.10g})" in density.ctx.script.get_content() for p in pressures)


def test_what_was_told_stays_where_nothing_better_is_found(
    make_density: Callable[..., Any],
    told: Dict,
    packed: tuple[CalcJobNode, CalcJobNode],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unsettled(**inputs: Data) -> Dict:
        raise ValueError("the dipoles do not settle")

    monkeypatch.setattr("aiida_forcefield.workflows.density.measure_many_body", unsettled)
    known = {
        "properties": ArrayData({"c6": np.ones((2, 2))}),
        "polarizability": ArrayData({"polarizability": POLARIZABLE}),
    }
    for nodes in ({}, known):
        density = make_density(many_body=told, **nodes)
        density.ctx.packing, leg = packed
        density.ctx.legs = [leg] * len(density.inputs.settings["seeds"])
        density.ctx.many_body = told
        density.prepare_legs()
        assert density.ctx.many_body is told
        assert f"-({300 / 1.01325:.10g})" in density.ctx.script.get_content()
