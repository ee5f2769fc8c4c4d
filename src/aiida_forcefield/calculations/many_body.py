"""Calcfunctions of what a liquid has beyond the sum of its pairs."""

from dataclasses import asdict, astuple

import numpy as np
from aiida.engine import calcfunction
from aiida.orm import ArrayData, Dict

from aiida_forcefield.data import ForceFieldData, PointsData, StructuresData, TopologyData
from aiida_forcefield.dynamics import (
    ManyBody,
    atomic_polarizabilities,
    coulomb,
    induction_beyond_pairs,
    three_body_dispersion,
)
from aiida_forcefield.potentials import van_der_waals_radius
from aiida_forcefield.scans import molecule_structures

SCIENCE = 1
"""Raised where results change by what this file imports: the cache looks at the file alone."""
ENDS = [0, -1]
"""Frames that are looked at; the spread over frames is small."""


@calcfunction
def resting_molecule(topology: TopologyData, reference: PointsData) -> StructuresData:
    """The relaxed molecule, of which the polarizability is computed."""
    positions = reference.value.positions[:1]
    return StructuresData(molecule_structures(topology.value, "polarizability", positions))


@calcfunction
def measure_many_body(
    force_field: ForceFieldData,
    topology: TopologyData,
    reference: PointsData,
    frames: ArrayData,
    polarizability: ArrayData | None = None,
) -> Dict:
    """What a liquid has that the pairs of its force field do not tell.

    Args:
        force_field: has the dispersion coefficients, and the charges in vacuum and in the liquid.
        topology: the molecule.
        reference: the relaxed molecule.
        frames: of the liquid; `positions` (f, M, n, 3) and `box` (f, 3) in Å.
        polarizability: of the relaxed molecule, `polarizability` (1, 3, 3) in Å³; without it,
            dispersion alone is told.

    Returns:
        Each with `energy` in eV per molecule, `pressure` in bar to the outside, and the `volume` in
        Å³ per molecule at which they are so: ``three_body_dispersion``, ``induction`` beyond that
        of pairs, and ``charges``, minus what the liquid's charges add to those of the gas, which
        stand for induction in the simulation.
    """
    field, molecule = force_field.value, topology.value
    c6 = np.array([field.c6(name) for name in molecule.atom_types])
    radii = [van_der_waals_radius(symbol) for symbol in molecule.symbols]
    gas, liquid = (
        np.array([charges[name] for name in molecule.atom_types])
        for charges in (field.gas_charges, field.charges)
    )
    found: dict[str, list[tuple[float, ...]]] = {}

    def keep(name: str, part: ManyBody) -> None:
        found.setdefault(name, []).append(astuple(part))

    boxes = zip(frames.get_array("positions")[ENDS], frames.get_array("box")[ENDS], strict=True)
    for box in boxes:
        keep("three_body_dispersion", three_body_dispersion(*box, c6, radii))
        if polarizability is not None:
            # With about one energy of excitation for all atoms, C6 of like atoms goes as the square
            # of their polarizability (London).
            atoms = atomic_polarizabilities(
                reference.value.positions[0],
                np.sqrt(c6),
                float(np.trace(polarizability.get_array("polarizability")[0])) / 3,
            )
            keep("induction", induction_beyond_pairs(*box, gas, atoms))
            with_gas, with_liquid = coulomb(*box, gas), coulomb(*box, liquid)
            keep(
                "charges",
                ManyBody(
                    with_gas.energy - with_liquid.energy,
                    with_gas.pressure - with_liquid.pressure,
                    with_gas.volume,
                ),
            )
    return Dict(
        {
            name: asdict(ManyBody(*map(float, np.mean(parts, axis=0))))
            for name, parts in found.items()
        }
    )
