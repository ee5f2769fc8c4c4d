"""Drude particles in OpenMM's XML: what polarizable electrostatics add to fixed charges.

They are atoms without an element, tied to their hosts by OpenMM's ``DrudeForce``, whose spring is
½k |d − x|², x being the host. What is left of ½k |d − Σ wⱼxⱼ|², Σ wⱼ = 1, is a sum of springs
between all of them, of which some push:

    ½k Σ wⱼ |d − xⱼ|² − ½k Σⱼ﹤ₗ wⱼwₗ |xⱼ − xₗ|² − ½k |d − x|².

These springs and the damping of Coulomb's law are added by a script, as OpenMM's XML has no words
for them.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import Final, NamedTuple
from xml.etree.ElementTree import Element, SubElement

import numpy as np
from numpy.typing import NDArray
from scipy.special import gamma, gammaincc

from aiida_forcefield.potentials.electrostatics.polarizable import SPRING, Polarizable
from aiida_forcefield.potentials.export.lammps_drudes import particles_of
from aiida_forcefield.potentials.export.names import atom_names
from aiida_forcefield.topology.system import System
from aiida_forcefield.units import COULOMB, KJ_PER_MOL, NM

Array = NDArray[np.float64]

PARTICLE: Final = "D"
"""Class of all Drude particles, and the begin of their names, as of CHARMM's."""

_POINTS, _COLUMNS = 600, 5  # of the table of the damping
_REACH: Final = 25.0  # x: beyond, less than 1e-11 of Coulomb's law

_SCRIPT: Final = """
import openmm
names = {{atom.index: data.atomType[atom] for atom in data.atoms}}

# Where Drude particles rest.
springs = openmm.HarmonicBondForce()
springs.setName('DrudeSprings')
constants = [
{springs}
]
for residue in topology.residues():
    places = {{names[atom.index]: atom.index for atom in residue.atoms()}}
    for first, second, constant in constants:
        if first in places and second in places:
            springs.addBond(places[first], places[second], 0, constant)
sys.addForce(springs)

# Thole's damping of what is induced, less Coulomb's law: the charge that feels Coulomb's law in
# full, the charge, and the length of each type.
types = {{
{types}
}}
values = [
{smeared}
]
smeared = openmm.Continuous1DFunction(values, 0, {reach})
lost = '{coulomb}*(%s)*(smeared(u)-exp(-u^3)/u)/length;u=%s/length;length=%s'
coulomb = next(f for f in sys.getForces() if isinstance(f, openmm.NonbondedForce))
damping = openmm.CustomNonbondedForce(
    lost % ('held1*held2-net1*net2', 'r', 'sqrt(length1*length2)')
)
damping.setName('{damping}')
for name in ('net', 'held', 'length'):
    damping.addPerParticleParameter(name)
damping.addTabulatedFunction('smeared', smeared)
damping.setNonbondedMethod(min(coulomb.getNonbondedMethod(), damping.CutoffPeriodic))
damping.setCutoffDistance(coulomb.getCutoffDistance())
for place in range(len(names)):
    damping.addParticle(types[names[place]])
sys.addForce(damping)

# The same between atoms three bonds apart, which act in full, or not at all.
pairs = openmm.CustomCompoundBondForce(2, lost % ('product', 'distance(p1,p2)', 'mean'))
pairs.setName('{damping}14')
for name in ('product', 'mean'):
    pairs.addPerBondParameter(name)
pairs.addTabulatedFunction('smeared', openmm.Continuous1DFunction(*smeared.getFunctionParameters()))
for k in range(coulomb.getNumExceptions()):
    i, j, product, *_ = coulomb.getExceptionParameters(k)
    damping.addExclusion(i, j)
    if product._value:
        (net1, held1, length1), (net2, held2, length2) = types[names[i]], types[names[j]]
        pairs.addBond([i, j], [held1 * held2 - net1 * net2, (length1 * length2) ** 0.5])
sys.addForce(pairs)
"""

DAMPING: Final = "DrudeDamping"
"""Name of the force that damps."""


