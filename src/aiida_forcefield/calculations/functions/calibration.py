"""Calcfunctions that measure how much of the counterpoise correction a system wants."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from aiida.engine import calcfunction
from aiida.orm import Dict
from numpy.typing import NDArray

from aiida_forcefield.calculations.labels import link_label, number
from aiida_forcefield.data import PointsData, StructuresData
from aiida_forcefield.scans import (
    Cluster,
    Contacts,
    Origin,
    Points,
    Structures,
    calibrate,
    complete_basis,
    family_and_cardinal,
    representative_dimers,
)

SCIENCE = 1
"""Raised where results change by what this file imports: the cache looks at the file alone."""

Array = NDArray[np.float64]


@calcfunction
def plan_calibration(dimers: Dict, settings: Dict, **points: PointsData) -> dict[str, Any]:
    """Dimers of the liquid that stand for all, and how to compute them in a second basis set.

    Args:
        dimers: their QM settings.
        settings: `basis`, number of `dimers` of each kind, and how many go into one `batch`.
        points: of dimers of the liquid.

    Returns:
        ``second``, the QM settings with the other basis set, and ``batches`` of the dimers.

    Raises:
        ValueError: no dimer has its energy.
    """
    known = _known(points.values())
    gained = np.concatenate([each.plain - each.corrected for each in known])
    bonded = Contacts.join([each.contacts for each in known]).bonded
    chosen = representative_dimers(bonded, gained, settings["dimers"])
    second = dimers.get_dict()
    second["structure"] = second["structure"] | {"basis": settings["basis"]}
    batches: dict[str, StructuresData] = {}
    start, size = 0, settings["batch"]
    for each in known:
        end = start + len(each.positions)
        mine = each.positions[chosen[(chosen >= start) & (chosen < end)] - start]
        start = end
        for first in range(0, len(mine), size):
            some = Structures.rigid(Origin("calibration"), each.cluster, mine[first : first + size])
            batches[link_label("calibration", number(len(batches)))] = StructuresData(some)
    return {"second": Dict(second), "batches": batches}


@calcfunction
def calibrate_counterpoise(dimers: Dict, other: Dict, **points: Mapping[str, PointsData]) -> Dict:
    """The counterpoise fractions that a system wants.

    Args:
        dimers: the QM settings of dimers.
        other: the same with another basis set.
        points: of dimers with these settings, `first`, and with the others, `second`.

    Returns:
        The fractions and what stands behind them: those of them `at_bound`, basis sets, numbers of
        dimers without and with a hydrogen bond, and the root mean square deviation (eV) from the
        limit of a complete basis with these fractions and with the full correction.

    Raises:
        ValueError: no dimer has its energies in both basis sets.
    """
    first = _known(points["first"].values())
    rows = [
        (*_at(first, each.cluster, dimer), energy)
        for each in _known(points["second"].values())
        for dimer, energy in zip(each.positions, each.corrected, strict=True)
    ]
    corrected, plain, bonding, decay, in_second = (
        np.array(column) for column in zip(*rows, strict=True)
    )
    contacts = Contacts(bonding, decay)
    bases = [settings["structure"]["basis"] for settings in (dimers, other)]
    (_, x), (_, y) = map(family_and_cardinal, bases)
    limit = complete_basis((corrected, in_second), (x, y))
    found = calibrate(contacts, corrected, plain, limit)
    mixed = corrected + (1.0 - found.fractions(contacts)) * (plain - corrected)
    return Dict(
        {
            **asdict(found),
            "at_bound": [kind for kind in ("weak", "bonded") if getattr(found, kind) in (0.0, 1.0)],
            "bases": bases,
            "weak_dimers": int((~contacts.bonded).sum()),
            "bonded_dimers": int(contacts.bonded.sum()),
            "rmsd": _rms(mixed - limit),
            "rmsd_full_correction": _rms(corrected - limit),
        }
    )


@dataclass(frozen=True, eq=False)
class _Known:
    """Dimers of one composition with their interaction energies."""

    cluster: Cluster
    positions: Array
    corrected: Array
    plain: Array
    contacts: Contacts


def _known(nodes: Iterable[PointsData]) -> list[_Known]:
    """What has its energies with the full correction and without any."""
    found = [known for node in nodes if (known := _of(node.value))]
    if not found:
        raise ValueError(
            "no dimer has its energy; see the messages of the dimers, or set calibration: null and "
            "choose dimers.interaction.counterpoise_fraction"
        )
    return found


def _of(points: Points) -> _Known | None:
    if points.corrected is None or points.uncorrected is None or not points.ok.any():
        return None
    positions = points.positions[points.ok]
    return _Known(
        points.cluster,
        positions,
        points.corrected[points.ok],
        points.uncorrected[points.ok],
        Contacts.of(points.cluster, positions),
    )


def _at(known: list[_Known], cluster: Cluster, dimer: Array) -> tuple[float, float, float, float]:
    """Energies with the full correction and without any, and how molecules touch, of one dimer."""
    for each in known:
        if each.cluster == cluster:
            for place in np.flatnonzero((each.positions == dimer).all(axis=(1, 2))):
                contacts = each.contacts
                return (
                    float(each.corrected[place]),
                    float(each.plain[place]),
                    float(contacts.bonding[place]),
                    float(contacts.decay[place]),
                )
    raise ValueError("a dimer in the second basis set has no energy in the first")


def _rms(values: Array) -> float:
    return float(np.sqrt(np.mean(values**2)))
