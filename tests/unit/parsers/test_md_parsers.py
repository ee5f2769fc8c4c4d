"""The parsers of packing and of molecular dynamics, on output as LAMMPS and packmol leave it."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiida.common.links import LinkType
from aiida.engine import ExitCode
from aiida.orm import CalcJobNode, Data, Dict, FolderData, InstalledCode, SinglefileData

from aiida_forcefield.calculations.jobs.packing import PackingCalculation
from aiida_forcefield.data import BoxData, PointsData, SystemData
from aiida_forcefield.dynamics import FINAL_DATA, FRAMES, MEASURED
from aiida_forcefield.parsers.md import MdParser
from aiida_forcefield.parsers.packing import PackingParser
from aiida_forcefield.scans import Points
from aiida_forcefield.topology import Box, System, from_smiles

COLUMNS = "Step Time Temp Press Density Volume PotEng KinEng TotEng E_vdwl E_coul E_long E_tail"
ROW = "{step} {step} {temperature} 1.0 {density} 5000 -20 10 -10 -5 10 -20 -1.5"
LOOP = "Loop time of 2.0 on 1 procs for 100 steps with 384 atoms\n"
END = "Total wall time: 0:00:04\n"
DUMP = """\
ITEM: TIMESTEP
0
ITEM: NUMBER OF ATOMS
4
ITEM: BOX BOUNDS pp pp pp
0.0 9.0
0.0 9.0
0.0 9.0
ITEM: ATOMS id xu yu zu
1 0 0 0
2 0 0 1
3 4 4 4
4 4 4 5
"""
FINAL = """\
LAMMPS data file via write_data, version 22 Jul 2025, timestep = 0, units = real

2 atoms
1 bonds

Atoms # full

1 1 1 0 0 0 0 0 0 0
2 1 1 0 0 0 1 0 0 0

Velocities

1 0 0 0
2 0 0 0.1

Bonds

