"""Reading of CIFs: the crystal that a file states in full, or why it does not."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from ase import Atoms
from ase.cell import Cell
from numpy.typing import NDArray

from aiida_forcefield.topology.cif_block import UNKNOWN, Block, last_digit, number, read_blocks
from aiida_forcefield.topology.crystal import Crystal, from_atoms
from aiida_forcefield.topology.space_group import (
    Operations,
    Setting,
    orbit,
    read_operations,
    settings_of_hall,
    settings_of_number,
    settings_of_symbol,
    settle,
)
from aiida_forcefield.topology.xyz import ELEMENTS

Array = NDArray[np.float64]

MOST_COPIES = 20_000
"""Of the sites by symmetry, before copies in the same place become one atom."""

FARTHEST = 100.0
"""A fractional coordinate."""

LENGTHS = ("_cell_length_a", "_cell_length_b", "_cell_length_c")
ANGLES = ("_cell_angle_alpha", "_cell_angle_beta", "_cell_angle_gamma")
FRACTIONS = ("_atom_site_fract_x", "_atom_site_fract_y", "_atom_site_fract_z")
SITES = (
    "_atom_site_label",
    "_atom_site_type_symbol",
    *FRACTIONS,
    "_atom_site_occupancy",
    "_atom_site_attached_hydrogens",
    "_atom_site_disorder_group",
    "_atom_site_disorder_assembly",
)
OPERATIONS = ("_space_group_symop_operation_xyz", "_symmetry_equiv_pos_as_xyz")
FORMULA = "_chemical_formula_sum"

ISOTOPES = ("D", "T")
"""Of hydrogen, with symbols of their own."""

_SYMBOL = re.compile("(_symmetry)?_space_group(_name)?_h[-_]m")
_HALL = re.compile("(_symmetry)?_space_group_name_hall")
_NUMBER = re.compile("_space_group_it_number|_symmetry_int_tables_number")
_LABEL = re.compile(r"([A-Z][a-z]?)(?![A-Za-z])")
_TYPE = re.compile(r"([A-Za-z]{1,2})(?:([0-9]{1,2}(?:\.[0-9]+)?)?([+-])([0-9]{1,2})?|[0-9]*)")
_PART = re.compile(r"([A-Z][a-z]?)([0-9]+(?:\.[0-9]+)?)?")


@dataclass(frozen=True)
class Site:
    """An atom that the file lists.

    Attributes:
        label: its name.
        symbol: of its element or isotope.
        charge: e, where its type states one.
        position: fractional coordinates, shape (3,).
        precision: one unit of the last digit of each, shape (3,).
    """

    label: str
    symbol: str
    charge: float | None
    position: Array
    precision: Array

    @property
    def element(self) -> str:
        return "H" if self.symbol in ISOTOPES else self.symbol


def read_cif(text: str) -> Crystal:
    """The only crystal of a CIF, with the charges that it states, and remarks.

    Raises:
        ValueError: it does not state one crystal in full: sites without element or coordinates,
            disordered or shared; no symmetry, or statements of it that contradict each other; atoms
            that differ from the formula; or as `from_atoms`. One line.
    """
    blocks = [block for block in read_blocks(text) if {*FRACTIONS} & {*block.fields}]
    if not blocks:
        raise ValueError("no crystal structure is in it; fractional coordinates are needed")
    if len(blocks) > 1:
        names = ", ".join(block.name for block in blocks)
        raise ValueError(f"{len(blocks)} crystal structures are in it ({names}); keep one")
    return _crystal(blocks[0])


def _crystal(block: Block) -> Crystal:
    if block.word("_cell_modulation_dimension") not in (None, "0"):
        raise ValueError("the crystal is modulated; one that repeats in three directions is needed")
    cell, sites, formula = _cell(block), _sites(block), _formula(block)
    elements = Counter(site.element for site in sites)
    if formula and {*formula} != {*elements}:
        raise ValueError(
            f"composition: the atoms listed are of {', '.join(sorted(elements))}, the formula is"
            f" {_written(formula)} ({FORMULA}); list all atoms, or correct the formula"
        )
    operations, remarks = settle(_operations(block), _stated(block), cell)
    copies = len(sites) * len(operations.rotations)
    if copies > MOST_COPIES:
        raise ValueError(f"symmetry: {copies} copies of its sites; up to {MOST_COPIES} are allowed")
    orbits = [orbit(operations, site.position, site.precision, cell) for site in sites]
    owners = [site for site, (atoms, _) in zip(sites, orbits, strict=True) for _ in atoms]
    if formula:
        _compare(Counter(site.element for site in owners), formula, block)
    crystal = from_atoms(
        Atoms(
            [site.element for site in owners],
            scaled_positions=np.concatenate([atoms for atoms, _ in orbits]),
            cell=cell,
            pbc=True,
        ),
        names=[site.label for site in owners],
    )
    moves = {site.label: move for site, (_, move) in zip(sites, orbits, strict=True) if move > 1e-4}
    if moves:
        remarks.append(
            f"coordinates: {', '.join(moves)} moved onto special positions, by up to"
            f" {max(moves.values()):.4f} Å; they were rounded"
        )
    if isotopes := {site.symbol for site in sites} & {*ISOTOPES}:
        remarks.append(f"isotopes: {' and '.join(sorted(isotopes))} taken as H")
    if not formula and (text := block.word(FORMULA)):
        remarks.append(f"{FORMULA}: {text!r} is no formula; the atoms were not compared with it")
    charges, notes = _charges(block, sites)
    return replace(crystal, charges=charges, remarks=(*remarks, *notes))


def _cell(block: Block) -> Array:
    """Lattice vectors, one a row, shape (3, 3), Å.

    Raises:
        ValueError: lengths or angles that are missing, or make no cell.
    """
    values = []
    for tag in (*LENGTHS, *ANGLES):
        word = block.word(tag)
        value = number(word)
        if value is None or not 0 < value < (1e4 if tag in LENGTHS else 180):
            kind = "a length in Å" if tag in LENGTHS else "an angle below 180 degrees"
            raise ValueError(f"{tag}: {word or 'missing'}; {kind} is needed")
        values.append(value)
    a, b, c = np.cos(np.radians(values[3:]))
    if 1 - a * a - b * b - c * c + 2 * a * b * c < 1e-6:
        raise ValueError("lattice: no cell has these angles; correct them")
    cell: Array = Cell.fromcellpar(values).array  # type: ignore[no-untyped-call]
    return cell


def _sites(block: Block) -> list[Site]:
    """The atoms that the file lists.

    Raises:
        ValueError: columns of different lengths, or as `_site`.
    """
    for tag in FRACTIONS:
        if not block.column(tag):
            raise ValueError(f"{tag}: missing; add it")
    count = len(block.column(FRACTIONS[0]) or ())
    table = [block.column(tag) or ["?"] * count for tag in SITES]
    for tag, column in zip(SITES, table, strict=True):
        if len(column) != count:
            raise ValueError(f"{tag}: {len(column)} values; the coordinates have {count}")
    return [_site(*row) for row in zip(*table, strict=True)]


def _site(
    label: str, kind: str, x: str, y: str, z: str, occupancy: str, hydrogens: str, *disorder: str
) -> Site:
    """One line of the list of atoms.

    Raises:
        ValueError: no element or coordinates; partly occupied, disordered, or with hydrogens that
            have no coordinates.
    """
    typed = kind not in UNKNOWN
    label = kind if label in UNKNOWN else label
    match = _TYPE.fullmatch(kind) if typed else _LABEL.match(label)
    symbol = match[1].capitalize() if match else ""
    if match is None or symbol not in (*ELEMENTS, *ISOTOPES):
        raise ValueError(
            f"{label}: its element is not known; give it as Li or Cl in _atom_site_type_symbol"
        )
    if {x, y, z} & UNKNOWN:
        raise ValueError(f"{label}: no coordinates; add them, or leave the line out")
    position = [number(word) for word in (x, y, z)]
    for word, value in zip((x, y, z), position, strict=True):
        if value is None or abs(value) > FARTHEST:
            raise ValueError(
                f"{label}: {word!r} is no coordinate; a fraction of the cell is needed"
            )
    if occupancy not in UNKNOWN and number(occupancy) != 1:
        raise ValueError(
            f"occupancy: sites that are partly occupied are not allowed; {label} has {occupancy}"
        )
    if not {*disorder} <= UNKNOWN | {"0"}:
        raise ValueError(
            f"disorder: {label} is in a disordered group; an ordered crystal is needed"
        )
    if number(hydrogens):
        raise ValueError(
            f"{label}: {hydrogens} hydrogen atoms without coordinates"
            " (_atom_site_attached_hydrogens); list them as atoms"
        )
    return Site(
        label=label,
        symbol=symbol,
        charge=float(f"{match[3]}{match[2] or match[4] or 1}") if typed and match[3] else None,
        position=np.array(position),
        precision=np.array([last_digit(word) for word in (x, y, z)]),
    )


def _operations(block: Block) -> Operations | None:
    """The operations that the file lists; None if it lists none.

    Raises:
        ValueError: as `read_operations`, or two lists that differ.
    """
    columns = [block.column(tag) or [] for tag in OPERATIONS]
    written = [column for column in columns if not {*column} <= UNKNOWN]
    lists = [read_operations(column) for column in written]
    if len({operations.key for operations in lists}) > 1:
        raise ValueError(f"symmetry: {' and '.join(OPERATIONS)} differ; keep one of the lists")
    return lists[0] if lists else None


def _stated(block: Block) -> dict[str, list[Setting]]:
    """Each name of its space group that the file states, with the settings that it may mean."""
    stated = {}
    for tag in block.fields:
        if _SYMBOL.match(tag) and (text := block.word(tag)):
            stated[f"space group {text!r}"] = settings_of_symbol(text)
        if _HALL.match(tag) and (text := block.word(tag)):
            stated[f"Hall symbol {text!r}"] = settings_of_hall(text)
        if _NUMBER.match(tag) and (text := block.word(tag)):
            stated[f"space group {text}"] = settings_of_number(text)
    return stated


def _formula(block: Block) -> dict[str, float]:
    """Atoms of each element in a formula unit; empty if it is missing or no formula."""
    text = "".join((block.word(FORMULA) or "").split())
    parts = _PART.findall(text)
    if "".join(map("".join, parts)) != text:
        return {}
    formula: dict[str, float] = defaultdict(float)
    for symbol, count in parts:
        formula["H" if symbol in ISOTOPES else symbol] += float(count or 1)
    return dict(formula) if {*formula} <= ELEMENTS and all(formula.values()) else {}


def _compare(atoms: Mapping[str, int], formula: Mapping[str, float], block: Block) -> None:
    """Hold the atoms of the cell against the formula and the number of its units.

    Raises:
        ValueError: they differ.
    """
    units = {atoms[element] / count for element, count in formula.items()}
    stated = number(block.word("_cell_formula_units_z"))
    found = round(max(units))
    allowed = {found} if stated is None else {stated}
    if stated and all(count % stated == 0 for count in formula.values()):
        allowed.add(1)  # many programs write the atoms of the cell as its formula, beside Z
    if found not in allowed or found < 1 or any(abs(unit - found) > 0.01 * found for unit in units):
        times = "" if stated is None else f"{stated:g} times "
        raise ValueError(
            f"composition: the cell has {_written(atoms)}, the formula is"
            f" {times}{_written(formula)} ({FORMULA}); list all atoms and operations, or correct it"
        )


def _written(formula: Mapping[str, float]) -> str:
    counts = {element: f"{formula[element]:g}" for element in sorted(formula)}
    return " ".join(element + count * (count != "1") for element, count in counts.items())


def _charges(block: Block, sites: Sequence[Site]) -> tuple[dict[str, int] | None, list[str]]:
    """The charge of each element, e, as stated for types of atoms or by their symbols; remarks."""
    kinds = block.column("_atom_type_symbol") or []
    numbers = map(number, block.column("_atom_type_oxidation_number") or [])
    listed = [(_TYPE.fullmatch(kind), charge) for kind, charge in zip(kinds, numbers, strict=False)]
    stated = {(kind[1].capitalize(), charge) for kind, charge in listed if kind} or {
        (site.element, site.charge) for site in sites
    }
    elements = {site.element for site in sites}
    known = sorted(
        (element, charge) for element, charge in stated if charge and element in elements
    )
    charges = {element: int(charge) for element, charge in known if charge.is_integer()}
    if not known:
        return None, []
    if len(known) > len(charges) or {*charges} != elements:
        return None, ["oxidation numbers: not used, as each element needs one, a whole number"]
    return charges, []
