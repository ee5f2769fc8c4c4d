"""Calcfunctions that choose the dimers whose interaction energy decides the nonbonded terms."""

import numpy as np
from aiida.engine import calcfunction
from aiida.orm import ArrayData, Data, Dict, Int
from numpy.typing import NDArray

from aiida_forcefield.data import ForceFieldData, PointsData, SpeciesData, StructuresData
from aiida_forcefield.potentials import (
    Reference,
    Settings,
    build_prior,
    least_certain,
    most_telling,
)
from aiida_forcefield.scans import (
    dimer_structures,
    liquid_dimers,
    liquid_molecules,
    molecule_structures,
    random_dimers,
    squeezed_dimers,
    stretched,
)
from aiida_forcefield.topology import Species

BEGIN = "begin_"
SCIENCE = 2
"""Raised where results change by what this file imports: the cache looks at the file alone."""
DRAWN, STRETCHED = "liquid", "stretched"
"""Kinds of dimers: those drawn from the liquid, and the same with their molecules farther apart."""
FRAMES = "frames_"
"""Begins the label of a round's liquid, ``frames_0``."""
CANDIDATES = 20
"""For each dimer that a force field is least sure of, so many are looked at."""


@calcfunction
def sample_dimers(
    species: SpeciesData, reference: PointsData, sampling: Dict
) -> dict[str, StructuresData]:
    """Random and squeezed dimers, in batches labelled like ``random_00``."""
    molecule, monomer = species.value, reference.value.positions[0]
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
def choose_pair_scans(
    species: SpeciesData,
    reference: PointsData,
    properties: ArrayData,
    charges: Dict,
    settings: Dict,
    count: Int,
    **dimers: StructuresData,
) -> Dict:
    """Those scans of pairs that tell most beside the dimers that are computed anyway.

    Args:
        species: the molecule.
        reference: the relaxed molecule.
        properties: its `hessian` and `c6`.
        charges: `gas` and `liquid`.
        settings: of the fit.
        count: how many scans there may be.
        dimers: batches of `sample_dimers`, and the structures with which each scan begins, labelled
            like ``begin_pair_C1_O1``.

    Returns:
        `information` of each, nats, by labels such as ``pair_C1_O1``, the most telling first.
    """
    molecule, weights, sets = species.value, Settings(**settings.get_dict()), charges.get_dict()
    prior = build_prior(
        molecule,
        Reference(
            reference.value.positions[0],
            properties.get_array("hessian"),
            properties.get_array("c6"),
        ),
        weights.dispersion_width,
        weights.form_of_kind,
    )
    scans = {
        label.removeprefix(BEGIN): node.value.positions
        for label, node in sorted(dimers.items())
        if label.startswith(BEGIN)
    }
    others = [node.value.positions for label, node in dimers.items() if not label.startswith(BEGIN)]
    known = np.concatenate([np.zeros((0, 2 * len(molecule.symbols), 3)), *others])
    field = prior.field(sets["liquid"], sets["gas"])
    return Dict({"information": most_telling(field, molecule, known, scans, count.value, weights)})


@calcfunction
def sample_liquid(
    species: SpeciesData,
    force_field: ForceFieldData,
    frames: ArrayData,
    molecule: Dict,
    sampling: Dict,
    settings: Dict,
    number: Int,
    pressure: Dict | None = None,
) -> dict[str, Data]:
    """What a simulated liquid has that the force field may not know.

    Args:
        species: the molecule.
        force_field: that the liquid was simulated with.
        frames: `positions` (f, M, n, 3) and `box` (f, 3) in Å.
        molecule: QM settings of single molecules.
        sampling: numbers of dimers that are drawn (`liquid`), of those of which the force field is
            least sure (`uncertain`), and of single molecules (`thermal`); `batch` and `seed`.
        settings: of the fit.
        number: of the round.
        pressure: how many dimers are `wanted`, in place of `liquid`, by what is known already of
            the pressure that they make.

    Returns:
        Batches labelled like ``liquid_0_00``, ``uncertain_0_00`` and ``thermal_0_00``; in
        ``stretched_0_00`` dimers of ``liquid_0_00`` with their molecules farther apart; and
        ``rigid``, the QM settings of molecules without relaxation.
    """
    shape, field, content = species.value, force_field.value, sampling.get_dict()
    seed, size = content["seed"] + number.value, content["batch"]
    drawn = pressure["wanted"] if pressure else content["liquid"]
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
        **batches(shape, DRAWN, dimers[:drawn], size, f"{number.value}_"),
        **batches(shape, STRETCHED, stretched(dimers[:drawn]), size, f"{number.value}_"),
        **batches(shape, "uncertain", uncertain, size, f"{number.value}_"),
    }


def batches(
    species: Species, kind: str, dimers: NDArray[np.float64], size: int, number: str = ""
) -> dict[str, StructuresData]:
    """Dimers (s, 2n, 3) in Å of some kind, `size` to a node, labelled like ``random_00``."""
    return {
        f"{kind}_{number}{start // size:02d}": StructuresData(
            dimer_structures(species, f"dimers {kind}", dimers[start : start + size])
        )
        for start in range(0, len(dimers), size)
    }
