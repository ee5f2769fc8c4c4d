"""What a job of OpenMM is told, and how its output is read; that it runs is tested with OpenMM."""

import json
from dataclasses import fields

import numpy as np
import pytest
from numpy.testing import assert_allclose

from aiida_forcefield.dynamics import ENGINES, MEASURED, Conditions, Thermo, engine_of, rigid_bonds
from aiida_forcefield.dynamics.guard import judge
from aiida_forcefield.dynamics.many_body import ManyBody
from aiida_forcefield.dynamics.openmm import OpenMM, job_text
from aiida_forcefield.dynamics.tail import tail_coefficient
from aiida_forcefield.topology import Box
from aiida_forcefield.units import KJ_PER_MOL

from ...fields import build, polarizable

ENGINE = OpenMM()
ROOM = Conditions(298.15, 1.01325, (2, 3))
PUSH = ManyBody(energy=0.01, pressure=400.0, volume=70.0)
FORMS = "morse harmonic_angle threefold tang_toennies"
SYSTEM, FIELD = build({"water": "O", "MeOH": "CO"}, FORMS, {})


def stages(script):
    return json.loads(script)["stages"]


def test_engines_are_found_by_their_name():
    assert engine_of({"engine": "openmm"}) is ENGINES["openmm"]
    assert engine_of({}) is ENGINES["lammps"]
    assert {engine.role for engine in ENGINES.values()} == {"md", "openmm"}


def test_production_keeps_its_conditions():
    leg = json.loads(ENGINE.production(FIELD, SYSTEM, ROOM, 10.0, frames_every=2.0))
    (only,) = leg["stages"]
    assert only["steps"] == 5000
    assert only["timestep"] == pytest.approx(2e-3)  # ps
    assert only["temperature"] == [298.15, 298.15]
    assert only["pressure"] is None  # the target's
    assert leg["target"] == {"pressure": 1.01325, "outward": None}
    assert leg["frames_every"] == 1000
    assert leg["sample_every"] == 50
    assert leg["seed"] is None  # the state's


def test_the_file_of_frames_is_named_where_there_are_any():
    assert ENGINE.frames in ENGINE.production(FIELD, SYSTEM, ROOM, 10.0, frames_every=2.0)
    assert ENGINE.frames not in ENGINE.production(FIELD, SYSTEM, ROOM, 10.0)
    assert ENGINE.frames in ENGINE.equilibration(FIELD, SYSTEM, ROOM, 10.0, 1)


def test_without_rigid_bonds_the_time_step_is_shorter():
    (only,) = stages(ENGINE.production(FIELD, SYSTEM, Conditions(298.15, 1.0), 10.0))
    assert (only["steps"], only["timestep"]) == (10000, pytest.approx(1e-3))


def test_the_liquid_condenses_hot_and_under_pressure():
    soft, hot, cooling, settling, measured = stages(
        ENGINE.equilibration(FIELD, SYSTEM, ROOM, 20.0, 5)
    )
    assert (soft["steps"], soft["timestep"], soft["barostat_every"]) == (1000, 5e-4, 0)
    assert hot["temperature"] == [pytest.approx(417.41)] * 2
    assert hot["pressure"] == [3000, 3000]
    assert cooling["temperature"] == [pytest.approx(417.41), 298.15]
    assert cooling["pressure"] == [3000, 1.01325]
    assert [each["steps"] for each in (hot, cooling, settling, measured)] == [4000] + [2000] * 3
    assert settling["pressure"] is measured["pressure"] is None
    leg = json.loads(ENGINE.equilibration(FIELD, SYSTEM, ROOM, 20.0, 5))
    assert leg["frames_every"] == measured["steps"]  # one at its begin and one at its end
    assert leg["seed"] == 5


def test_the_barostat_follows_what_three_molecules_push_as_often_as_that_of_lammps():
    leg = json.loads(ENGINE.production(FIELD, SYSTEM, ROOM, 20.0, None, PUSH, 200))
    outward = {"pressure": 400.0, "volume": pytest.approx(14.0), "bodies": 3}  # nm³
    assert leg["target"]["outward"] == outward
    assert leg["stages"][0]["control_every"] == 2500
    *_, settling, measured = stages(ENGINE.equilibration(FIELD, SYSTEM, ROOM, 20.0, 5, PUSH, 200))
    assert settling["control_every"] == measured["control_every"] == 500


