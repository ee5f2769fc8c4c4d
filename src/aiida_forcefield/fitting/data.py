"""The data of a fit: QM energies and gradients of molecules, interaction energies of dimers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.scans.origin import Origin

Array = NDArray[np.float64]
Indices = NDArray[np.int_]


@dataclass(frozen=True, eq=False)
class Reference:
    """A species at its minimum.

    Attributes:
        positions: shape (n, 3), Å.
        hessian: shape (3n, 3n), eV/Å²; of a single ion all zero.
        c6: dispersion coefficients between its atoms, such as D4's, shape (n, n), eV Å⁶.
    """

    positions: Array
    hessian: Array
    c6: Array


@dataclass(frozen=True, eq=False)
class MoleculePoints:
    """QM results of single molecules of one species of n atoms.

    Attributes:
        species: its name in the system.
        positions: shape (s, n, 3), Å.
        energies: relative to anything common to all, shape (s,), eV.
        gradients: dE/dx, shape (s, n, 3), eV/Å; a structure with a NaN has none.
        weights: shape (s,); 0 leaves a point out.
        origins: of the points, s of them.
        slopes: dE/dφ along a scan of a dihedral with all else relaxed, shape (s,), eV/rad; NaN
            elsewhere. None where there are none.
    """

    species: str
    positions: Array
    energies: Array
    gradients: Array
    weights: Array
    origins: tuple[Origin, ...]
    slopes: Array | None = None

    def __post_init__(self) -> None:
        what = f"points of {self.species}"
        _check(what, self.positions, self.energies, self.weights)
        _check_one_each(what, self.origins, self.energies)
        _check_shape(what, "gradients", self.gradients, self.positions.shape)
        if self.slopes is not None:
            _check_shape(what, "slopes", self.slopes, self.energies.shape)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the species."""
        return (self.species,)

    @property
    def has_gradient(self) -> NDArray[np.bool_]:
        """Which points count and have a gradient, shape (s,)."""
        return np.isfinite(self.gradients).all(axis=(1, 2)) & (self.weights > 0)

    def weighted(self, factors: Array) -> Self:
        """The same with weights multiplied by factors, shape (s,)."""
        return replace(self, weights=self.weights * factors)


@dataclass(frozen=True, eq=False)
class CellPoints:
    """QM results of cells of a crystal of n ions.

    Attributes:
        positions: shape (s, n, 3), Å.
        cells: lattice vectors, one a row, shape (s, 3, 3), Å.
        energies, gradients, weights, origins: as of `MoleculePoints`.
        stresses: (dE/dε)/V, shape (s, 3, 3), eV/Å³; a structure with a NaN has none.
    """

    positions: Array
    cells: Array
    energies: Array
    gradients: Array
    stresses: Array
    weights: Array
    origins: tuple[Origin, ...]

    def __post_init__(self) -> None:
        _check("cells", self.positions, self.energies, self.weights)
        _check_one_each("cells", self.origins, self.energies)
        _check_shape("cells", "gradients", self.gradients, self.positions.shape)
        for name, array in (("lattice vectors", self.cells), ("stresses", self.stresses)):
            _check_shape("cells", name, array, (len(self.energies), 3, 3))

    @property
    def names(self) -> tuple[str, ...]:
        """Of no species in particular."""
        return ()

    @property
    def has_gradient(self) -> NDArray[np.bool_]:
        """Which points count and have a gradient, shape (s,)."""
        return np.isfinite(self.gradients).all(axis=(1, 2)) & (self.weights > 0)

    @property
    def has_stress(self) -> NDArray[np.bool_]:
        """Which points count and have a stress, shape (s,)."""
        return np.isfinite(self.stresses).all(axis=(1, 2)) & (self.weights > 0)

    def weighted(self, factors: Array) -> Self:
        """The same with weights multiplied by factors, shape (s,)."""
        return replace(self, weights=self.weights * factors)


@dataclass(frozen=True, eq=False)
class Components:
    """Parts of interaction energies; what is left of these is correlation.

    Attributes:
        electrostatics, exchange, induction: shape (s,), eV; NaN where the engine does not tell.
    """

    electrostatics: Array
    exchange: Array
    induction: Array


