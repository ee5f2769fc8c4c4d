"""Calcfunctions that choose the dimers whose interaction energy decides the nonbonded terms."""

import numpy as np
from aiida.engine import calcfunction
from aiida.orm import ArrayData, Dict
from numpy.typing import NDArray

from aiida_forcefield.data import PointsData, StructuresData, TopologyData
from aiida_forcefield.scans import (
    dimer_structures,
    liquid_dimers,
    random_dimers,
    squeezed_dimers,
)
from aiida_forcefield.topology import Topology


@calcfunction
def sample_dimers(
    topology: TopologyData, reference: PointsData, sampling: Dict
) -> dict[str, StructuresData]:
    """Random and squeezed dimers, in batches labelled like ``random_00``."""
    molecule, monomer = topology.value, reference.value.positions[0]
    settings = sampling.get_dict()
    seed, size = settings["seed"], settings["batch"]
    return {
        **batches(
            molecule, "random", random_dimers(molecule, monomer, settings["random"], seed), size
        ),
        **batches(
            molecule,
            "squeezed",
            squeezed_dimers(molecule, monomer, settings["squeezed"], seed),
            size,
        ),
    }


@calcfunction
def sample_liquid(
    topology: TopologyData, frames: ArrayData, sampling: Dict
) -> dict[str, StructuresData]:
    """Pairs of neighbours from a simulated liquid, in batches labelled like ``liquid_00``."""
    settings = sampling.get_dict()
    dimers = liquid_dimers(
        topology.value,
        frames.get_array("positions"),
        frames.get_array("box"),
        settings["liquid"],
        settings["seed"],
    )
    return batches(topology.value, "liquid", dimers, settings["batch"])


def batches(
    topology: Topology, kind: str, dimers: NDArray[np.float64], size: int
) -> dict[str, StructuresData]:
    """Dimers (s, 2n, 3) in Å of some kind, `size` to a node, labelled like ``random_00``."""
    return {
        f"{kind}_{start // size:02d}": StructuresData(
            dimer_structures(topology, f"dimers {kind}", dimers[start : start + size])
        )
        for start in range(0, len(dimers), size)
    }
