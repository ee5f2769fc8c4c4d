"""One crystal in many spellings: a CIF says what it says, or is refused in a line of ours.

Settings are those of spglib's table; the files are put together here, without the code under test.
"""

import traceback
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import spglib
from ase import Atoms
from ase.neighborlist import neighbor_list
from ase.spacegroup import crystal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aiida_forcefield.topology.crystal import Crystal
from aiida_forcefield.topology.crystal_file import read_crystal

PROTOTYPES = {
    "rock salt": crystal(
        ["Na", "Cl"], [(0, 0, 0), (0.5,) * 3], spacegroup=225, cellpar=[5.64] * 3 + [90] * 3
    ),
    "lithia": crystal(
        ["O", "Li"], [(0, 0, 0), (0.25,) * 3], spacegroup=225, cellpar=[4.62] * 3 + [90] * 3
    ),
    "peroxide": crystal(
        ["Li", "Li", "O"],
        [(0, 0, 0), (1 / 3, 2 / 3, 0.75), (1 / 3, 2 / 3, 0.149)],
        spacegroup=194,
        cellpar=[3.14, 3.14, 7.65, 90, 90, 120],
    ),
    "hydroxide": crystal(
        ["Li", "O", "H"],
        [(0.75, 0.25, 0), (0.25, 0.25, 0.1938), (0.25, 0.25, 0.4072)],
        spacegroup=129,
        setting=2,
        cellpar=[3.549, 3.549, 4.334, 90, 90, 90],
    ),
    "spinel": crystal(
        ["Li", "Mn", "O"],
        [(0.125,) * 3, (0.5,) * 3, (0.2632,) * 3],
        spacegroup=227,
        setting=2,
        cellpar=[8.24] * 3 + [90] * 3,
    ),
    "layers": crystal(
        ["Li", "Co", "O"],
        [(0, 0, 0.5), (0, 0, 0), (0, 0, 0.2605)],
        spacegroup=166,
        cellpar=[2.816, 2.816, 14.05, 90, 90, 120],
    ),
    "quartz": crystal(
        ["Si", "O"],
        [(0.4697, 0, 2 / 3), (0.4135, 0.2669, 0.7858)],
        spacegroup=154,
        cellpar=[4.916, 4.916, 5.4054, 90, 90, 120],
    ),
    "olivine": crystal(
        ["Li", "Fe", "P", "O", "O", "O"],
        [
            (0, 0, 0),
            (0.2822, 0.25, 0.9747),
            (0.0948, 0.25, 0.4182),
            (0.0967, 0.25, 0.7428),
            (0.4571, 0.25, 0.2060),
            (0.1656, 0.0465, 0.2848),
        ],
        spacegroup=62,
        cellpar=[10.33, 6.01, 4.69, 90, 90, 90],
    ),
    "carbonate": crystal(
        ["Li", "C", "O", "O"],
        [
            (0.1965, 0.449, 0.8344),
            (0, 0.0657, 0.25),
            (0, 0.3211, 0.25),
            (0.1456, -0.0661, 0.3133),
        ],
        spacegroup=15,
        cellpar=[8.359, 4.973, 6.197, 90, 114.83, 90],
    ),
    "low": crystal(
        ["Li", "F"],
        [(0.1, 0.22, 0.31), (0.43, 0.36, 0.12)],
        spacegroup=14,
        cellpar=[5.1, 6.2, 7.3, 90, 101.3, 90],
    ),
    "triclinic": crystal(
        ["Na", "N"],
        [(0.11, 0.22, 0.31), (0.43, 0.36, 0.12)],
        spacegroup=2,
        cellpar=[5.1, 6.2, 7.3, 83, 101.3, 95],
    ),
}


@dataclass(frozen=True)
class Facts:
    """What any description of a crystal must lead to."""

    number: int
    atoms: Counter[str]
    volume: float
    nearest: float


