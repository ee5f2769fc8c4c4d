"""The data of a fit from cells of a crystal."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.fitting.data import CellPoints, FitData, Reference
from aiida_forcefield.scans.points import Points
from aiida_forcefield.topology.system import System

Array = NDArray[np.float64]


def assemble_cells(system: System, points: Sequence[Points], c6: Array) -> FitData:
    """All that QM could compute of cells of a crystal, as data of a fit.

    Args:
        system: the crystal's ions.
        points: all with the same settings: on another grid or other k-points the energies would
            have another offset.
        c6: dispersion coefficients of the ions in each cell, shape (s, n, n), eV Å⁶; NaN where
            unknown. Their mean gives the prior.

    Raises:
        ValueError: points of another crystal, or none that could be computed; no c6.
    """
    assert system.crystal is not None
    symbols = system.crystal.symbols
    for part in points:
        if part.cluster.symbols != symbols or part.cells is None or part.stresses is None:
            raise ValueError(f"points {part.origin.name}: not of a crystal of {' '.join(symbols)}")
    if not any(part.ok.any() for part in points):
        raise ValueError("points: none could be computed")
    arrays = {
        name: np.concatenate([getattr(part, name)[part.ok] for part in points])
        for name in ("positions", "cells", "energies", "gradients", "stresses")
    }
    origins = tuple(part.origin for part in points for _ in range(int(part.ok.sum())))
    cells = CellPoints(**arrays, weights=np.ones(len(origins)), origins=origins)
    return FitData(references=_ions(system, c6), cells=cells)


def _ions(system: System, c6: Array) -> dict[str, Reference]:
    """The ions at rest; of a single atom only its dispersion coefficient tells something."""
    assert system.crystal is not None
    known = c6[np.isfinite(c6).all(axis=(1, 2))]
    if not len(known):
        raise ValueError("c6: of no cell are dispersion coefficients known")
    own, symbols = np.diag(known.mean(axis=0)), np.array(system.crystal.symbols)
    references = {}
    for name, species in system:
        mean = np.sqrt(own[symbols == species.symbols[0]]).mean() ** 2
        references[name] = Reference(np.zeros((1, 3)), np.zeros((3, 3)), np.array([[mean]]))
    return references