def test_a_gas_has_no_barostat():
    first = json.loads(ENGINE.gas_equilibration(FIELD, SYSTEM, ROOM, 10.0, 3))
    later = json.loads(ENGINE.gas_production(FIELD, SYSTEM, ROOM, 10.0, 3, 1))
    assert first["target"] is later["target"] is None
    assert [each["steps"] for each in first["stages"]] == [2500, 2500]
    assert [each["steps"] for each in later["stages"]] == [5000]
    assert later["stages"][0]["friction"] == pytest.approx(5.0)  # 1/ps


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ENGINE.production(FIELD, SYSTEM, ROOM, 0.0), "duration: 0 ps"),
        (lambda: ENGINE.equilibration(FIELD, SYSTEM, ROOM, 1.0, 0), "seed: 0"),
        (lambda: ENGINE.gas_equilibration(FIELD, SYSTEM, ROOM, 1.0, -2), "seed: -2"),
        (lambda: ENGINE.production(FIELD, SYSTEM, ROOM, 1.0, None, PUSH), "molecules: 0"),
    ],
)
def test_bad_input(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def box(counts=(2, 1)):
    atoms = sum(n * len(each.symbols) for n, each in zip(counts, SYSTEM.species, strict=True))
    return Box(counts, np.arange(3.0 * atoms).reshape(-1, 3), np.full(3, 20.0))


def test_files_hold_molecules_bonds_and_tail():
    files = ENGINE.files(FIELD, SYSTEM, box(), 9.0, periodic=True)
    assert {*files} == {"force_field", "molecules", "system"}
    molecules = json.loads(files["molecules"].text)
    assert molecules["counts"] == {"water": 2, "MeOH": 1}
    assert molecules["cutoff"] == pytest.approx(0.9)
    tail = tail_coefficient(FIELD, SYSTEM, (2, 1), 9.0)
    assert molecules["tail"] == pytest.approx(tail / KJ_PER_MOL / 1000)
    state = json.loads(files["system"].text)
    assert_allclose(state["positions"][1], [0.3, 0.4, 0.5])  # nm
    assert state["edges"] == [2.0, 2.0, 2.0]


def test_bonds_to_hydrogen_are_rigid():
    files = ENGINE.files(FIELD, SYSTEM, box(), 9.0, periodic=True)
    held = json.loads(files["molecules"].text)["constraints"]
    pairs = {name: {tuple(sorted(row[:2])) for row in rows} for name, rows in held.items()}
    assert pairs == {"water": {(0, 1), (0, 2)}, "MeOH": {(0, 2), (0, 3), (0, 4), (1, 5)}}
    r0 = FIELD.term("bond water:H1-water:O1").parameters["r0"]
    assert {distance for *_, distance in held["water"]} == {r0 / 10}
    assert rigid_bonds(SYSTEM)


def test_species_that_are_not_there_are_left_out_of_the_box():
    files = ENGINE.files(FIELD, SYSTEM, box((0, 1)), 30.0, periodic=False)
    molecules = json.loads(files["molecules"].text)
    assert molecules["counts"] == {"MeOH": 1}
    assert not {"cutoff", "tail"} & {*molecules}


def test_files_of_molecules_that_polarise_one_another():
    system, fixed = build({"Li": "[Li+]", "MeOH": "CO"}, FORMS, {"scale_14": (1.0, 1.0)})
    field = polarizable(fixed, system)
    molecule = system.species[1].conformers[0]
    atoms = np.concatenate([np.zeros((1, 3)), molecule + 9, molecule + 19])
    placed = Box((1, 2), atoms, np.full(3, 30.0))
    files = ENGINE.files(field, system, placed, 9.0, periodic=True)
    x = 10 * np.array(json.loads(files["system"].text)["positions"])
    assert_allclose(x[[0, 1, 2, 9, 14]], atoms[[0, 1, 2, 7, 12]])
    # Of each methanol, particles of C and of O follow.
    assert np.abs(x[[7, 8, 15, 16]] - x[[1, 2, 9, 10]]).max() < 0.2
    molecules = json.loads(files["molecules"].text)
    assert molecules["types"] == {"Li": [0], "MeOH": [1, 2, 3, 3, 3, 4, 5, 5]}
    table = np.array(molecules["at_cutoff"])
    assert table.shape == (6, 6)
    assert not table[5].any()
    assert not table[:, 5].any()
    assert table[:5, :5].all()


def test_legs_of_molecules_that_polarise_one_another():
    system, fixed = build({"MeOH": "CO"}, FORMS, {"scale_14": (1.0, 1.0)})
    what, state = (polarizable(fixed, system), system), Conditions(298.15, 1.0, rigid_bonds(system))
    for script in (
        ENGINE.equilibration(*what, state, 10.0, 1),
        ENGINE.production(*what, state, 10.0),
        ENGINE.gas_equilibration(*what, state, 10.0, 1),
        ENGINE.gas_production(*what, state, 10.0, 1, 0),
    ):
        leg = json.loads(script)
        assert leg["drude_temperature"] == 1.0  # K
        assert leg["columns"][-1] == "drudes"
        assert leg["stages"][-1]["timestep"] == pytest.approx(1.25e-3)  # ps
    assert "drude_temperature" not in ENGINE.production(FIELD, SYSTEM, ROOM, 10.0)


HEAD = "step time temperature pressure density volume potential_energy kinetic_energy tail"
LOG = f"""\
OpenMM 8.6.1 on CPU
{MEASURED}
{HEAD}
0 0 300 1 0.8 5 -96.48533 10 -1
50 0.1 301 -5 0.81 4.9 -97 11 -1.1
Total wall time: 2.50 s, CPU time: 4.25 s
"""


def test_a_log_is_read_in_our_units():
    log = ENGINE.read_log(LOG)
    assert log.finished
    assert (log.wall_seconds, log.cpu_seconds) == (2.5, 4.25)
    thermo = log.thermo
    assert_allclose(thermo.time, [0.0, 0.1])
    assert_allclose(thermo.volume, [5000.0, 4900.0])
    assert thermo.potential_energy[0] == pytest.approx(-1.0)
    assert_allclose(thermo.total_energy, thermo.potential_energy + thermo.kinetic_energy)
    assert np.isnan(thermo.coulomb).all()
    assert {each.name for each in fields(Thermo)} == {*vars(thermo)}
    assert judge(log, 300.0, 384, "OpenMM").status == "ok"


@pytest.mark.parametrize(("drudes", "warned"), [(2.0, False), (40.0, True)])
def test_hot_drude_particles_are_noticed(drudes, warned):
    head, first, second = HEAD, *LOG.splitlines()[3:5]
    text = LOG.replace(head, f"{head} drudes")
    for row in (first, second):
        text = text.replace(row, f"{row} {drudes}")
    log = ENGINE.read_log(text)
    assert len(log.thermo) == 2
    assert log.thermo.tail[1] == ENGINE.read_log(LOG).thermo.tail[1]
    assert [each.split(":")[0] for each in log.warnings] == ["Drude particles at 40 K"] * warned


@pytest.mark.parametrize("end", range(1, len(LOG), 7))
def test_a_log_that_was_cut_off_is_unfinished(end):
    log = ENGINE.read_log(LOG[:-end])
    assert not log.finished
    verdict = judge(log, 300.0, 384, "OpenMM")
    assert verdict.status == "unfinished"
    assert verdict.message.startswith("OpenMM ")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ("Particle coordinate is NaN. For more information, see the FAQ", "not_a_number"),
        ("The periodic box size has decreased to less than twice the cutoff", "failed"),
        ("one two three four five six seven eight", "failed"),  # as many words as columns
    ],
)
def test_what_stopped_it_is_told(error, status):
    log = ENGINE.read_log(LOG.replace("Total wall", f"ERROR: {error}\nTotal wall"))
    assert log.errors == (error,)
    assert len(log.thermo) == 2
    assert judge(log, 300.0, 384, "OpenMM").status == status


