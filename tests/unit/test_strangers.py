"""Files from strangers: whatever they hold, a reader takes it or refuses it in its own words.

A few hundred examples run each time. For a long search: pytest --hypothesis-profile=search
"""

import json
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from aiida_forcefield.cli.files.read import contents
from aiida_forcefield.dynamics import StartingBox, parse_log, read_frames, read_packed
from aiida_forcefield.parsers.qm import collect_points
from aiida_forcefield.parsers.records import read_records
from aiida_forcefield.potentials import read_files
from aiida_forcefield.replay.record import read_record
from aiida_forcefield.scans import Structures
from aiida_forcefield.study.errors import InputError
from aiida_forcefield.study.file import load_study
from aiida_forcefield.study.table import load_studies
from aiida_forcefield.topology import System, from_smiles, read_material
from aiida_forcefield.topology.crystal_file import read_crystal

fuzz = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])

STUDY = """\
material: {name: methanol, smiles: CO}
protocol: draft
properties:
  - density: {temperature: 298.15, pressure: 1.01325}
resources: {qm: {walltime: '01:00:00', memory: 4 GB, tasks: 2}}
overrides: {sampling: {random: 3}}
"""
TABLE = "name,smiles,temperature\nethanol,CCO,300\nwater,O,\n"
XYZ = "3\nwater\nO 0 0 0.1\nH 0 0.76 -0.47\nH 0 -0.76 -0.47\n"
CIF = """\
data_LiF
_cell_length_a 4.03
_cell_length_b 4.03
_cell_length_c 4.03
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_space_group_name_H-M_alt 'F m -3 m'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Li1 Li 0 0 0
F1 F 0.5 0.5 0.5
"""
CURVE = "r,energy,gradient\n0.7,0.1,-1.0\n0.8,0.0,0.1\n0.9,0.05,0.4\n1.0,0.2,0.9\n"
POSCAR = "LiF\n4.03\n0 .5 .5\n.5 0 .5\n.5 .5 0\nLi F\n1 1\nDirect\n0 0 0\n.5 .5 .5\n"
OPLS = Path(__file__).parents[1] / "opls"
OPENMM, DATA, SCRIPT = ((OPLS / f"methanol.{end}").read_text() for end in ("xml", "data", "in"))
BILLION_LAUGHS = (
    '<!DOCTYPE f [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in pairwise("abcdefghij"))
    + "]><f>&j;</f>"
)
METHANOL = System.pure("methanol", from_smiles("CO"))
FOREIGN = re.compile(
    "could not convert|invalid literal|to unpack|out of range|not supported|object"
)
"""Words of Python's own."""
DUMP = """\
ITEM: TIMESTEP
0
ITEM: NUMBER OF ATOMS
2
ITEM: BOX BOUNDS pp pp pp
0 9
0 9
0 9
ITEM: ATOMS id xu yu zu
1 0 0 0
2 0 0 1
"""
RECORD = {
    "index": 0,
    "status": "ok",
    "message": "",
    "positions": [[0.0, 0.0, 0.0], [0.75, 0.0, 0.0]],
    "energy": -30.0,
    "gradient": [[1.0, 0.0, 0.0], [-1.0, 0.0, 0.0]],
    "cpu_seconds": 0.1,
}
RESULTS = "\n".join(map(json.dumps, ({"header": {"versions": {"pyscf": "2"}}}, RECORD)))


@st.composite
def damaged(draw: st.DrawFn, good: str) -> bytes:
    """A good file in which some pieces were replaced, doubled or cut out."""
    content = good.encode()
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        end = draw(st.integers(start, min(len(content), start + 20)))
        piece = draw(
            st.one_of(
                st.binary(max_size=8),
                st.sampled_from(
                    [
                        b"\n",
                        b"\x00",
                        b"-1",
                        b"1e999",
                        b"nan",
                        b"{",
                        b"[",
                        b"'",
                        b"9" * 400,
                        b"&a *a",
                    ]
                ),
                st.just(content[start:end] * 2),
            )
        )
        content = content[:start] + piece + content[end:]
    return content


