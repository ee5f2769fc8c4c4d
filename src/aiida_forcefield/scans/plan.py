"""Which coordinates are scanned, and over which window."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations_with_replacement, pairwise

import numpy as np
from ase.data import atomic_numbers, covalent_radii
from numpy.typing import NDArray

from aiida_forcefield.scans.approach import approach
from aiida_forcefield.scans.contacts import contact_distance, contact_lengths
from aiida_forcefield.scans.coordinates import evaluate
from aiida_forcefield.topology import Species, TermType

Array = NDArray[np.float64]

_BOND_ENERGY = 0.5  # eV: harmonic estimate at the ends of a bond's window
_BADGER = 1.86 * 6.241509  # mdyn/Å Å³ -> eV Å: k = 1.86 / (r - d)³ mdyn/Å
_BADGER_SHIFT = np.array([[0.025, 0.335, 0.585], [0.335, 0.680, 0.900], [0.585, 0.900, 1.180]])
_ANGLE, _RING_ANGLE, _IMPROPER, _STIFF_DIHEDRAL = 15.0, 8.0, 20.0, 30.0  # degrees, either side
_NEAR_LINEAR, _WIDEST = 165.0, 170.0  # degrees
_MULTIPLE = 0.9  # a bond shorter than this times the covalent radii is more than a single one
_NEAREST = 0.75  # contact ratio where a pair scan begins: a repulsion of a few kcal/mol
_FARTHEST = 8.0  # Å
_SPAN = 4.0  # Å, at least


@dataclass(frozen=True)
class Scan:
    """One coordinate and the window over which it is scanned.

    Attributes:
        kind: bond, angle, dihedral, improper or pair.
        name: of the term type, or such as ``"pair O1-H2"``.
        atoms: of the driven term; of a pair the atom of the first and of the second molecule.
        lower: least value, Å or degrees.
        upper: largest value, Å or degrees; of a dihedral in a ring it may exceed 180°.
        periodic: whether the window is the full circle.
    """

    kind: str
    name: str
    atoms: tuple[int, ...]
    lower: float
    upper: float
    periodic: bool

    def __post_init__(self) -> None:
        object.__setattr__(self, "atoms", tuple(self.atoms))  # a list, where it comes from JSON


@dataclass(frozen=True)
class Plan:
    """The scans of a molecule's bonded terms.

    Attributes:
        scans: in the order of the term types.
        left_out: name of each term type that is not scanned, with what determines it instead.
    """

    scans: tuple[Scan, ...]
    left_out: tuple[tuple[str, str], ...]

    def __iter__(self) -> Iterator[Scan]:
        return iter(self.scans)

    def __len__(self) -> int:
        return len(self.scans)


def plan_scans(species: Species, positions: Array) -> Plan:
    """One scan for each bonded term type, as far as it can be driven.

    - Bonds: as far as about 0.5 eV on either side, a force constant from Badger's rule assumed
      (R. M. Badger, J. Chem. Phys. 3, 710 (1935)). Half of that in rings, where a bond strains
      its neighbours.
    - Angles: ±15°, in rings ±8°. Near-linear ones (above 165°) are left to the Hessian.
    - Dihedrals: the full circle, or ±30° about the present value where the bond is in a ring or
      is a multiple one. Term types that share a central bond vary together, so that one scan
      serves all of them: in a ring the innermost, else the one with fewest hydrogens at its ends.
    - Impropers: ±20° about the plane.

    Args:
        species: of the molecule.
        positions: the reference geometry, shape (n, 3), Å.
    """
    left_out = _dependent_dihedrals(species)
    scans = []
    for term in species.term_types:
        if term.name in left_out:
            continue
        widest = _widest_angle(positions, term)
        if widest > _NEAR_LINEAR:
            left_out[term.name] = f"near-linear ({widest:.1f}°): left to the Hessian"
        else:
            scans.append(_scan(species, positions, term))
    return Plan(tuple(scans), tuple(left_out.items()))


def plan_pair_scans(species: Species, positions: Array) -> tuple[Scan, ...]:
    """A scan of the distance between two molecules for each pair of atom types.

    It begins where the molecules, oriented as `approach` has them, repel each other by a few
    kcal/mol (0.75 of the contact length at their closest pair of atoms) and ends at 8 Å, or 4 Å
    beyond its beginning where that is more.

    Args:
        species: of the molecule.
        positions: the reference geometry, shape (n, 3), Å.
    """
    lengths = contact_lengths(species)
    along = np.array([1.0, 0.0, 0.0])
    scans = []
    for names in combinations_with_replacement(species.type_names, 2):
        i, j = (species.atom_types.index(name) for name in names)
        nearest = contact_distance(*approach(species, positions, (i, j)), along, lengths, _NEAREST)
        lower = round(nearest, 3)
        upper = max(_FARTHEST, round(lower + _SPAN, 3))
        scans.append(Scan("pair", f"pair {'-'.join(names)}", (i, j), lower, upper, False))
    return tuple(scans)


def _dependent_dihedrals(species: Species) -> dict[str, str]:
    """Dihedral term types that vary with another one about the same bond."""

    def preference(term: TermType) -> tuple[bool, int]:
        i, j, k, m = term.members[0]
        outside = species.fragment((i, j)) is not None or species.fragment((k, m)) is not None
        return outside, sum(species.symbols[end] == "H" for end in (i, m))

    dihedrals = [term for term in species.term_types if term.kind == "dihedral"]
    driven: dict[frozenset[int], str] = {}
    dependent = {}
    for term in sorted(dihedrals, key=preference):
        shared = [driven[c] for m in term.members if (c := frozenset(m[1:3])) in driven]
        if shared:
            dependent[term.name] = f"varies with {shared[0]!r}, which shares its central bond"
        else:
            driven[frozenset(term.members[0][1:3])] = term.name
    return {term.name: dependent[term.name] for term in dihedrals if term.name in dependent}


def _scan(species: Species, positions: Array, term: TermType) -> Scan:
    atoms = term.members[0]
    value = _value(positions, atoms)
    rings = [species.fragment(bond) is None for bond in pairwise(atoms)]
    periodic = False
    if term.kind == "bond":
        reach = _reach(species, atoms, value) * (0.5 if rings[0] else 1.0)
        lower, upper = round(value - 0.75 * reach, 3), round(value + 1.15 * reach, 3)
    elif term.kind == "angle":
        reach = _RING_ANGLE if all(rings) else _ANGLE
        lower, upper = round(value - reach, 1), min(round(value + reach, 1), _WIDEST)
    elif term.kind == "improper":
        lower, upper = -_IMPROPER, _IMPROPER
    elif rings[1] or _is_multiple(species, positions, atoms[1:3]):
        lower, upper = round(value - _STIFF_DIHEDRAL, 1), round(value + _STIFF_DIHEDRAL, 1)
    else:
        lower, upper, periodic = -180.0, 180.0, True
    return Scan(term.kind, term.name, atoms, lower, upper, periodic)


def _widest_angle(positions: Array, term: TermType) -> float:
    """Widest bond angle, degrees, along the driven angle or dihedral; 0 for other terms."""
    if term.kind not in ("angle", "dihedral"):
        return 0.0
    atoms = term.members[0]
    angles = zip(atoms, atoms[1:], atoms[2:], strict=False)
    return max(_value(positions, angle) for angle in angles)


def _value(positions: Array, atoms: tuple[int, ...]) -> float:
    value = float(evaluate(positions, [atoms])[0][0])
    return value if len(atoms) == 2 else float(np.degrees(value))


def _reach(species: Species, atoms: tuple[int, ...], length: float) -> float:
    """Stretch, Å, at which a harmonic bond of Badger's force constant has `_BOND_ENERGY`."""
    numbers = [atomic_numbers[species.symbols[atom]] for atom in atoms]
    rows = [0 if z <= 2 else 1 if z <= 10 else 2 for z in numbers]
    k = _BADGER / max(length - _BADGER_SHIFT[rows[0], rows[1]], 0.35) ** 3
    return float(np.clip(np.sqrt(2.0 * _BOND_ENERGY / k), 0.08, 0.25))


def _is_multiple(species: Species, positions: Array, atoms: tuple[int, ...]) -> bool:
    radii = sum(covalent_radii[atomic_numbers[species.symbols[atom]]] for atom in atoms)
    return bool(_value(positions, atoms) < _MULTIPLE * radii)
