"""Calcfunctions of the force field of a crystal: what QM is to compute, and the fit to it."""

import numpy as np
from aiida.engine import calcfunction
from aiida.orm import ArrayData, Data, Dict, StructureData

from aiida_forcefield.calculations.lattice import primitive_cell
from aiida_forcefield.data import ForceFieldData, PointsData, SpeciesData, StructuresData
from aiida_forcefield.potentials import MoleculePoints, Reference, Settings, fit_force_field
from aiida_forcefield.scans.crystal_qm import CrystalSettings, crystal_parameters
from aiida_forcefield.scans.lattice import random_cells
from aiida_forcefield.topology.crystal import ions

SCIENCE = 3
"""Raised where results change by what this file imports: the cache looks at the file alone."""
SAMPLING = ("count", "strain", "displacement", "seed")


@calcfunction
def sample_cells(crystal: StructureData, sampling: Dict, settings: Dict) -> dict[str, Data]:
    """Cells to which a force field is fitted, and how QM computes them.

    Args:
        crystal: any cell of it; its primitive one is taken.
        sampling: arguments of `random_cells`.
        settings: of `CrystalSettings`. Gradients and stresses are computed in any case, and
            k-points have half of the spacing, as the stress of a shear needs them.

    Returns:
        ``structures``, the first of them the crystal as it is, and ``parameters``.

    Raises:
        ValueError: other keys than these, or values that are not allowed.
    """
    _check_keys("sampling", sampling, SAMPLING)
    _check_keys("settings", settings, tuple(CrystalSettings.__annotations__))
    primitive = primitive_cell(crystal)
    structures = random_cells(primitive, **sampling.get_dict())
    assert structures.cells is not None
    content = settings.get_dict()
    finer = {"gradient": True, "k_spacing": content["k_spacing"] / 2}
    chosen = CrystalSettings(**content | finer)
    parameters = crystal_parameters(primitive.symbols, structures.cells, "displacement", chosen)
    return {
        "structures": StructuresData(structures),
        "parameters": Dict({**parameters, "c6": True}),
    }


@calcfunction
def perceive_ions(crystal: StructureData) -> SpeciesData:
    """The ions of a crystal's primitive cell, of one type for each element."""
    return SpeciesData(ions(primitive_cell(crystal)))


@calcfunction
def fit_crystal(
    species: SpeciesData,
    charges: Dict,
    properties: ArrayData,
    settings: Dict,
    **points: PointsData,
) -> ForceFieldData:
    """The nonbonded parameters of a crystal's ions, from energies, gradients and stresses.

    Args:
        species: of `perceive_ions`.
        charges: of each element, e.
        properties: `c6` of the cells, (s, n, n) in eV Å⁶, whose mean tells the prior.
        settings: of `potentials.Settings`.
        points: of the structures of `sample_cells`, all with the same parameters: on another grid
            or other k-points the energies would have another offset.

    Raises:
        ValueError: charges of other elements, or that do not add up to nothing; no point, or
            points of another crystal.
    """
    cell = species.value
    elements, given = dict.fromkeys(cell.symbols), charges.get_dict()
    if {*elements} != {*given}:
        raise ValueError(f"charges: {', '.join(given)}; must be of {', '.join(elements)}")
    of_types = {f"{element}1": float(given[element]) for element in elements}
    chosen = Settings(**settings.get_dict())
    c6 = properties.get_array("c6")
    known = c6[np.isfinite(c6).all(axis=(1, 2))]
    if not len(known):
        raise ValueError("c6: of no cell are dispersion coefficients known")
    # The Hessian tells the prior of bonds and angles, of which there are none.
    no_bonds = np.zeros((3 * len(cell.symbols),) * 2)
    return ForceFieldData(
        fit_force_field(
            cell,
            Reference(cell.conformers[0], no_bonds, known.mean(axis=0)),
            of_types,
            of_types,
            _cell_points(cell.symbols, points),
            (),
            chosen,
            chosen.form_of_kind,
        )
    )


def _check_keys(field: str, node: Dict, allowed: tuple[str, ...]) -> None:
    found = node.get_dict()
    if odd := {*found} ^ {*allowed}:
        raise ValueError(f"{field}: {', '.join(sorted(odd))}; must have {', '.join(allowed)}")


def _cell_points(symbols: tuple[str, ...], nodes: dict[str, PointsData]) -> MoleculePoints:
    """All that QM could compute, as data of a fit."""
    parts = [node.value for _, node in sorted(nodes.items())]
    for part in parts:
        if part.symbols != symbols or part.cells is None:
            raise ValueError(f"points {part.label!r}: not of a crystal of {' '.join(symbols)}")
    if not any(part.ok.any() for part in parts):
        raise ValueError("points: none could be computed")
    arrays = {
        name: np.concatenate([getattr(part, name)[part.ok] for part in parts])
        for name in ("positions", "energies", "gradients", "cells", "stresses")
    }
    # Each cell by itself, as each is to be foreseen without itself.
    labels = [f"{part.label}, {cell}" for part in parts for cell in np.flatnonzero(part.ok)]
    return MoleculePoints(**arrays, weights=np.ones(len(labels)), labels=tuple(labels))