def facts(atoms: Atoms) -> Facts:
    cell = (atoms.cell.array, atoms.get_scaled_positions(), atoms.numbers)
    found = spglib.get_symmetry_dataset(cell, symprec=0.05)
    primitive = spglib.find_primitive(cell, symprec=0.05)
    ratio = len(atoms) // len(primitive[2])
    return Facts(
        number=found.number,
        atoms=Counter({symbol: n // ratio for symbol, n in Counter(atoms.symbols).items()}),
        volume=atoms.cell.volume / ratio,
        nearest=neighbor_list("d", atoms, 4.0).min(),
    )


def facts_of(found: Crystal) -> Facts:
    return facts(Atoms(found.symbols, found.positions, cell=found.cell, pbc=True))


@dataclass(frozen=True)
class Described:
    """A prototype with the axes and origin of one setting, and one atom for each of its orbits."""

    setting: Any
    lengths: list[float]
    operations: list[str]
    sites: list[tuple[str, np.ndarray]]
    atoms: Counter[str]


@cache
def halls(number: int) -> tuple[int, ...]:
    return tuple(
        hall for hall in range(1, 531) if spglib.get_spacegroup_type(hall).number == number
    )


@cache
def describe(name: str, hall: int) -> Described:
    atoms = PROTOTYPES[name]
    found = spglib.get_symmetry_dataset(
        (atoms.cell.array, atoms.get_scaled_positions(), atoms.numbers), 1e-4, hall_number=hall
    )
    symmetry = spglib.get_symmetry_from_database(hall)
    operations = list(zip(symmetry["rotations"], symmetry["translations"], strict=True))
    standard = Atoms(
        numbers=found.std_types, scaled_positions=found.std_positions, cell=found.std_lattice
    )
    sites: list[tuple[str, np.ndarray]] = []
    left = list(range(len(standard)))
    while left:
        position = found.std_positions[left[0]]
        sites.append((standard.symbols[left[0]], position))
        images = np.array([r @ position + t for r, t in operations])
        left = [
            index
            for index in left
            if np.abs(wrapped(images - found.std_positions[index])).max(axis=1).min() > 1e-3
        ]
    return Described(
        setting=spglib.get_spacegroup_type(hall),
        lengths=list(standard.cell.cellpar()),
        operations=[written(r, t) for r, t in operations],
        sites=sites,
        atoms=Counter(standard.symbols),
    )


def wrapped(difference: np.ndarray) -> np.ndarray:
    return difference - np.rint(difference)


def written(rotation: np.ndarray, translation: np.ndarray) -> str:
    """An operation such as -y,x-y,z+1/3."""
    parts = []
    for row, shift in zip(rotation, translation, strict=True):
        signs = {1: "+", -1: "-"}
        terms = "".join(signs[int(c)] + axis for c, axis in zip(row, "xyz", strict=True) if c)
        twelfths = round(24 * shift) % 24
        parts.append(terms.lstrip("+") + (f"+{twelfths}/24" if twelfths else ""))
    return ",".join(parts)


def number(random: Random, value: float, digits: int) -> str:
    """A number that is rounded to some digits, in one of its spellings."""
    text = f"{value:.{digits}f}"
    spellings = [text, text, text + "0", f"{float(text):.{digits}e}"]
    if text.startswith("0."):
        spellings += [text[1:], f"+{text}"]
    return random.choice(spellings) + random.choice(["", "", "(3)", "(12)"])


FAULTS = (
    "extra hydrogen",
    "doubled in the formula",
    "no symmetry",
    "another group",
    "no coordinates",
    "half an atom",
    "disorder",
    "twice",
    "no angles",
    "two crystals",
)
QUOTES = ("'{}'", '"{}"')
CELL = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")


def cell_lines(random: Random, described: Described, fault: str | None) -> list[str]:
    known: dict[float, str] = {}  # equal edges are written alike
    values = described.lengths[: 3 if fault == "no angles" else 6]
    return [
        f"_cell_{tag} {known.setdefault(round(value, 4), number(random, value, 4))}"
        for tag, value in zip(CELL, values, strict=False)
    ]


def symmetry_lines(random: Random, described: Described, fault: str | None) -> list[str]:
    if fault == "no symmetry":
        return []
    how = random.choice(["operations", "name", "hall", "all"])
    setting = described.setting
    symbol = setting.international_full.replace("_", random.choice(["_", ""]))
    if setting.choice in ("1", "2", "H", "R"):
        letter = {"1": "S", "2": "Z"}.get(setting.choice, setting.choice)
        symbol += random.choice(["", f" {letter}", f" :{setting.choice}"])
    if fault == "another group":
        symbol, how = "P 42/n c m :2", "all"
    lines = []
    if how in ("name", "all"):
        tag = random.choice(["_symmetry_space_group_name_H-M", "_space_group_name_H-M_alt"])
        lines.append(f"{tag} {random.choice(QUOTES).format(symbol)}")
        if random.random() < 0.5:
            tag = random.choice(["_symmetry_Int_Tables_number", "_space_group_IT_number"])
            lines.append(f"{tag} {setting.number}")
    if how in ("hall", "all"):
        tag = random.choice(["_symmetry_space_group_name_Hall", "_space_group_name_Hall"])
        text = random.choice(["'{}'", "\n;{}\n;"]).format(setting.hall_symbol)
        lines += f"{tag} {text}".splitlines()
    if how in ("operations", "all"):
        tag = random.choice(["_symmetry_equiv_pos_as_xyz", "_space_group_symop_operation_xyz"])
        lines += ["loop_", tag, *map(random.choice(QUOTES).format, described.operations)]
    return lines


def formula_lines(random: Random, described: Described, fault: str | None) -> list[str]:
    atoms = dict(described.atoms)
    if fault == "extra hydrogen":
        atoms["H"] = atoms.get("H", 0) + 4
    elif fault == "doubled in the formula":
        atoms[next(iter(atoms))] *= 2
    elif random.random() < 0.5:
        return []
    units = int(np.gcd.reduce(list(described.atoms.values())))
    formula = " ".join(f"{symbol}{count / units:g}" for symbol, count in atoms.items())
    lines = [f"_chemical_formula_sum {random.choice(QUOTES).format(formula)}"]
    return [*lines, f"_cell_formula_units_Z {units}"] if random.random() < 0.5 else lines


def site_lines(random: Random, described: Described, fault: str | None) -> list[str]:
    digits, shift = random.randint(3, 8), random.randint(-1, 1)
    sites = [
        [f"{symbol}{index}", symbol, *(number(random, x + shift, digits) for x in position), "?"]
        for index, (symbol, position) in enumerate(described.sites)
    ]
    column = random.choice(["occupancy", "thermal_displace_type"])
    if fault == "no coordinates":
        sites[-1][2:5] = ["?", "?", "?"]
    elif fault == "half an atom":
        column, sites[0][5] = "occupancy", "0.5"
    elif fault == "disorder":
        column, sites[0][5] = "disorder_group", "A"
    elif fault == "twice":
        sites.append(["Li99", "Li", *sites[-1][2:]])
    columns = ["label", "type_symbol", "fract_x", "fract_y", "fract_z", column]
    dot = random.choice("_.")
    return ["loop_", *(f"_atom_site{dot}{name}" for name in columns), *map(" ".join, sites)]


def cif(random: Random, described: Described, fault: str | None) -> bytes:
    """A crystal in one of its spellings, with a fault or without."""
    parts = [cell_lines, symmetry_lines, formula_lines]
    random.shuffle(parts)
    lines = ["_audit_creation_method 'by hand' # a comment"]
    if random.random() < 0.5:
        lines += ["_chemical_name_common", ";", "data_none it's", "", " a # name", ";"]
    for part in (*parts, site_lines):
        lines += part(random, described, fault)
    if random.random() < 0.5:
        shouted = ("_CELL_", "_SYMMETRY_", "_ATOM_SITE", "LOOP_")
        lines = [
            line.upper() if line.upper().startswith(shouted) and " " not in line else line
            for line in lines
        ]
    lines = ["data_crystal", *lines, *(["data_other", *lines] if fault == "two crystals" else [])]
    if random.random() < 0.5:
        lines = ["data_global", "_journal_year 2020", *lines, "data_more", "_refln_count ?"]
    text = random.choice(["\n", "\r\n", "\r"]).join([*lines, ""])
    return random.choice([b"", b"\xef\xbb\xbf"]) + text.encode()


def read(path: Path) -> Facts | str:
    """What a file holds, or why it is refused: a line, raised by our code and no library's."""
    try:
        return facts_of(read_crystal(path))
    except ValueError as error:
        reason = error.__context__  # without the name of the file
    assert reason is not None
    raised = traceback.extract_tb(reason.__traceback__)[-1]
    assert "/aiida_forcefield/topology/" in raised.filename, str(reason)
    assert "\n" not in str(reason)
    return str(reason)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(random=st.randoms(use_true_random=True))
def test_a_crystal_is_the_same_in_any_spelling_or_refused(random: Random, tmp_path: Path) -> None:
    name = random.choice(sorted(PROTOTYPES))
    expected = facts(PROTOTYPES[name])
    described = describe(name, random.choice(halls(expected.number)))
    fault = random.choice([None, random.choice(FAULTS)])
    path = tmp_path / "crystal.cif"
    path.write_bytes(cif(random, described, fault))
    found = read(path)
    if isinstance(found, str):
        assert fault or "may mean" in found, found
        return
    assert not fault, path.read_text()
    assert (found.number, found.atoms) == (expected.number, expected.atoms)
    assert found.volume == pytest.approx(expected.volume, rel=1e-3)
    assert found.nearest == pytest.approx(expected.nearest, abs=0.03)
