"""Setting a coordinate of a structure to a value."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from aiida_forcefield.scans.coordinates import evaluate
from aiida_forcefield.scans.scan import Scan
from aiida_forcefield.topology import Species

Array = NDArray[np.float64]


def drive(species: Species, positions: Array, scan: Scan, value: float) -> Array:
    """A copy of a structure in which the coordinate of a scan has exactly a value.

    The fragment beyond the coordinate's axis moves as a rigid body, all other bond lengths and
    angles stay. In a ring, where no fragment can move on its own, one atom moves with the
    substituents that hang from it, and the relaxation has to mend the ring. An improper turns its
    last neighbour (or, in a ring, the centre) about the line between the other two.

    Args:
        species: of the molecule.
        positions: shape (n, 3), Å.
        scan: whose coordinate is driven; not a pair, for which there is `pair_scan`.
        value: Å or degrees.

    Returns:
        Positions, shape (n, 3), Å.

    Raises:
        ValueError: a pair scan, or a value that the coordinate cannot have.
    """
    if scan.kind == "pair":
        msg = f"scan {scan.name!r}: drive takes bonds, angles, dihedrals and impropers"
        raise ValueError(msg)
    largest = {"bond": np.inf, "angle": 180.0}.get(scan.kind)
    if largest is not None and not 0.0 < value < largest:
        msg = f"scan {scan.name!r}: value {value}; allowed is above 0 and below {largest}"
        raise ValueError(msg)

    atoms = scan.coordinate.atoms
    driven = np.array(positions, dtype=float)
    present = float(evaluate(driven, [atoms])[0][0])
    if scan.kind == "bond":
        moving, (i, j) = _moving(species, atoms), atoms
        axis = driven[j] - driven[i]
        driven[moving] += (value - present) * axis / np.linalg.norm(axis)
        return driven

    turn = np.radians(value) - present
    if scan.kind == "angle":
        i, j, k = atoms
        normal = _normal(driven[i] - driven[j], driven[k] - driven[j])
        if species.fragment((j, k)) is None and species.fragment((j, i)) is not None:
            return _rotate(driven, _moving(species, (j, i)), driven[j], -turn * normal)
        return _rotate(driven, _moving(species, (j, k)), driven[j], turn * normal)

    i, j, k, m = atoms
    axis = (driven[k] - driven[j]) / np.linalg.norm(driven[k] - driven[j])
    if scan.kind == "improper":
        if species.fragment((i, m)) is None:
            return _rotate(driven, np.array([i]), driven[j], -turn * axis)
        return _rotate(driven, _moving(species, (i, m)), driven[j], turn * axis)
    beyond = species.fragment((j, k))
    moving = _moving(species, (k, m)) if beyond is None else beyond
    return _rotate(driven, moving, driven[j], turn * axis)


def _moving(species: Species, bond: tuple[int, ...]) -> NDArray[np.int_]:
    """Atoms that move with the second one of a bond: of a ring only it and what hangs from it."""
    near, far = bond
    fragment = species.fragment((near, far))
    if fragment is not None:
        return fragment
    around = [i if j == far else j for i, j in species.bonds if far in (i, j)]
    hanging = (species.fragment((far, atom)) for atom in around)
    return np.array(sorted({far, *(int(a) for part in hanging if part is not None for a in part)}))


def _normal(u: Array, v: Array) -> Array:
    """Unit vector about which a rotation turns u towards v; any normal if they are parallel."""
    normal = np.cross(u, v)
    if np.linalg.norm(normal) < 1e-6 * np.linalg.norm(u) * np.linalg.norm(v):
        normal = np.cross(u, np.eye(3)[np.argmin(np.abs(u))])
    unit: Array = normal / np.linalg.norm(normal)
    return unit


def _rotate(positions: Array, moving: NDArray[np.int_], origin: Array, rotation: Array) -> Array:
    """Rotate some atoms about an origin by a rotation vector, in radians."""
    positions[moving] = origin + Rotation.from_rotvec(rotation).apply(positions[moving] - origin)
    return positions
