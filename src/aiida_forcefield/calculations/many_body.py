"""Calcfunctions of what a liquid has that its simulation does not."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from aiida.engine import calcfunction
from aiida.orm import ArrayData, Dict

from aiida_forcefield.data import ForceFieldData, PointsData, SpeciesData, StructuresData
from aiida_forcefield.dynamics import (
    ManyBody,
    atomic_polarizabilities,
    coulomb_difference,
    induction_beyond_pairs,
    three_body_dispersion,
)
from aiida_forcefield.potentials import van_der_waals_radius
from aiida_forcefield.scans import molecule_structures

SCIENCE = 2
"""Raised where results change by what this file imports: the cache looks at the file alone."""
Measure = Callable[..., ManyBody]
ENDS = [0, -1]


@calcfunction
def resting_molecule(species: SpeciesData, reference: PointsData) -> StructuresData:
    """The relaxed molecule, of which the polarizability is computed."""
    positions = reference.value.positions[:1]
    return StructuresData(molecule_structures(species.value, "polarizability", positions))


@calcfunction
def measure_many_body(
    force_field: ForceFieldData,
    species: SpeciesData,
    reference: PointsData,
    properties: ArrayData,
    polarizability: ArrayData | None = None,
    **frames: ArrayData,
) -> Dict:
    """What a liquid has beyond pairs, and what its simulation has in place of it.

    Args:
        force_field: has the charges in vacuum and in the liquid.
        species: the molecule.
        reference: the relaxed molecule.
        properties: of it, the dispersion coefficients `c6` (n, n) in eV Å⁶. Those of the force
            field are fitted, and stand for all that its form does not say.
        polarizability: of the relaxed molecule, `polarizability` (1, 3, 3) in Å³; without it,
            dispersion alone is told.
        frames: of one or more boxes of the liquid, the first and last of which are looked at;
            `positions` (f, M, n, 3) and `box` (f, 3) in Å.

    Returns:
        Each with `energy` in eV per molecule, `pressure` in bar to the outside, the `volume` in Å³
        per molecule at which they are so, of how many `bodies` it is, and the `pressures` in each
        frame, at that volume: ``three_body_dispersion``, ``induction`` beyond that of pairs, and
        ``charges``, minus what the liquid's charges add to those of the gas, which stand for
        induction in the simulation.

    Raises:
        ValueError: dipoles that molecules induce in each other do not settle.
    """
    field, molecule = force_field.value, species.value
    names = molecule.atom_types
    c6 = np.diag(properties.get_array("c6"))
    radii = [van_der_waals_radius(symbol) for symbol in molecule.symbols]
    gas, liquid = ([q[name] for name in names] for q in (field.gas_charges, field.charges))
    measures: dict[str, Measure] = {
        "three_body_dispersion": lambda *box: three_body_dispersion(*box, c6, radii)
    }
    if polarizability is not None:
        # With about one energy of excitation for all atoms, C6 of like atoms goes as the square of
        # their polarizability (London).
        atoms = atomic_polarizabilities(
            reference.value.positions[0],
            np.sqrt(c6),
            float(np.trace(polarizability.get_array("polarizability")[0])) / 3,
        )
        measures |= {
            "induction": lambda *box: induction_beyond_pairs(*box, gas, atoms),
            "charges": lambda *box: coulomb_difference(*box, gas, liquid),
        }
    boxes = [
        box
        for node in frames.values()
        for box in zip(*(node.get_array(name)[ENDS] for name in ("positions", "box")), strict=True)
    ]
    return Dict(
        {name: _mean([measure(*box) for box in boxes]) for name, measure in measures.items()}
    )


def _mean(parts: Sequence[ManyBody]) -> dict[str, Any]:
    """Of what was found in some frames, and the pressure in each."""
    energy, pressure, volume = (
        float(np.mean([getattr(part, name) for part in parts]))
        for name in ("energy", "pressure", "volume")
    )
    mean = ManyBody(energy, pressure, volume, parts[0].bodies)
    return asdict(mean) | {"pressures": [part.pressure_at(volume) for part in parts]}
