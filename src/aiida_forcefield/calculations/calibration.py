"""Calcfunctions that measure how much of the counterpoise correction a material wants."""

import numpy as np
from aiida.engine import calcfunction
from aiida.orm import Data, Dict
from numpy.typing import NDArray

from aiida_forcefield.calculations.dimers import batches
from aiida_forcefield.data import PointsData, TopologyData
from aiida_forcefield.scans import (
    Points,
    calibration_dimers,
    complete_basis,
    counterpoise_fractions,
    family_and_cardinal,
    hydrogen_bonds,
)

Array = NDArray[np.float64]


@calcfunction
def plan_calibration(
    topology: TopologyData, reference: PointsData, dimers: Dict, settings: Dict
) -> dict[str, Data]:
    """Dimers that touch, and how to compute them in a second basis set.

    Args:
        topology: the molecule.
        reference: the relaxed molecule.
        dimers: their QM settings.
        settings: `basis`, number of `dimers` of each kind, how many go into one `batch`, and
            `seed`.

    Returns:
        ``second``, the QM settings with the other basis set, and the dimers in batches labelled
        like ``calibration_00``.
    """
    molecule, monomer = topology.value, reference.value.positions[0]
    found = calibration_dimers(molecule, monomer, settings["dimers"], settings["seed"])
    second = dimers.get_dict()
    second["structure"] = second["structure"] | {"basis": settings["basis"]}
    return {"second": Dict(second), **batches(molecule, "calibration", found, settings["batch"])}


@calcfunction
def calibrate_counterpoise(
    topology: TopologyData, dimers: Dict, second: Dict, **points: PointsData
) -> dict[str, Dict]:
    """The QM settings of dimers with the counterpoise fractions that their material wants.

    Args:
        topology: the molecule.
        dimers: their QM settings.
        second: the same with another basis set.
        points: of the same dimers with both settings, labelled like
            ``dimers_calibration_00`` and ``second_calibration_00``.

    Returns:
        ``parameters``, the settings with the fractions; and ``calibration``, what stands behind
        them: fractions, those of them `at_bound`, basis sets, numbers of dimers without and with a
        hydrogen bond, and the root mean square deviation (eV) from the limit of a complete basis
        with these fractions and with the full correction.

    Raises:
        ValueError: no dimer has its energies in both basis sets.
    """
    positions, corrected, plain, in_second = _energies({k: n.value for k, n in points.items()})
    bases = [settings["structure"]["basis"] for settings in (dimers, second)]
    (_, x), (_, y) = map(family_and_cardinal, bases)
    limit = complete_basis((corrected, in_second), (x, y))
    bonding = hydrogen_bonds(topology.value, positions)
    weak, bonded = counterpoise_fractions(corrected, plain, limit, bonding)
    fractions = {"weak": round(weak, 2), "bonded": round(bonded, 2)}
    fraction = fractions["weak"] + bonding * (fractions["bonded"] - fractions["weak"])
    mixed = corrected + (1.0 - fraction) * (plain - corrected)
    parameters = dimers.get_dict()
    parameters["interaction"] = parameters["interaction"] | {"counterpoise_fraction": fractions}
    return {
        "parameters": Dict(parameters),
        "calibration": Dict(
            {
                **fractions,
                "at_bound": [kind for kind, value in fractions.items() if value in (0.0, 1.0)],
                "bases": bases,
                "weak_dimers": int((bonding < 0.5).sum()),
                "bonded_dimers": int((bonding >= 0.5).sum()),
                "rmsd": _rms(mixed - limit),
                "rmsd_full_correction": _rms(corrected - limit),
            }
        ),
    }


def _energies(points: dict[str, Points]) -> tuple[Array, ...]:
    """Of the dimers with energies in both bases: positions, corrected and plain energies, and those
    corrected in the second basis."""
    rows = []
    for label, two in points.items():
        one = points.get(label.replace("second", "dimers"))
        if label.startswith("second") and one is not None:
            arrays = (one.positions, one.corrected, one.uncorrected, two.corrected)
            both = one.ok & two.ok
            rows.append([array[both] for array in arrays if array is not None])
    if not any(len(row) == 4 and len(row[0]) for row in rows):
        raise ValueError(
            "no dimer has its energy in both basis sets; see the messages of the dimers, or set "
            "calibration: null and choose dimers.interaction.counterpoise_fraction"
        )
    return tuple(np.concatenate(arrays) for arrays in zip(*rows, strict=True))


def _rms(values: Array) -> float:
    return float(np.sqrt(np.mean(values**2)))