class _Drude(NamedTuple):
    """A Drude particle of a molecule.

    Attributes:
        label: what its template calls it.
        host: number of its atom.
        charge: e.
        weights: of the atoms' positions, where it rests.
    """

    label: str
    host: int
    charge: float
    weights: Array


def write_particles(
    types: Element, residue: Element, electrostatics: Polarizable, system: System, name: str
) -> None:
    """Add the Drude particles of a species to the types of atoms, and to its template.

    OpenMM gives them their mass, which it takes off their hosts (``drudeMass``, 0.4 g/mol).
    """
    for each in _drudes(electrostatics, system, name):
        own = f"{name}-{each.label}"
        SubElement(types, "Type", {"name": own, "class": PARTICLE, "mass": "0"})
        SubElement(residue, "Atom", name=each.label, type=own, charge=_number(each.charge))


def write_drudes(root: Element, electrostatics: Polarizable, system: System) -> None:
    """Add what holds the particles of all species; after the force of Coulomb's law."""
    force = SubElement(root, "DrudeForce")
    sites: dict[str, tuple[float, float, float]] = {}
    springs: list[tuple[str, str, float]] = []
    for name in system.names:
        atoms, types = _labels(system, name), system.types_of(name)
        drudes = {each.host: each for each in _drudes(electrostatics, system, name)}
        for place, (atom, atom_type) in enumerate(zip(atoms, types, strict=True)):
            net = electrostatics.net[atom_type]
            length = electrostatics.lengths[atom_type] / np.cbrt(electrostatics.damping) / NM
            if place not in drudes:
                sites[atom] = (net, net, float(length))
                continue
            drude, alpha = drudes[place], electrostatics.polarizabilities[atom_type] / NM**3
            own = f"{name}-{drude.label}"
            sites[atom] = (net, net - drude.charge, float(length))
            sites[own] = (0.0, drude.charge, float(length))
            springs += _springs(drude, own, atoms)
            SubElement(
                force,
                "Particle",
                type1=own,
                type2=atom,
                charge=_number(drude.charge),
                polarizability=_number(alpha),
                thole="0",
            )
    reach = float(np.cbrt(_REACH))
    smeared = gamma(2 / 3) * gammaincc(2 / 3, np.linspace(0, reach, _POINTS) ** 3)
    SubElement(root, "Script").text = _SCRIPT.format(
        springs=_rows(f"{spring}" for spring in springs),
        types=_rows(f"{name!r}: {site}" for name, site in sites.items()),
        smeared=_rows(", ".join(map(_number, row)) for row in smeared.reshape(-1, _COLUMNS)),
        reach=reach,
        coulomb=_number(COULOMB / KJ_PER_MOL / NM),
        damping=DAMPING,
    )


def _labels(system: System, name: str) -> list[str]:
    """The OpenMM type of each atom of a species."""
    return [f"{name}-{label}" for label in atom_names(system.of_name(name))]


def _drudes(electrostatics: Polarizable, system: System, name: str) -> Iterator[_Drude]:
    found, atoms = particles_of(electrostatics, system, name), atom_names(system.of_name(name))
    for host, charge, weights in zip(found.hosts, found.charges, found.anchors, strict=True):
        yield _Drude(f"{PARTICLE}{atoms[host]}", host, charge, weights)


def _springs(drude: _Drude, own: str, atoms: Sequence[str]) -> Iterator[tuple[str, str, float]]:
    """Types of two particles of a molecule, and the constant k of ½ k r², kJ/mol/nm²."""
    constant = SPRING / KJ_PER_MOL * NM**2
    ends = np.flatnonzero(drude.weights).tolist()
    for end in ends:
        weight = drude.weights[end] - (end == drude.host)
        if weight:
            yield own, atoms[end], float(constant * weight)
    for i, j in combinations(ends, 2):
        yield atoms[i], atoms[j], float(-constant * drude.weights[i] * drude.weights[j])


def _rows(rows: Iterable[str]) -> str:
    return "\n".join(f"    {row}," for row in rows)


def _number(value: float) -> str:
    return f"{value:.14g}"
