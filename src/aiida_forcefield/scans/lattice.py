"""Scans of a crystal: its cell is strained, or a sublattice displaced."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aiida_forcefield.scans.cluster import Cluster, Molecule
from aiida_forcefield.scans.coordinate import Coordinate, Kind
from aiida_forcefield.scans.origin import Origin
from aiida_forcefield.scans.points import Points, Structures
from aiida_forcefield.scans.scan import Scan
from aiida_forcefield.topology.crystal import Crystal

Array = NDArray[np.float64]

MODES = {
    "strain": ("isotropic", "xx", "yy", "zz", "yz", "xz", "xy"),
    "displacement": ("x", "y", "z"),
}
_AXES = "xyz"


def lattice_scan(
    crystal: Crystal, mode: str, lower: float, upper: float, element: str = ""
) -> Scan:
    """A scan of a strain or, where an element is named, of the displacement of its atoms.

    Args:
        crystal: its primitive cell.
        mode: of a strain isotropic or the component that is not 0, of a displacement its direction.
        lower: least value; a strain is a fraction, a displacement in Å.
        upper: largest value.
        element: whose atoms move together; those of a strain keep their fractional coordinates.

    Raises:
        ValueError: an unknown mode; an empty window, or one that turns the cell inside out; the
            crystal has none of that element, or no other.
    """
    kind: Kind = "displacement" if element else "strain"
    if mode not in MODES[kind]:
        raise ValueError(f"mode: {mode!r} is not one of {', '.join(MODES[kind])}")
    if not lower < upper or not np.isfinite([lower, upper]).all():
        raise ValueError(f"window: [{lower}, {upper}]; lower must be below upper")
    if kind == "strain" and max(abs(lower), abs(upper)) >= 0.5:
        raise ValueError(f"window: [{lower}, {upper}]; a strain is below 0.5")
    atoms = tuple(i for i, symbol in enumerate(crystal.symbols) if symbol == element)
    if element and not 0 < len(atoms) < len(crystal.symbols):
        raise ValueError(
            f"element: {element!r}; must be one of {', '.join(sorted(set(crystal.symbols)))}, "
            "beside which there is another"
        )
    coordinate = Coordinate(kind, (element,) if element else (), atoms, mode)
    return Scan(cell_cluster(crystal).species, coordinate, lower, upper)


def cell_cluster(crystal: Crystal) -> Cluster:
    """What a cell is made of, as far as QM goes: its atoms, together without charge."""
    return Cluster(
        crystal.symbols, tuple(Molecule(symbol, 1, 0, 1) for symbol in crystal.symbols), ()
    )


def strain_mode(mode: str) -> Array:
    """The strain of unit size, shape (3, 3): symmetric, of a shear 1/2 on either side.

    So the size of a shear is the angle by which it tilts, as in Voigt's notation.
    """
    if mode == "isotropic":
        return np.eye(3)
    unit = np.zeros((3, 3))
    unit[_AXES.index(mode[0]), _AXES.index(mode[1])] = 1.0
    return (unit + unit.T) / 2.0


def lattice_structures(crystal: Crystal, scan: Scan, values: ArrayLike) -> Structures:
    """The structures of a scan at some values, shape (m,): a fraction, or Å."""
    q = np.atleast_1d(np.asarray(values, dtype=float))
    cells = np.broadcast_to(crystal.cell, (len(q), 3, 3))
    positions = np.broadcast_to(crystal.positions, (len(q), *crystal.positions.shape)).copy()
    if scan.kind == "strain":
        # Rows are vectors, and the mode is symmetric.
        deformation = np.eye(3) + q[:, None, None] * strain_mode(scan.coordinate.mode)
        cells, positions = cells @ deformation, positions @ deformation
    else:
        positions[:, scan.coordinate.atoms, _AXES.index(scan.coordinate.mode)] += q[:, None]
    return _cells(crystal, scan.origin, cells, positions, q)


def random_cells(
    crystal: Crystal, count: int, strain: float, displacement: float, seed: int
) -> Structures:
    """Cells strained in all ways with ions off their places, after the crystal as it is.

    Args:
        crystal: its primitive cell.
        count: how many cells, that of the crystal included.
        strain: standard deviation of each component of the strain, a fraction.
        displacement: of each coordinate of an ion, Å.
        seed: of the random numbers.

    Raises:
        ValueError: a count below 2 or a negative seed, or strains or displacements that tear a
            crystal apart.
    """
    for name, whole, least in (("count", count, 2), ("seed", seed, 0)):
        if not isinstance(whole, int) or whole < least:
            raise ValueError(f"{name}: {whole!r}; must be a whole number from {least}")
    for name, value, most in (("strain", strain, 0.1), ("displacement", displacement, 0.5)):
        if not 0 <= value <= most:
            raise ValueError(f"{name}: {value}; must be from 0 to {most}")
    rng, n = np.random.default_rng(seed), len(crystal.symbols)
    above = np.triu(strain * rng.normal(size=(count, 3, 3)))
    strains = above + np.triu(above, 1).transpose(0, 2, 1)
    moved = displacement * rng.normal(size=(count, n, 3))
    strains[0], moved[0] = 0.0, 0.0
    deformation = np.eye(3) + strains
    return _cells(
        crystal,
        Origin("cells"),
        crystal.cell @ deformation,
        (crystal.positions + moved) @ deformation,
        np.full(count, np.nan),
    )


def _cells(
    crystal: Crystal, origin: Origin, cells: Array, positions: Array, values: Array
) -> Structures:
    """Structures of a crystal, rounded to 1e-8 Å: else the last bit of a machine makes new ones."""
    return Structures(
        origin=origin,
        cluster=cell_cluster(crystal),
        positions=np.round(positions, 8) + 0.0,
        constraint=(),
        values=values,
        cells=np.round(cells, 8) + 0.0,
    )


def lattice_slopes(scan: Scan, points: Points) -> Array:
    """dE/dq along a scan from stresses or gradients, shape (m,), eV or eV/Å; NaN without.

    A strain q changes the deformation F = 1 + q M by M dq, which on the strained cell is the
    strain M F⁻¹ dq; the stress times the volume is the energy's derivative with respect to that.
    """
    if scan.kind == "displacement":
        moving = points.gradients[:, list(scan.coordinate.atoms), _AXES.index(scan.coordinate.mode)]
        slopes: Array = moving.sum(axis=1)
        return slopes
    assert points.cells is not None
    assert points.stresses is not None
    mode = strain_mode(scan.coordinate.mode)
    deformation = np.eye(3) + points.requested[:, None, None] * mode
    rate = mode @ np.linalg.inv(deformation)
    volumes = np.linalg.det(points.cells)
    along: Array = volumes * np.einsum("mab,mab->m", points.stresses, rate)
    return along
