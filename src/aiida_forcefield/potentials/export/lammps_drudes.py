"""Drude particles in files of LAMMPS: what polarizable electrostatics add to fixed charges.

A Drude particle is one more atom, bonded to its host, with a mass taken from it. `fix drude` gives
it the exclusions of its host, by their bond; so it may have no other bond. Where it rests off its
host, springs to the neighbours pull it there:

    ½k |d − Σ wⱼxⱼ|² = ½k Σ wⱼ |d − xⱼ|² − ½k Σⱼ﹤ₗ wⱼwₗ |xⱼ − xₗ|²,   Σ wⱼ = 1.

All but that to the host are angles of the style of CHARMM with nothing but their Urey-Bradley term
K r² between the outer atoms, as angles exclude no pairs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.potentials.electrostatics import FieldElectrostatics, Polarizable
from aiida_forcefield.potentials.electrostatics.drudes import Drudes
from aiida_forcefield.potentials.electrostatics.model import no_pairs
from aiida_forcefield.potentials.forcefield import ForceField
from aiida_forcefield.topology.species import TermKind
from aiida_forcefield.topology.system import System
from aiida_forcefield.units import KCAL_PER_MOL

Array = NDArray[np.float64]

DRUDE_MASS: Final = 0.4
"""g/mol: light enough to follow the atoms, heavy enough for steps of 1.25 fs."""

_OFF_REST: Final = (0.006, 0.0064, 0.0048)
"""Å, 0.01 long: a particle right on its host would leave the angle between them undefined."""

SPRING_STYLES: Final[dict[TermKind, tuple[str, str]]] = {
    "bond": ("harmonic", "{} 0"),
    "angle": ("charmm", "0 0 {} 0"),
}
"""Style of each kind of spring, and its coefficients with the place of K."""


class Spring(NamedTuple):
    """A spring of energy K r² between the first and the last of some particles.

    Attributes:
        atoms: two of a bond, or three of an angle: atoms of a molecule, n for its first particle.
        strength: K in kcal/mol/Å², as it is written; equal ones share a type of LAMMPS.
    """

    atoms: tuple[int, ...]
    strength: str

    @property
    def kind(self) -> TermKind:
        """As which it is written."""
        return "bond" if len(self.atoms) == 2 else "angle"


@dataclass(frozen=True, eq=False)
class Particles:
    """The p Drude particles of a molecule of n atoms.

    Attributes:
        hosts: their atoms, p of them.
        charges: theirs, e.
        anchors: where they rest, as weights of the atoms' positions, shape (p, n).
        springs: that hold them.
    """

    hosts: tuple[int, ...]
    charges: tuple[float, ...]
    anchors: Array
    springs: tuple[Spring, ...]

    def start(self, positions: Array) -> Array:
        """Places near those of rest, shape (p, 3), Å, in a molecule at shape (n, 3)."""
        return self.anchors @ positions + _OFF_REST


def drude_charges(electrostatics: FieldElectrostatics, system: System) -> dict[str, float]:
    """Charge of the Drude particle, e, of each atom type that has one; none for fixed charges.

    In LAMMPS, their types follow those of the atoms, in this order.
    """
    if not isinstance(electrostatics, Polarizable):
        return {}
    polarizable = electrostatics.polarizabilities
    return {
        name: electrostatics.drude_charge(name) for name in system.type_names if name in polarizable
    }


def particles_of(electrostatics: FieldElectrostatics, system: System, name: str) -> Particles:
    """Those of a molecule of a species; none for fixed charges."""
    species = system.of_name(name)
    if not isinstance(electrostatics, Polarizable):
        return Particles((), (), np.zeros((0, len(species.symbols))), ())
    bonds = np.array(species.bonds, dtype=int).reshape(-1, 2)
    drudes = electrostatics.drudes(system.types_of(name), bonds, no_pairs())
    return Particles(
        tuple(drudes.hosts.tolist()),
        tuple(drudes.drudes.tolist()),
        drudes.anchors,
        tuple(_springs(drudes)),
    )


def most_particles(electrostatics: FieldElectrostatics, system: System) -> int:
    """How many Drude particles a molecule has at most.

    So much room `fix drude` may need: it lists them, beside their hosts, among the atoms near to
    each atom.
    """
    return max(len(particles_of(electrostatics, system, name).hosts) for name in system.names)


def spring_strengths(
    electrostatics: FieldElectrostatics, system: System, kind: TermKind
) -> tuple[str, ...]:
    """K of the springs of a kind, each once; types of these follow those of the terms."""
    all_springs = (
        spring
        for name in system.names
        for spring in particles_of(electrostatics, system, name).springs
    )
    return tuple(dict.fromkeys(each.strength for each in all_springs if each.kind == kind))


def drude_flags(electrostatics: FieldElectrostatics, system: System) -> str:
    """For each type of LAMMPS whether it is a core, not polarizable, or a Drude particle."""
    hosts = drude_charges(electrostatics, system)
    return " ".join(
        [*("C" if name in hosts else "N" for name in system.type_names), *"D" * len(hosts)]
    )


def check_polarizable(forcefield: ForceField, system: System) -> None:
    """Raise ValueError where a program would need pairs that count in part, or a crystal's cell."""
    if not isinstance(forcefield.electrostatics, Polarizable):
        return
    if system.crystal is not None:
        raise ValueError("electrostatics: polarizable ones are for molecules, not for crystals")
    if forcefield.scale_14 not in (None, (0.0, 0.0), (1.0, 1.0)):
        raise ValueError(
            f"scale_14: {forcefield.scale_14} is not allowed with polarizable electrostatics; "
            "pairs count in full, (1, 1), or not at all"
        )


def _springs(drudes: Drudes) -> Iterator[Spring]:
    n = len(drudes.charges)
    for row, (host, k) in enumerate(zip(drudes.hosts.tolist(), drudes.springs, strict=True)):
        weights, particle = drudes.anchors[row], n + row
        ends = np.flatnonzero(weights).tolist()
        yield _spring((host, particle), k * weights[host])
        for end in ends:
            if end != host:
                yield _spring((particle, host, end), k * weights[end])
        for i, j in combinations(ends, 2):
            middle = particle if host in (i, j) else host
            yield _spring((i, middle, j), -k * weights[i] * weights[j])


def _spring(atoms: tuple[int, ...], constant: float) -> Spring:
    """That of a force constant in eV/Å², energy ½ k r²."""
    return Spring(atoms, f"{constant / KCAL_PER_MOL / 2:.14g}")
