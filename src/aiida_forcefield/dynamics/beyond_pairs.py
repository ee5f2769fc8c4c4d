"""All that a liquid has beyond pairs, as its simulation is to make up for it."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.dynamics.induction import (
    atomic_polarizabilities,
    coulomb_difference,
    induction_beyond_pairs,
)
from aiida_forcefield.dynamics.many_body import Liquid, ManyBody, liquids_of, per_atom
from aiida_forcefield.dynamics.three_body import three_body_dispersion
from aiida_forcefield.potentials.forcefield import ForceField
from aiida_forcefield.potentials.radii import van_der_waals_radius
from aiida_forcefield.topology.box import Frames
from aiida_forcefield.topology.system import System

Array = NDArray[np.float64]
Measure = Callable[[Liquid], ManyBody]
ENDS = [0, -1]
PARTS = ("three_body_dispersion", "induction", "charges")
"""Of what is beyond pairs, in the order in which they are added: that of keys depends on the
database, and the last bit of a sum on its order."""


@dataclass(frozen=True, eq=False)
class Response:
    """How the electrons of a relaxed molecule answer fields, from QM.

    Attributes:
        positions: shape (n, 3), Å.
        c6: dispersion coefficient of each atom with its like, shape (n,), eV Å⁶. Those of a force
            field are fitted, and stand for all that its form does not say.
        polarizability: mean along three axes, Å³; None where it was not computed.
    """

    positions: Array
    c6: Array
    polarizability: float | None = None


def measure_many_body(
    field: ForceField, system: System, responses: Sequence[Response], frames: Sequence[Frames]
) -> dict[str, dict[str, Any]]:
    """What a liquid has beyond pairs, and what its simulation has in place of it.

    Args:
        field: has the charges in vacuum and in the liquid.
        system: its species.
        responses: one for each species; without a polarizability of all, dispersion alone is told.
        frames: of one or more boxes of the liquid, the first and last of which are looked at.

    Returns:
        Each with `energy` in eV per molecule, `pressure` in bar to the outside, the `volume` in Å³
        per molecule at which they are so, of how many `bodies` it is, and the `pressures` in each
        frame, at that volume: ``three_body_dispersion``, ``induction`` beyond that of pairs, and
        ``charges``, minus what the liquid's charges add to those of the gas, which stand for
        induction in the simulation.

    Raises:
        ValueError: dipoles that molecules induce in each other do not settle.
    """
    counts = frames[0].counts

    def of_atoms(values: Sequence[Array]) -> Array:
        return per_atom(values, counts)

    c6 = of_atoms([each.c6 for each in responses])
    radii = of_atoms(
        [np.array([van_der_waals_radius(s) for s in each.symbols]) for each in system.species]
    )
    measures: dict[str, Measure] = {
        "three_body_dispersion": lambda box: three_body_dispersion(box, c6, radii)
    }
    molecular = [each.polarizability for each in responses]
    if None not in molecular:
        gas, liquid = (
            of_atoms([np.array([q[t] for t in system.types_of(name)]) for name in system.names])
            for q in (field.electrostatics.charges("gas"), field.electrostatics.charges("liquid"))
        )
        # With about one energy of excitation for all atoms, C6 of like atoms goes as the square of
        # their polarizability (London).
        alpha = of_atoms(
            [
                atomic_polarizabilities(each.positions, np.sqrt(each.c6), each.polarizability)
                for each in responses
                if each.polarizability is not None
            ]
        )
        measures |= {
            "induction": lambda box: induction_beyond_pairs(box, gas, alpha),
            "charges": lambda box: coulomb_difference(box, gas, liquid),
        }
    boxes = [box for each in frames for box in liquids_of(each[ENDS], system)]
    return {name: _mean([measure(box) for box in boxes]) for name, measure in measures.items()}


def _mean(parts: Sequence[ManyBody]) -> dict[str, Any]:
    """Of what was found in some frames, and the pressure in each."""
    energy, pressure, volume = (
        float(np.mean([getattr(part, name) for part in parts]))
        for name in ("energy", "pressure", "volume")
    )
    mean = ManyBody(energy, pressure, volume, parts[0].bodies)
    return asdict(mean) | {"pressures": [part.pressure_at(volume) for part in parts]}
