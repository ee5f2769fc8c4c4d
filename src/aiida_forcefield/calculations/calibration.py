"""Calcfunctions that measure how much of the counterpoise correction a material wants."""

from dataclasses import asdict, fields

import numpy as np
from aiida.engine import calcfunction
from aiida.orm import Data, Dict
from numpy.typing import NDArray

from aiida_forcefield.calculations.dimers import batches
from aiida_forcefield.data import PointsData, SpeciesData
from aiida_forcefield.scans import (
    Counterpoise,
    calibrate,
    complete_basis,
    family_and_cardinal,
    hydrogen_bonds,
    representative_dimers,
)

Array = NDArray[np.float64]

SCIENCE = 2
"""Raised where results change by what this file imports: the cache looks at the file alone."""


@calcfunction
def plan_calibration(
    species: SpeciesData, dimers: Dict, settings: Dict, **points: PointsData
) -> dict[str, Data]:
    """Dimers of the liquid that stand for all, and how to compute them in a second basis set.

    Args:
        species: the molecule.
        dimers: their QM settings.
        settings: `basis`, number of `dimers` of each kind, and how many go into one `batch`.
        points: of dimers of the liquid.

    Returns:
        ``second``, the QM settings with the other basis set, and the dimers in batches labelled
        like ``calibration_00``.

    Raises:
        ValueError: no dimer has its energy.
    """
    molecule = species.value
    positions, corrected, plain = _energies(points)
    chosen = representative_dimers(molecule, positions, plain - corrected, settings["dimers"])
    second = dimers.get_dict()
    second["structure"] = second["structure"] | {"basis": settings["basis"]}
    found = batches(molecule, "calibration", positions[chosen], settings["batch"])
    return {"second": Dict(second), **found}


@calcfunction
def calibrate_counterpoise(
    species: SpeciesData, dimers: Dict, second: Dict, **points: PointsData
) -> Dict:
    """The counterpoise fractions that a material wants.

    Args:
        species: the molecule.
        dimers: their QM settings.
        second: the same with another basis set.
        points: of dimers with both settings, those with the second labelled like
            ``second_calibration_00``.

    Returns:
        The fractions and what stands behind them: those of them `at_bound`, basis sets, numbers of
        dimers without and with a hydrogen bond, and the root mean square deviation (eV) from the
        limit of a complete basis with these fractions and with the full correction.

    Raises:
        ValueError: no dimer has its energies in both basis sets.
    """
    molecule = species.value
    again = {label: node for label, node in points.items() if label.startswith("second")}
    positions, in_second, _ = _energies(again)
    known, *energies = _energies({k: n for k, n in points.items() if k not in again})
    places = [np.flatnonzero((known == dimer).all(axis=(1, 2)))[0] for dimer in positions]
    corrected, plain = (energy[places] for energy in energies)
    bases = [settings["structure"]["basis"] for settings in (dimers, second)]
    (_, x), (_, y) = map(family_and_cardinal, bases)
    limit = complete_basis((corrected, in_second), (x, y))
    found = calibrate(molecule, positions, corrected, plain, limit)
    mixed = corrected + (1.0 - found.fractions(molecule, positions)) * (plain - corrected)
    bonded = hydrogen_bonds(molecule, positions) >= 0.5
    return Dict(
        {
            **asdict(found),
            "at_bound": [kind for kind in ("weak", "bonded") if getattr(found, kind) in (0.0, 1.0)],
            "bases": bases,
            "weak_dimers": int((~bonded).sum()),
            "bonded_dimers": int(bonded.sum()),
            "rmsd": _rms(mixed - limit),
            "rmsd_full_correction": _rms(corrected - limit),
        }
    )


def counterpoise_of(calibration: Dict | None) -> Counterpoise | None:
    """The fractions that `calibrate_counterpoise` found."""
    if calibration is None:
        return None
    found = calibration.get_dict()
    return Counterpoise(**{field.name: found[field.name] for field in fields(Counterpoise)})


def _energies(nodes: dict[str, PointsData]) -> tuple[Array, Array, Array]:
    """Positions (s, 2n, 3), energies with the full correction and without any, of what has them."""
    rows = []
    for _, node in sorted(nodes.items()):
        points = node.value
        if points.corrected is not None and points.uncorrected is not None:
            arrays = (points.positions, points.corrected, points.uncorrected)
            rows.append([array[points.ok] for array in arrays])
    if not any(len(positions) for positions, *_ in rows):
        raise ValueError(
            "no dimer has its energy; see the messages of the dimers, or set calibration: null and "
            "choose dimers.interaction.counterpoise_fraction"
        )
    positions, corrected, plain = (np.concatenate(arrays) for arrays in zip(*rows, strict=True))
    return positions, corrected, plain


def _rms(values: Array) -> float:
    return float(np.sqrt(np.mean(values**2)))
