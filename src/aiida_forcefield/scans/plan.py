"""Which coordinates are scanned, and over which window."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations_with_replacement, pairwise, product

import numpy as np
from ase.data import atomic_numbers, covalent_radii
from numpy.typing import NDArray

from aiida_forcefield.scans.approach import Monomer, approach
from aiida_forcefield.scans.contacts import contact_distance, contact_lengths
from aiida_forcefield.scans.coordinate import Coordinate
from aiida_forcefield.scans.coordinates import evaluate
from aiida_forcefield.scans.scan import Scan
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
      is a multiple one, as is that of a linear chain whose first bond is. Term types that share a
      central bond vary together, so that one scan serves all of them: in a ring the innermost, else
      the one with fewest hydrogens at its ends.
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


def plan_pair_scans(first: Monomer, second: Monomer) -> tuple[Scan, ...]:
    """A scan of the distance between two molecules for each pair of their atom types.

    It begins where the molecules, oriented as `approach` has them, repel each other by a few
    kcal/mol (0.75 of the contact length at their closest pair of atoms) and ends at 8 Å, or 4 Å
    beyond its beginning where that is more.

    Args:
        first: species of the first molecule, and its geometry, shape (n, 3), Å.
        second: of the second molecule, perhaps the same.
    """
    (one, _), (other, _) = first, second
    lengths = contact_lengths(one, other)
    along = np.array([1.0, 0.0, 0.0])
    scans = []
    pairs = (
        combinations_with_replacement(one.type_names, 2)
        if one is other
        else product(one.type_names, other.type_names)
    )
    for types in pairs:
        sites = one.atom_types.index(types[0]), other.atom_types.index(types[1])
        nearest = contact_distance(*approach(first, second, sites), along, lengths, _NEAREST)
        lower = round(nearest, 3)
        upper = max(_FARTHEST, round(lower + _SPAN, 3))
        scans.append(Scan((one.key, other.key), Coordinate("pair", types, sites), lower, upper))
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
    elif rings[1] or _is_multiple(species, positions, species.path(*atoms[1:3])[:2]):
        lower, upper = round(value - _STIFF_DIHEDRAL, 1), round(value + _STIFF_DIHEDRAL, 1)
    else:
        lower, upper, periodic = -180.0, 180.0, True
    coordinate = Coordinate(term.kind, term.types, atoms)
    return Scan((species.key,), coordinate, lower, upper, periodic)


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