def file_like(good: str) -> st.SearchStrategy[bytes]:
    return st.one_of(damaged(good), st.binary(max_size=200))


def refuses_in_a_line(read: Callable[[], Any], *refusals: type[Exception]) -> None:
    """Read; what is not taken is refused by an exception of ours."""
    try:
        read()
    except refusals as error:
        message = getattr(error, "message", str(error))
        assert message
        assert "Traceback" not in message


@fuzz
@given(content=file_like(STUDY))
@example(content=b"? [a]\n: 1\n")
@example(content=b"material: 2001-01-32\n")
@example(content=b"[" * 5000)
def test_study(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_bytes(content)
    refuses_in_a_line(lambda: load_study(path), InputError)


@fuzz
@given(content=file_like(TABLE))
def test_table(content: bytes, tmp_path: Path) -> None:
    study, table = tmp_path / "study.yaml", tmp_path / "table.csv"
    study.write_text(STUDY)
    table.write_bytes(content)
    refuses_in_a_line(lambda: load_studies([study], table, None), InputError)


def a_word_of(text: str) -> st.SearchStrategy[str]:
    return st.sampled_from(text.split())


ATOMS = a_word_of("C C C N O F S P B c n o s Cl Br [Li+] [O-] [nH] [SiH2]")
BRACKETS = st.builds(
    "[{}{}{}H{}{}]".format,
    st.sampled_from(["", "2", "999"]),
    a_word_of("C N c P Fe U Xe *"),
    st.sampled_from(["", "@", "@@", "@OH9", "@TB7"]),
    st.integers(0, 300),
    st.sampled_from(["", "+", "--", "+9", ":7"]),
)
SIGNS = a_word_of("( ) = # / \\ . 1 1 2 2 3 %12 -")
WORDS = st.lists(ATOMS | ATOMS | SIGNS | BRACKETS, max_size=20).map("".join)
LETTERS = st.text("CNOHFSclBr[]()=#123456+-@/\\%.*:", max_size=12)


@fuzz
@given(smiles=WORDS | LETTERS)
@example(smiles="C" * 3000)
@example(smiles="C." * 900)
@example(smiles="[CH150]")
@example(smiles="[999C]")
def test_smiles(smiles: str) -> None:
    refuses_in_a_line(lambda: read_material({"smiles": smiles}), ValueError)


@fuzz
@given(content=file_like(XYZ))
@example(content=b"99999999999999999999\n\n")
def test_xyz(content: bytes) -> None:
    text = content.decode(errors="replace")
    material = {"xyz": text, "charge": 0, "multiplicity": 1}
    refuses_in_a_line(lambda: read_material(material), ValueError)


@fuzz
@given(content=file_like(CIF))
@example(content=CIF.replace("_a 4.03", "_a 1e300").encode())
def test_crystal(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "crystal.cif"
    path.write_bytes(content)
    refuses_in_a_line(lambda: read_crystal(path), ValueError)


@fuzz
@given(content=file_like(POSCAR))
def test_poscar(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "POSCAR"
    path.write_bytes(content)
    refuses_in_a_line(lambda: read_crystal(path), ValueError)


def reads_a_field(*files: tuple[str, bytes]) -> None:
    """Read; what is not taken is refused in a line that begins with a file and is ours."""
    texts = [(name, content.decode(errors="replace")) for name, content in files]
    try:
        read_files(texts, METHANOL)
    except ValueError as error:
        message = str(error)
        assert re.match("|".join(name for name, _ in files) + "|input:", message)
        assert not FOREIGN.search(message)


@fuzz
@given(content=file_like(OPENMM))
@example(content=BILLION_LAUGHS.encode())
def test_field_of_openmm(content: bytes) -> None:
    reads_a_field(("field.xml", content))


@fuzz
@given(data=st.just(DATA.encode()) | damaged(DATA), script=damaged(SCRIPT))
def test_field_of_lammps(data: bytes, script: bytes) -> None:
    reads_a_field(("system.data", data), ("in.lammps", script))


@fuzz
@given(content=file_like(CURVE))
def test_curve(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "curve.csv"
    path.write_bytes(content)
    refuses_in_a_line(lambda: read_record(path, "bond", 1.0, True), ValueError)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@fuzz
@given(
    content=st.one_of(
        file_like(RESULTS),
        st.dictionaries(
            st.sampled_from([*RECORD, "stress", "dipole", "hessian", "slope"]), JSON
        ).map(lambda changes: (RESULTS + "\n" + json.dumps({**RECORD, **changes})).encode()),
    )
)
def test_results_of_a_job(content: bytes, hydrogen: Structures) -> None:
    header, records, _ = read_records(content, 2, 3)
    assert set(records) <= {0, 1, 2}
    points = collect_points(hydrogen, records, 3, header.get("versions", {}))
    assert points.ok.sum() <= len(records)


@fuzz
@given(content=file_like(DUMP))
@example(content=DUMP.replace("OF ATOMS\n2", "OF ATOMS\n0").encode())
@example(content=DUMP.replace("1 0 0 0\n2 0 0 1", "1 0 0\n2 0 0").encode())
def test_frames(content: bytes) -> None:
    text = content.decode(errors="replace")
    refuses_in_a_line(lambda: read_frames(text, (2,), 1), ValueError)
    refuses_in_a_line(
        lambda: read_packed(
            text, System.pure("hydrogen", from_smiles("[H][H]")), StartingBox((1,), 9.0)
        ),
        ValueError,
    )
    parse_log(text)


@pytest.mark.parametrize("name", ["../secret.xyz", "/etc/hostname"])
def test_file_elsewhere_is_none_of_a_study(tmp_path: Path, name: str) -> None:
    (tmp_path.parent / "secret.xyz").write_text("password=hush\n")
    path = tmp_path / "study.yaml"
    material = f"{{name: a, file: {name}, charge: 0, multiplicity: 1}}"
    path.write_text(STUDY.replace("{name: methanol, smiles: CO}", material))
    with pytest.raises(InputError) as caught:
        load_study(path).species()
    assert "lies outside of the folder of the study" in caught.value.message
    assert "hush" not in caught.value.message


@pytest.mark.parametrize("name", ["crystal.cif", "POSCAR"])
def test_crystals_without_end_are_not_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text({"POSCAR": POSCAR}.get(name, CIF) + "#" * 1_000_000)
    with pytest.raises(ValueError, match="larger than 1 million bytes"):
        read_crystal(path)


SITES = "".join(f"Li{i} Li {i / 997:.4f} {i / 499:.4f} {i / 251:.4f}\n" for i in range(120))
HALF = "".join(SITES.splitlines(keepends=True)[:60])


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        # Few bytes, many atoms: hours for spglib, or more memory than there is.
        ("many.cif", CIF + SITES, "copies of its sites"),
        (
            "large.cif",
            CIF.replace("4.03", "99") + HALF,
            "up to 1000 in a cell",
        ),
        ("POSCAR", POSCAR.replace("1 1", "99999999999 1"), "up to 1000 in a cell"),
        ("POSCAR", POSCAR.replace("Li F\n1 1", "1_000_000_000 1"), "up to 1000 in a cell"),
        ("POSCAR", POSCAR.replace("1 1\n", "900 900\n"), "up to 1000 in a cell"),
    ],
)
def test_crystals_with_atoms_without_end(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_crystal(path)


def test_a_poscar_has_no_say_about_files_beside_it(tmp_path: Path) -> None:
    (tmp_path / "POTCAR").write_text("TITEL  = PAW_PBE Li 17Jan2003\nTITEL  = PAW_PBE F 1\n")
    path = tmp_path / "POSCAR"
    path.write_text(POSCAR.replace("LiF", "?").replace("Li F\n", ""))
    with pytest.raises(ValueError, match="no element names: add a line"):
        read_crystal(path)


def test_force_fields_without_end_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "field.xml"
    path.write_text(OPENMM + " " * 8_000_000)
    with pytest.raises(InputError, match="larger than 8 million bytes"):
        contents([path])


def test_files_without_end_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(STUDY + "#" * 2_000_000)
    with pytest.raises(InputError, match="larger than 1 million bytes"):
        load_study(path)
