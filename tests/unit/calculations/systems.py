"""A mixture of water and methanol with a force field, and its nodes."""

import numpy as np
from aiida.orm import ArrayData

from aiida_forcefield.data import ForceFieldData, PointsData, SystemData
from aiida_forcefield.scans import Cluster, Origin, Points
from aiida_forcefield.topology import Species

from ...fields import FIELDS, build

SYSTEM, FIELD = build(*FIELDS["water and methanol"])
POLARIZABILITY = {"water": 1.45, "MeOH": 3.2}


def reference(species: Species) -> Points:
    """A species at rest."""
    n = len(species.symbols)
    return Points(
        origin=Origin("conformers"),
        cluster=Cluster.of(species),
        positions=species.conformers[:1],
        requested=np.full(1, np.nan),
        energies=np.zeros(1),
        gradients=np.zeros((1, n, 3)),
        slopes=np.full(1, np.nan),
        statuses=("ok",),
        messages=("",),
        cpu_seconds=np.ones(1),
        versions={},
    )


def dispersion(species: Species) -> np.ndarray:
    """C6 of all pairs of atoms, eV Å⁶."""
    own = np.array([{"H": 1.0, "C": 14.0, "O": 11.0}[symbol] for symbol in species.symbols])
    return np.sqrt(np.outer(own, own))


def nodes() -> dict[str, object]:
    """What is known of the mixture."""
    return {
        "force_field": ForceFieldData(FIELD),
        "system": SystemData(SYSTEM),
        "references": {name: PointsData(reference(each)) for name, each in SYSTEM},
        "properties": {name: ArrayData({"c6": dispersion(each)}) for name, each in SYSTEM},
        "polarizability": {
            name: ArrayData({"polarizability": alpha * np.eye(3)[None]})
            for name, alpha in POLARIZABILITY.items()
        },
    }
