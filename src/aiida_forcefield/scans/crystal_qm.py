"""QM settings of a crystal, PBE, chosen by its elements, its cells and what is scanned."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.scans.coordinate import Kind
from aiida_forcefield.scans.lattice import lattice_structures
from aiida_forcefield.scans.scan import Scan
from aiida_forcefield.topology.crystal import Crystal
from aiida_forcefield.units import BOHR

Array = NDArray[np.float64]


@dataclass(frozen=True)
class _Basis:
    """A basis set of an element.

    Attributes:
        name: in PySCF.
        diffuse: exponent, 1/bohr², below which functions may be left out: what they add comes
            from those of neighbours, on which they depend, and they take most of the time.
    """

    name: str
    diffuse: float = 0.06


@dataclass(frozen=True)
class _Element:
    """What is chosen for an element.

    Attributes:
        double, triple: basis sets of double and triple zeta. Sodium and magnesium keep the double
            one: in a crystal the functions of their larger sets depend on those of neighbours.
        tightest: largest exponent of the double one, 1/bohr²; the grid must resolve it.
    """

    double: _Basis
    triple: _Basis
    tightest: float


_ELEMENTS = {
    "Li": _Element(_Basis("gth-dzvp-molopt-sr"), _Basis("gth-cc-tzvp"), 7.1),
    "O": _Element(_Basis("gth-dzvp-molopt-sr"), _Basis("gth-tzvp-molopt"), 10.4),
    "F": _Element(_Basis("gth-dzvp-molopt-sr"), _Basis("gth-tzvp-molopt"), 13.7),
    # Without the diffuse functions of sodium and chlorine NaCl comes out a fifth too stiff.
    "Na": _Element(_Basis("gth-dzvp-molopt-sr", 0.045), _Basis("gth-dzvp-molopt-sr", 0.045), 23.5),
    "Mg": _Element(_Basis("gth-dzvp-molopt-sr"), _Basis("gth-dzvp-molopt-sr", 0.05), 30.7),
    "Cl": _Element(_Basis("gth-dzvp-molopt"), _Basis("gth-tzvp-molopt"), 4.6),
}


@dataclass(frozen=True)
class CrystalSettings:
    """How accurate QM of a crystal shall be.

    Attributes:
        basis: double or triple (zeta).
        strain_spacing: of the grid, for scans of a strain, in units of the width
            1/sqrt(exponent) of the tightest basis function.
        displacement_spacing: the same for displacements, which feel the grid more.
        k_spacing: of the k-points, 1/Å.
        gradient: whether slopes are computed too; they cost about five times an energy.

    Raises:
        ValueError: a spacing that is not above 0.
    """

    basis: Literal["double", "triple"]
    strain_spacing: float
    displacement_spacing: float
    k_spacing: float
    gradient: bool

    def __post_init__(self) -> None:
        for name in ("strain_spacing", "displacement_spacing", "k_spacing"):
            if not 0 < getattr(self, name) < np.inf:
                raise ValueError(f"{name}: {getattr(self, name)}; must be a number above 0")


def scan_parameters(crystal: Crystal, scan: Scan, settings: CrystalSettings) -> dict[str, Any]:
    """Settings of the runner for all points of a scan; errors as of `crystal_parameters`."""
    ends = lattice_structures(crystal, scan, [scan.lower, 0.0, scan.upper])
    assert ends.cells is not None
    return crystal_parameters(crystal.symbols, ends.cells, scan.kind, settings)


def crystal_parameters(
    symbols: tuple[str, ...], cells: Array, kind: Kind, settings: CrystalSettings
) -> dict[str, Any]:
    """Settings of the runner for some cells of a crystal.

    One mesh serves all cells: fine enough for the largest, k-points dense enough for the smallest.
    With a mesh that changed between cells, the energy would jump.

    Args:
        symbols: element of each atom of a cell.
        cells: lattice vectors, one a row, shape (s, 3, 3), Å.
        kind: whether ions keep their fractional coordinates, or are displaced.
        settings: how accurate QM shall be.

    Raises:
        ValueError: an element for which no settings are known.
    """
    if unknown := sorted(set(symbols) - set(_ELEMENTS)):
        raise ValueError(
            f"symbols: no settings are known for {', '.join(unknown)}, only for "
            f"{', '.join(_ELEMENTS)}"
        )
    elements = {symbol: _ELEMENTS[symbol] for symbol in sorted(set(symbols))}
    bases = {symbol: getattr(element, settings.basis) for symbol, element in elements.items()}
    width = BOHR / np.sqrt(max(element.tightest for element in elements.values()))
    spacing = getattr(settings, f"{kind}_spacing") * width
    reciprocal = 2.0 * np.pi * np.linalg.inv(cells).transpose(0, 2, 1)
    counts = np.linalg.norm(cells, axis=2).max(axis=0) / spacing
    pairs = np.linalg.norm(reciprocal, axis=2).max(axis=0) / (2.0 * settings.k_spacing)
    return {
        "engine": "pyscf",
        "mean_field": {"method": "RKS", "xc": "pbe", "conv_tol": 1e-8},
        "structure": {"basis": {symbol: basis.name for symbol, basis in bases.items()}},
        "crystal": {
            "pseudo": "gth-pbe",
            "mesh": [_fast_size(count) for count in counts],
            "kmesh": [2 * int(np.ceil(pair)) for pair in pairs],
            "smallest_exponent": min(basis.diffuse for basis in bases.values()),
        },
        "gradient": settings.gradient,
    }


def _fast_size(least: float) -> int:
    """The next odd number, as which PySCF has its meshes, without a prime factor above 13."""
    size = 2 * int(np.ceil((least - 1.0) / 2.0)) + 1
    while not _divides(size, (3, 5, 7, 11, 13)):
        size += 2
    return size


def _divides(number: int, primes: Iterable[int]) -> bool:
    for prime in primes:
        while number % prime == 0:
            number //= prime
    return number == 1