FRAME = {"edges": [1.0, 2.0, 3.0], "positions": [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]}
LINE = json.dumps(FRAME) + "\n"


def test_frames_are_read():
    frames = ENGINE.read_frames(2 * LINE, (1,), 2)
    assert frames.counts == (1,)
    assert_allclose(frames.positions[1], [[1, 2, 3], [4, 5, 6]])
    assert_allclose(frames.edges, [[10, 20, 30]] * 2)


@pytest.mark.parametrize(
    "text", ["", LINE[:-1], LINE + LINE[:30], "{}\n", "[1]\n", "null\n", "x\n"]
)
def test_frames_that_are_cut_short(text):
    with pytest.raises(ValueError, match=ENGINE.frames):
        ENGINE.read_frames(text, (1,), 2)


def test_frames_of_another_box():
    with pytest.raises(ValueError, match=r"\(2, 3\), not \(3, 3\)"):
        ENGINE.read_frames(LINE, (1,), 3)


STATE = json.dumps(FRAME | {"velocities": FRAME["positions"], "seed": 3}) + "\n"


def test_a_state_is_whole_or_not():
    assert ENGINE.is_whole(STATE)
    for text in ("", STATE[:40], STATE[:-3], LINE, "[]", "1"):
        assert not ENGINE.is_whole(text)


def test_the_job_needs_nothing_of_this_package():
    assert "aiida_forcefield" not in job_text()
