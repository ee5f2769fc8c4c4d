"""Calcfunctions that choose the dimers whose interaction energy decides the nonbonded terms."""

import numpy as np
from aiida.engine import calcfunction
from aiida.orm import ArrayData, Data, Dict, Int
from numpy.typing import NDArray

from aiida_forcefield.data import ForceFieldData, PointsData, StructuresData, TopologyData
from aiida_forcefield.potentials import Settings, least_certain
from aiida_forcefield.scans import (
    dimer_structures,
    liquid_dimers,
    liquid_molecules,
    molecule_structures,
    random_dimers,
    squeezed_dimers,
)
from aiida_forcefield.topology import Topology

CANDIDATES = 20
"""For each dimer that a force field is least sure of, so many are looked at."""


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
    topology: TopologyData,
    force_field: ForceFieldData,
    frames: ArrayData,
    molecule: Dict,
    sampling: Dict,
    settings: Dict,
    number: Int,
) -> dict[str, Data]:
    """What a simulated liquid has that the force field may not know.

    Args:
        topology: the molecule.
        force_field: that the liquid was simulated with.
        frames: `positions` (f, M, n, 3) and `box` (f, 3) in Å.
        molecule: QM settings of single molecules.
        sampling: numbers of dimers that are drawn (`liquid`), of those of which the force field is
            least sure (`uncertain`), and of single molecules (`thermal`); `batch` and `seed`.
        settings: of the fit.
        number: of the round.

    Returns:
        Batches labelled like ``liquid_0_00``, ``uncertain_0_00`` and ``thermal_0_00``, and
        ``rigid``, the QM settings of molecules without relaxation.
    """
    shape, field, content = topology.value, force_field.value, sampling.get_dict()
    seed, drawn = content["seed"] + number.value, content["liquid"]
    positions = frames.get_array("positions")
    most = drawn + CANDIDATES * content["uncertain"]
    dimers = liquid_dimers(shape, positions, frames.get_array("box"), most, seed)
    others = dimers[drawn:]
    weights = Settings(**settings.get_dict())
    uncertain = others[least_certain(field, shape, others, content["uncertain"], weights)]
    thermal = liquid_molecules(positions, content["thermal"], seed)
    rigid = {key: value for key, value in molecule.get_dict().items() if key != "relaxation"}
    return {
        "rigid": Dict(rigid),
        f"thermal_{number.value}_00": StructuresData(
            molecule_structures(shape, "thermal", thermal)
        ),
        **batches(shape, "liquid", dimers[:drawn], content["batch"], f"{number.value}_"),
        **batches(shape, "uncertain", uncertain, content["batch"], f"{number.value}_"),
    }


def batches(
    topology: Topology, kind: str, dimers: NDArray[np.float64], size: int, number: str = ""
) -> dict[str, StructuresData]:
    """Dimers (s, 2n, 3) in Å of some kind, `size` to a node, labelled like ``random_00``."""
    return {
        f"{kind}_{number}{start // size:02d}": StructuresData(
            dimer_structures(topology, f"dimers {kind}", dimers[start : start + size])
        )
        for start in range(0, len(dimers), size)
    }