1 1 1 2
"""


def log(temperature: float = 300.0, densities: tuple[float, ...] = (0.75, 0.76, 0.77)) -> str:
    rows = [
        ROW.format(step=50 * i, temperature=temperature, density=density)
        for i, density in enumerate(densities)
    ]
    return "\n".join([MEASURED, COLUMNS, *rows, LOOP])


DUMPING = f"dump frames all custom 10 {FRAMES} id xu yu zu"
STDOUT = {
    "forcefield.md": "lammps.out",
    "forcefield.openmm": "openmm.out",
    "forcefield.packing": "packmol.out",
}
Parse = Callable[..., tuple[ExitCode, dict[str, Any]]]


@pytest.fixture
def parse(codes: dict[str, InstalledCode], tmp_path: Path) -> Parse:
    def run(
        parser_class: type[MdParser | PackingParser],
        process: str,
        inputs: dict[str, Data],
        retrieved_text: str | None,
        temporary: dict[str, str],
        scheduler: int | None,
    ) -> tuple[ExitCode, dict[str, Any]]:
        node = CalcJobNode(
            computer=codes["md"].computer, process_type=f"aiida.calculations:{process}"
        )
        for label, data in inputs.items():
            node.base.links.add_incoming(data.store(), LinkType.INPUT_CALC, label)
        node.store()
        if scheduler is not None:
            node.set_exit_status(scheduler)
        retrieved = FolderData()
        if retrieved_text is not None:
            handle = StringIO(retrieved_text)
            retrieved.base.repository.put_object_from_filelike(handle, STDOUT[process])
        retrieved.store().base.links.add_incoming(node, LinkType.CREATE, "retrieved")
        for name, text in temporary.items():
            (tmp_path / name).write_text(text)
        parser = parser_class(node)
        return parser.parse(retrieved_temporary_folder=str(tmp_path)), dict(parser.outputs)

    return run


@pytest.fixture
def parse_md(parse: Parse) -> Parse:
    def run(
        text: str | None,
        scheduler: int | None = None,
        molecules: int = 100,
        script: str = "run 100",
        **files: str,
    ) -> tuple[ExitCode, dict[str, Any]]:
        inputs = {
            "script": SinglefileData(StringIO(script), filename="leg.in"),
            "simulation": Dict({"temperature": 300.0}),
            "box": BoxData(Box((molecules,), np.zeros((2 * molecules, 3)), np.full(3, 9.0))),
        }
        temporary = {FINAL_DATA: FINAL, **files}
        return parse(MdParser, "forcefield.md", inputs, text, temporary, scheduler)

    return run


def test_complete_leg(parse_md: Parse) -> None:
    code, outputs = parse_md(log() + END, molecules=2, script=DUMPING, **{FRAMES: DUMP})
    assert code.status == 0
    np.testing.assert_array_equal(outputs["thermo"].value.density, [0.75, 0.76, 0.77])
    assert outputs["final"].get_content() == FINAL
    frames = outputs["frames"].value
    assert frames.counts == (2,)
    assert frames.positions.shape == (1, 4, 3)
    np.testing.assert_array_equal(frames.edges, [[9.0, 9.0, 9.0]])


def test_complete_leg_without_frames(parse_md: Parse) -> None:
    code, outputs = parse_md(log() + END)
    assert code.status == 0
    assert "frames" not in outputs


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (log(temperature=1e4) + END, "exploded"),
        (log(densities=(0.8, 0.1)) + END, "density_jump"),
        (log(densities=(float("nan"),)) + END, "not_a_number"),
        (log() + "ERROR: Lost atoms: original 384 current 380\n", "lost_atoms"),
        ("ERROR: Unknown pair style (src/force.cpp:275)\n", "failed: LAMMPS stopped"),
    ],
)
def test_untrustworthy_leg(parse_md: Parse, text: str, expected: str) -> None:
    code, outputs = parse_md(text)
    assert code.status == 312
    assert expected in code.message
    assert code.invalidates_cache
    assert "final" not in outputs


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "LAMMPS ended before it printed a result"),
        (log(), "LAMMPS did not end"),
        (log(densities=(0.1, 0.8)), "LAMMPS did not end"),  # it would have become a liquid
    ],
)
def test_leg_that_was_cut_short_can_be_run_again(parse_md: Parse, text: str, expected: str) -> None:
    code, outputs = parse_md(text)
    assert code.status == 411
    assert expected in code.message
    assert code.invalidates_cache
    assert "final" not in outputs


@pytest.mark.parametrize("dump", [DUMP[:60], DUMP + DUMP[:-9], DUMP + DUMP[:9], "", None])
def test_frames_that_are_lost(parse_md: Parse, dump: str | None) -> None:
    files = {} if dump is None else {FRAMES: dump}
    code, outputs = parse_md(log() + END, molecules=2, script=DUMPING, **files)
    assert code.status == 411
    assert "final" not in outputs


def test_frames_of_another_box(parse_md: Parse) -> None:
    code, _ = parse_md(log() + END, molecules=3, script=DUMPING, **{FRAMES: DUMP})
    assert code.status == 411


@pytest.mark.parametrize(
    "final", ["", FINAL[:100], FINAL.split("Bonds\n")[0], FINAL[: -len("1 1 1 2\n")], FINAL[:-1]]
)
def test_final_state_that_is_cut_short(parse_md: Parse, final: str) -> None:
    code, outputs = parse_md(log() + END, **{FINAL_DATA: final})
    assert (code.status, code.message) == (
        411,
        "The job ended before LAMMPS did: final.data or frames.dump is lost or damaged",
    )
    assert "final" not in outputs


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ("Cannot open file system.data: No such file or directory (src/read_data.cpp:1993)", 411),
        ("Unexpected end of data file (src/read_data.cpp:1342)", 411),
        ("Cannot open dump file frames.dump: No space left on device", 411),
        ("Failed to allocate 92233720368 bytes for array atom:x (src/memory.cpp:78)", 110),
    ],
)
def test_the_machine_is_no_fault_of_the_liquid(parse_md: Parse, error: str, status: int) -> None:
    code, _ = parse_md(log(temperature=1e4) + f"ERROR: {error}\n")
    assert code.status == status
    if status == 411:
        assert error in code.message


def test_what_an_unstable_leg_printed_is_kept(parse_md: Parse) -> None:
    _, outputs = parse_md(log(temperature=1e4) + END)
    assert len(outputs["thermo"].value) == 3


def test_no_log_at_all(parse_md: Parse) -> None:
    code, _ = parse_md(None)
    assert code.status == 411
    assert code.message.endswith("its work directory was gone when it ended")


@pytest.mark.parametrize("text", [None, log()])
def test_what_the_scheduler_said_stands(parse_md: Parse, text: str | None) -> None:
    code, _ = parse_md(text, scheduler=120)
    assert code.status == 120
    assert code.invalidates_cache


def test_unless_the_leg_is_complete(parse_md: Parse) -> None:
    code, outputs = parse_md(log() + END, scheduler=120)
    assert code == ExitCode(0)
    assert "final" in outputs


OPENMM = f"""\
OpenMM 8.6.1 on CPU
{MEASURED}
step time temperature pressure density volume potential_energy kinetic_energy tail
0 0 300 1 0.75 5 -100 10 -1
50 0.1 301 -5 0.76 4.9 -97 11 -1.1
"""
OPENMM_END = "Total wall time: 2.50 s, CPU time: 4.25 s\n"
STATE = '{"positions": [[0, 0, 0]], "velocities": [[0, 0, 0]], "edges": [1, 1, 1], "seed": 7}\n'
FRAME = (
    '{"edges": [0.9, 0.9, 0.9], "positions": [[0,0,0], [0,0,0.1], [0.4,0.4,0.4], [0.4,0.4,0.5]]}\n'
)
FRAMES_FILE = "frames.jsonl"


@pytest.fixture
def parse_openmm(parse: Parse) -> Parse:
    def run(text: str | None, **files: str) -> tuple[ExitCode, dict[str, Any]]:
        inputs = {
            "script": SinglefileData(StringIO(f'{{"frames": "{FRAMES_FILE}"}}'), filename="leg.in"),
            "simulation": Dict({"temperature": 300.0}),
            "box": BoxData(Box((2,), np.zeros((4, 3)), np.full(3, 9.0))),
        }
        temporary = {"final.json": STATE, FRAMES_FILE: 2 * FRAME, **files}
        return parse(MdParser, "forcefield.openmm", inputs, text, temporary, None)

    return run


def test_complete_leg_of_openmm(parse_openmm: Parse) -> None:
    code, outputs = parse_openmm(OPENMM + OPENMM_END)
    assert code.status == 0
    np.testing.assert_array_equal(outputs["thermo"].value.density, [0.75, 0.76])
    np.testing.assert_allclose(outputs["thermo"].value.volume, [5000.0, 4900.0])
    assert outputs["final"].get_content() == STATE
    assert outputs["frames"].value.positions.shape == (2, 4, 3)


@pytest.mark.parametrize(
    ("text", "status", "message"),
    [
        (OPENMM, 411, "The job ended before OpenMM did: OpenMM did not end, it came to 0.1 ps"),
        ("", 411, "OpenMM ended before it printed a result"),
        (
            OPENMM + "ERROR: Particle coordinate is NaN. For more, see the FAQ\n",
            *(312, "not_a_number: atoms came to overlap: Particle coordinate is NaN"),
        ),
        (
            OPENMM + "ERROR: [Errno 28] No space left on device: 'final.json'\n",
            411,
            "No space left",
        ),
        (
            "ERROR: OpenMM is missing; install it: /opt/bin/python -m pip install openmm\n",
            *(313, "not there: OpenMM is missing; install it: /opt/bin/python -m pip"),
        ),
        (OPENMM.replace("301", "3010") + OPENMM_END, 312, "exploded"),
    ],
)
def test_leg_of_openmm_that_failed(
    parse_openmm: Parse, text: str, status: int, message: str
) -> None:
    code, outputs = parse_openmm(text)
    assert code.status == status
    assert message in code.message
    assert code.invalidates_cache
    assert "final" not in outputs


@pytest.mark.parametrize("file", ["final.json", FRAMES_FILE])
def test_files_of_openmm_that_are_cut_short(parse_openmm: Parse, file: str) -> None:
    code, outputs = parse_openmm(OPENMM + OPENMM_END, **{file: '{"positions": [[0, 0'})
    assert (code.status, code.message) == (
        411,
        "The job ended before OpenMM did: final.json or frames.jsonl is lost or damaged",
    )
    assert "final" not in outputs


ENDED = "ENDED WITHOUT PERFECT PACKING\n Running time:    2.65480056E-02  seconds.\n"


@pytest.fixture
def pack(parse: Parse, make_points: Callable[..., Points]) -> Parse:
    def run(
        packed: str | None, scheduler: int | None = None, text: str | None = ENDED
    ) -> tuple[ExitCode, dict[str, Any]]:
        inputs = {
            "system": SystemData(HYDROGEN),
            "references__hydrogen": PointsData(make_points("ok")),
            "settings": Dict({"atoms": 4, "cutoff": 1.0, "seed": 1}),
        }
        temporary = {} if packed is None else {PackingCalculation.FILENAME_PACKED: packed}
        return parse(PackingParser, "forcefield.packing", inputs, text, temporary, scheduler)

    return run


HYDROGEN = System.pure("hydrogen", from_smiles("[H][H]"))
PACKED = "4\n\nH 0 0 0\nH 0 0 1\nH 4 4 4\nH 4 4 5\n"


def test_packed_box(pack: Parse) -> None:
    code, outputs = pack(PACKED)
    assert code.status == 0
    box = outputs["box"].value
    assert box.counts == (2,)
    assert box.positions.shape == (4, 3)
    assert (box.edges > 2.0).all()


@pytest.mark.parametrize("packed", [None, PACKED[:-8]])
def test_packing_that_failed(pack: Parse, packed: str | None) -> None:
    code, outputs = pack(packed)
    assert code.status == 310
    assert outputs == {}
    assert pack(packed, scheduler=110)[0].status == 110


SUCCESS = "Success!\n Running time:    2.65480056E-02  seconds.\n"
LOST = " ERROR: Could not open file. \n"


@pytest.mark.parametrize("text", [None, "", "Packing:|0   100%|", SUCCESS, LOST])
def test_packing_that_was_cut_short_can_be_run_again(pack: Parse, text: str | None) -> None:
    assert pack(None, text=text)[0].status == 411
    assert pack(None, text=text, scheduler=120)[0].status == 120