@dataclass(frozen=True, eq=False)
class DimerPoints:
    """QM interaction energies of dimers of one origin.

    Attributes:
        species: names of the species of the two molecules.
        positions: shape (s, n, 3), Å, first molecule first.
        energies: shape (s,), eV.
        weights: shape (s,), beside the weight that depends on the energy.
        origin: of all.
        atoms: of the first molecule.
        moved: some of them with the molecules farther apart, shape (k, n, 3), Å.
        moved_energies: of these, shape (k,), eV.
        pulled: which of the dimers these are, shape (k,).
        shares: of the pressure of a liquid: what it is off, bar, for each eV by which the change of
            one's energy, by the relative change of its distance, is off, shape (k,); empty where
            they are no sample of a liquid.
        components: of the energies; None where the engine does not tell.
    """

    species: tuple[str, str]
    positions: Array
    energies: Array
    weights: Array
    origin: Origin
    atoms: int
    moved: Array | None = None
    moved_energies: Array = field(default_factory=lambda: np.zeros(0))
    pulled: Indices = field(default_factory=lambda: np.zeros(0, dtype=int))
    shares: Array = field(default_factory=lambda: np.zeros(0))
    components: Components | None = None

    def __post_init__(self) -> None:
        what = f"dimers {'-'.join(self.species)} ({self.origin.name})"
        _check(what, self.positions, self.energies, self.weights)
        if self.moved is not None:
            weights = self.weights[self.pulled]
            _check(f"{what}, moved apart", self.moved, self.moved_energies, weights)
        if len(self.shares) not in (0, len(self.pulled)):
            raise ValueError(f"{what}: {len(self.shares)} shares of {len(self.pulled)} moved apart")
        for name, array in vars(self.components).items() if self.components else ():
            _check_shape(what, name, array, self.energies.shape)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the species."""
        return self.species

    @property
    def origins(self) -> tuple[Origin, ...]:
        """Of the points, s of them."""
        return (self.origin,) * len(self.energies)

    @property
    def strains(self) -> Array:
        """By how much the centres of those pulled are farther apart, relative, shape (k,)."""
        if self.moved is None:
            return np.zeros(0)
        return np.asarray(self._spans(self.moved) / self._spans(self.positions[self.pulled]) - 1.0)

    def _spans(self, dimers: Array) -> Array:
        """Distances of the centres of the two molecules, shape (s,), Å."""
        between = dimers[:, self.atoms :].mean(axis=1) - dimers[:, : self.atoms].mean(axis=1)
        return np.asarray(np.linalg.norm(between, axis=1))

    def weighted(self, factors: Array) -> Self:
        """The same with weights multiplied by factors, shape (s,)."""
        return replace(self, weights=self.weights * factors)


PointSet = MoleculePoints | CellPoints | DimerPoints


@dataclass(frozen=True, eq=False)
class FitData:
    """All that a system's parameters are fitted to.

    Attributes:
        references: minimum of each species, by its name.
        molecules: points of single molecules, one entry for each species that has some.
        dimers: interaction energies.
        cells: of a crystal.
    """

    references: Mapping[str, Reference]
    molecules: tuple[MoleculePoints, ...] = ()
    dimers: tuple[DimerPoints, ...] = ()
    cells: CellPoints | None = None

    @property
    def sets(self) -> tuple[PointSet, ...]:
        """All points, in the order in which they are numbered."""
        return (*self.molecules, *([self.cells] if self.cells else []), *self.dimers)

    def weighted(self, factors: Array) -> "FitData":
        """The same with the weights of all points multiplied by factors."""
        parts = iter(np.split(factors, np.cumsum([len(s.energies) for s in self.sets])[:-1]))
        molecules = tuple(points.weighted(next(parts)) for points in self.molecules)
        cells = self.cells.weighted(next(parts)) if self.cells else None
        dimers = tuple(points.weighted(next(parts)) for points in self.dimers)
        return replace(self, molecules=molecules, cells=cells, dimers=dimers)


def join_dimers(sets: Sequence[DimerPoints]) -> DimerPoints:
    """Sets of one pair of species as one, with the origin of the first.

    Samples of a liquid only with such.
    """
    ends = np.cumsum([len(points.energies) for points in sets])
    places = [
        points.pulled + end - len(points.energies) for points, end in zip(sets, ends, strict=True)
    ]
    moved = [points.moved for points in sets if points.moved is not None]
    return replace(
        sets[0],
        positions=np.concatenate([points.positions for points in sets]),
        energies=np.concatenate([points.energies for points in sets]),
        weights=np.concatenate([points.weights for points in sets]),
        moved=np.concatenate(moved) if moved else None,
        moved_energies=np.concatenate([points.moved_energies for points in sets]),
        pulled=np.concatenate(places),
        shares=np.concatenate([points.shares for points in sets]),
        components=_join_components(sets),
    )


def _join_components(sets: Sequence[DimerPoints]) -> Components | None:
    """NaN for a set without them, such as one in which nothing succeeded; None without any."""
    if all(points.components is None for points in sets):
        return None

    def joined(name: str) -> Array:
        return np.concatenate(
            [getattr(p.components, name, np.full(len(p.energies), np.nan)) for p in sets]
        )

    return Components(joined("electrostatics"), joined("exchange"), joined("induction"))


def _check(what: str, positions: Array, energies: Array, weights: Array) -> None:
    if len(positions) != len(energies) or len(weights) != len(energies):
        sizes = f"{len(positions)} positions, {len(energies)} energies, {len(weights)} weights"
        raise ValueError(f"{what}: {sizes}; the numbers must be equal")
    if not (np.isfinite(positions).all() and np.isfinite(energies).all()):
        raise ValueError(f"{what}: positions and energies must be finite; leave out failed points")
    if not (np.isfinite(weights).all() and (weights >= 0).all()):
        raise ValueError(f"{what}: weights must be finite and not negative")


def _check_one_each(what: str, origins: Sequence[Origin], energies: Array) -> None:
    if len(origins) != len(energies):
        raise ValueError(f"{what}: {len(origins)} origins for {len(energies)} points")


def _check_shape(what: str, name: str, array: Array, shape: tuple[int, ...]) -> None:
    if array.shape != shape:
        raise ValueError(f"{what}: {name} have the shape {array.shape}; must be {shape}")
