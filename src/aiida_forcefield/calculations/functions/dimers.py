"""Calcfunctions that choose the dimers whose interaction energy decides the nonbonded terms."""

from collections.abc import Mapping
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
from aiida.engine import calcfunction
from aiida.orm import Data, Dict, Int
from numpy.typing import NDArray

from aiida_forcefield.calculations.fit_data import electrostatics_of, references_of
from aiida_forcefield.calculations.labels import link_label, number
from aiida_forcefield.data import (
    ForceFieldData,
    FramesData,
    PointsData,
    StructuresData,
    SystemData,
)
from aiida_forcefield.fitting import PHYSICAL, Settings, least_certain, most_telling
from aiida_forcefield.scans import (
    Cluster,
    Origin,
    Sampling,
    Structures,
    liquid_dimers,
    liquid_molecules,
    moved_apart,
    random_dimers,
    squeezed_dimers,
)
from aiida_forcefield.scans.liquid import grouped
from aiida_forcefield.topology import System

SCIENCE = 1
"""Raised where results change by what this file imports: the cache looks at the file alone."""

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
        one, other = (monomers[name] for name in pair)
        draws: dict[Sampling, Any] = {"random": random_dimers, "squeezed": squeezed_dimers}
        for kind, draw in draws.items():
            positions = draw(one, other, content[kind], content["seed"])
            found |= batches(system.value, pair, Origin(kind), positions, content["batch"])
    return found


@calcfunction
def choose_pair_scans(
    system: SystemData,
    settings: Dict,
    count: Int,
    **found: Mapping[str, Any],
) -> Dict:
    """Those scans of pairs that tell most beside the dimers that are computed anyway.

    Args:
        system: all species.
        settings: of the fit.
        count: how many scans there may be.
        found: `references`, each species at rest, its `properties` (`hessian` and `c6`) and its
            `charges`, by name; `dimers` of `sample_dimers`; `begin`, structures with which each
            scan begins.

    Returns:
        `information` of each, nats, by the labels of `begin`, the most telling first.
    """
    matter, weights = system.value, Settings(**settings.get_dict())
    known = references_of(matter, found["references"], found["properties"])
    prior = PHYSICAL.prior(matter, known, weights, weights.form_of_kind)
    field = prior.field(matter, electrostatics_of(matter, found["charges"]))
    computed = [node.value for _, node in sorted(found.get("dimers", {}).items())]
    scans = {label: node.value for label, node in sorted(found["begin"].items())}
    told = most_telling(field, matter, computed, scans, count.value, weights)
    return Dict({"information": told})


@calcfunction
def sample_liquid(
    system: SystemData,
    force_field: ForceFieldData,
    frames: FramesData,
    molecule: Dict,
    sampling: Dict,
    settings: Dict,
    number: Int,
    pressure: Dict | None = None,
) -> dict[str, Data | Batches]:
    """What a simulated liquid has that the force field may not know.

    Args:
        system: whose liquid it is.
        force_field: that the liquid was simulated with.
        frames: of it.
        molecule: QM settings of single molecules.
        sampling: numbers of dimers that are drawn (`liquid`), of those of which the force field is
            least sure (`uncertain`), and of single molecules of each species (`thermal`); `batch`
            and `seed`.
        settings: of the fit.
        number: of the round.
        pressure: how many dimers are `wanted`, in place of `liquid`, by what is known already of
            the pressure that they make.

    Returns:
        Batches of dimers (`dimers`) and of molecules (`thermal`), by label, and ``rigid``, the QM
        settings of molecules without relaxation.
    """
    matter, content, turn = system.value, sampling.get_dict(), number.value
    seed, size = content["seed"] + turn, content["batch"]
    drawn = pressure["wanted"] if pressure else content["liquid"]
    most = drawn + CANDIDATES * content["uncertain"]
    dimers = liquid_dimers(matter, frames.value, most, seed)
    weights = Settings(**settings.get_dict())
    chosen: Batches = {}
    for pair, positions in grouped(dimers[:drawn]).items():
        cluster = Cluster.of(*(matter.of_name(name) for name in pair))
        apart = moved_apart(cluster, positions)
        chosen |= batches(matter, pair, Origin("liquid", round=turn), positions, size)
        chosen |= batches(matter, pair, Origin("moved_apart", round=turn), apart, size)
    others = grouped(dimers[drawn:])
    candidates = {
        pair: Structures.rigid(
            Origin("uncertain", round=turn),
            Cluster.of(*(matter.of_name(name) for name in pair)),
            positions,
        )
        for pair, positions in others.items()
    }
    for pair, places in least_certain(
        force_field.value, matter, candidates, content["uncertain"], weights
    ).items():
        origin = Origin("uncertain", round=turn)
        chosen |= batches(matter, pair, origin, others[pair][places], size)
    rigid = {key: value for key, value in molecule.get_dict().items() if key != "relaxation"}
    thermal = {
        link_label("thermal", turn, name): StructuresData(
            Structures.rigid(
                Origin("thermal", round=turn),
                Cluster.of(species),
                liquid_molecules(molecules, content["thermal"], seed),
            )
        )
        for (name, species), molecules in zip(matter, frames.value.molecules(matter), strict=True)
        if len(species.symbols) > 1
    }
    return {"rigid": Dict(rigid), "dimers": chosen, "thermal": thermal}


def batches(
    system: System, pair: tuple[str, str], origin: Origin, dimers: Array, size: int
) -> Batches:
    """Dimers (s, n, 3) in Å of two species, `size` to a node, by label."""
    cluster = Cluster.of(*(system.of_name(name) for name in pair))
    turn = () if origin.round is None else (origin.round,)
    return {
        link_label(origin.sampling, *turn, *pair, number(start // size)): StructuresData(
            Structures.rigid(origin, cluster, dimers[start : start + size])
        )
        for start in range(0, len(dimers), size)
    }
