"""Calcfunctions that choose the dimers whose interaction energy decides the nonbonded terms."""

from collections.abc import Mapping, Sequence
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
from aiida_forcefield.fitting import (
    PHYSICAL,
    Settings,
    least_certain,
    most_damped,
    most_telling,
)
from aiida_forcefield.potentials.electrostatics import Polarizable
from aiida_forcefield.scans import (
    Cluster,
    Origin,
    Sampling,
    Structures,
    liquid_dimers,
    liquid_molecules,
    liquid_trimers,
    moved_apart,
    random_dimers,
    squeezed_dimers,
)
from aiida_forcefield.scans.liquid import grouped
from aiida_forcefield.topology import Frames, System

SCIENCE = 2
"""Raised where results change by what this file imports: the cache looks at the file alone."""

Array = NDArray[np.float64]
Batches = dict[str, StructuresData]
CANDIDATES = 20
"""For each cluster that tells most, so many are looked at."""
DIMERS_OF_A_TRIMER = 5
"""A trimer takes as long as so many dimers."""


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
            `electrostatics`, by name; `dimers` of `sample_dimers`; `begin`, structures with which
            each scan begins.

    Returns:
        `information` of each, nats, by the labels of `begin`, the most telling first.
    """
    matter, weights = system.value, Settings(**settings.get_dict())
    known = references_of(matter, found["references"], found["properties"])
    prior = PHYSICAL.prior(matter, known, weights, weights.form_of_kind)
    field = prior.field(matter, electrostatics_of(matter, found["electrostatics"]))
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
            least sure (`uncertain`), of single molecules of each species (`thermal`), and, for the
            damping of a polarizable force field, of `trimers` in the first round; `batch` and
            `seed`.
        settings: of the fit.
        number: of the round.
        pressure: how many dimers are `wanted`, in place of `liquid`, by what is known already of
            the pressure that they make.

    Returns:
        Batches of dimers and trimers (`dimers`) and of molecules (`thermal`), by label, and
        ``rigid``, the QM settings of molecules without relaxation.
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
    electrostatics = force_field.value.electrostatics
    if isinstance(electrostatics, Polarizable) and turn == 0 and content["trimers"]:
        chosen |= _telling_trimers(matter, electrostatics, frames.value, content)
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


def _telling_trimers(
    system: System, electrostatics: Polarizable, frames: Frames, sampling: Mapping[str, Any]
) -> Batches:
    """Those of many trimers of a liquid whose energies say most of the damping."""
    count = sampling["trimers"]
    trimers = liquid_trimers(system, frames, CANDIDATES * count, sampling["seed"])
    told = np.zeros(len(trimers))
    for names in {each.names for each in trimers}:
        places = [place for place, each in enumerate(trimers) if each.names == names]
        positions = np.array([trimers[place].positions for place in places])
        told[places] = most_damped(system, electrostatics, names, positions)
    best = [trimers[place] for place in np.argsort(-np.abs(told), kind="stable")[:count]]
    size = max(1, sampling["batch"] // DIMERS_OF_A_TRIMER)
    found: Batches = {}
    for names in sorted({each.names for each in best}):
        positions = np.array([each.positions for each in best if each.names == names])
        found |= batches(system, names, Origin("trimers", round=0), positions, size)
    return found


def batches(
    system: System, names: Sequence[str], origin: Origin, clusters: Array, size: int
) -> Batches:
    """Clusters (s, n, 3) in Å of molecules of some species, `size` to a node, by label."""
    cluster = Cluster.of(*(system.of_name(name) for name in names))
    turn = () if origin.round is None else (origin.round,)
    return {
        link_label(origin.sampling, *turn, *names, number(start // size)): StructuresData(
            Structures.rigid(origin, cluster, clusters[start : start + size])
        )
        for start in range(0, len(clusters), size)
    }
