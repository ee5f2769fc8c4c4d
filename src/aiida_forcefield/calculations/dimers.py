"""Calcfunctions that choose the dimers whose interaction energy decides the nonbonded terms."""

from itertools import combinations_with_replacement

import numpy as np
from aiida.engine import calcfunction
from aiida.orm import Dict
from numpy.typing import NDArray

from aiida_forcefield.data import (
    PointsData,
    StructuresData,
    SystemData,
)
from aiida_forcefield.scans import (
    Origin,
    random_dimers,
    squeezed_dimers,
)

Array = NDArray[np.float64]
Batches = dict[str, StructuresData]
CANDIDATES = 20
"""For each dimer that a force field is least sure of, so many are looked at."""


@calcfunction
def sample_dimers(system: SystemData, sampling: Dict, **references: PointsData) -> Batches:
    """Random and squeezed dimers of each two species, in batches.

    Args:
        system: all species.
        sampling: numbers of `random` and `squeezed` dimers of each two species, `batch` and `seed`.
        references: each species at rest, by its name.
    """
    content = sampling.get_dict()
    monomers = {
        name: (species, references[name].value.positions[0]) for name, species in system.value
    }
    found: Batches = {}
    for pair in combinations_with_replacement(system.value.names, 2):
        molecules = [monomers[name] for name in pair]
        for kind, draw in (("random", random_dimers), ("squeezed", squeezed_dimers)):
            positions = draw(*molecules, content[kind], content["seed"])
            found |= batches(system.value, pair, Origin(kind), positions, content["batch"])
    return found
