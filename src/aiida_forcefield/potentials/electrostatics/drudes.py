"""Drude particles: charges on springs, by which atoms polarise one another.

G. Lamoureux, B. Roux, J. Chem. Phys. 119, 3025 (2003). A Drude particle of charge D hangs on its
atom by a spring; the atom keeps the rest of the charge. Where the particle rests off its atom, the
atom has a permanent dipole, too.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.potentials.electrostatics.damping import damped_field, damped_potential
from aiida_forcefield.units import COULOMB

Array = NDArray[np.float64]
Indices = NDArray[np.int_]

_FORCE: Final = 1e-9
"""eV/Å: largest force on a Drude particle at rest. The energy is off by its square."""
_STEPS: Final = 50


class Settled(NamedTuple):
    """Structures in which all Drude particles are at rest.

    Attributes:
        energy: shape (s,), eV.
        gradient: dE/dx of the atoms, shape (s, n, 3), eV/Å.
        displacements: of the p particles from where they rest when nothing acts on them, shape
            (s, p, 3), Å.
    """

    energy: Array
    gradient: Array
    displacements: Array


@dataclass(frozen=True, eq=False)
class Drudes:
    """Charges on n atoms and on p Drude particles.

    Between two atoms, permanent charges act by Coulomb's law, and by the damped one whatever one
    of the two holds on a spring, with the opposite charge that it left behind on its atom.

    Attributes:
        charges: of each atom with its particle, shape (n,), e.
        hosts: atoms with a particle, shape (p,).
        drudes: charges of these, shape (p,), e.
        springs: their force constants k, energy ½ k d², shape (p,), eV/Å².
        anchors: where they rest, as weights of the atoms' positions, shape (p, n); of sum 1.
        lengths: by which each atom damps, shape (n,), Å.
        damping: a of `damping`.
        pairs: atoms that act on each other, shape (m, 2).
    """

    charges: Array
    hosts: Indices
    drudes: Array
    springs: Array
    anchors: Array
    lengths: Array
    damping: float
    pairs: Indices

    def of_pairs(self, pairs: Indices) -> "Drudes":
        """The same where other atoms act on each other."""
        return replace(self, pairs=pairs)

    @cached_property
    def _acting(self) -> "_Acting":
        """The pairs of particles, atoms first, of all pairs of atoms."""
        n, p = len(self.charges), len(self.hosts)
        atoms = np.concatenate([np.arange(n), self.hosts])
        held = np.concatenate([self.charges, self.drudes])
        held[self.hosts] -= self.drudes
        of_atom = [np.flatnonzero(atoms == atom) for atom in range(n)]
        rows = [(a, b) for i, j in self.pairs for a in of_atom[i] for b in of_atom[j]]
        first, second = np.array(rows, dtype=int).reshape(-1, 2).T
        net = np.concatenate([self.charges, np.zeros(p)])
        plain = net[first] * net[second]
        lengths = self.lengths[atoms]
        return _Acting(
            np.eye(n + p)[second].T - np.eye(n + p)[first].T,
            COULOMB * plain,
            COULOMB * (held[first] * held[second] - plain),
            np.sqrt(lengths[first] * lengths[second]),
        )

    def settle(self, positions: Array) -> Settled:
        """Let the Drude particles come to rest.

        Args:
            positions: of the atoms, shape (s, n, 3), Å.

        Raises:
            ValueError: they come to no rest: two atoms polarise each other without end.
        """
        s, n, p = len(positions), len(self.charges), len(self.hosts)
        rest = self._rest(positions)
        moved = np.zeros((s, p, 3))
        for _ in range(_STEPS):
            particles = np.concatenate([positions, rest + moved], axis=1)
            forces, stiffness = self._forces(particles)
            pull = forces[:, n:] + self.springs[:, None] * moved
            if np.abs(pull).max(initial=0.0) < _FORCE:
                break
            step = np.linalg.solve(stiffness, -pull.reshape(s, 3 * p, 1))
            moved = moved + step.reshape(s, p, 3)
        if (
            np.abs(pull).max(initial=0.0) >= _FORCE
            or np.linalg.eigvalsh(stiffness).min(initial=np.inf) <= 0
        ):
            raise ValueError("induced dipoles grow without end: the damping is too weak")
        energy = self._energy(particles) + 0.5 * np.einsum("p,spx->s", self.springs, moved**2)
        gradient = forces[:, :n] + np.einsum("pn,spx->snx", self.anchors, forces[:, n:])
        return Settled(energy, gradient, moved)

    def unchanged(self, positions: Array, displacements: Array) -> Array:
        """Energies of what acts, shape (s,), eV, while the Drude particles stay where they are.

        Args:
            positions: of the atoms, shape (s, n, 3), Å.
            displacements: of the particles, as of `Settled`.
        """
        return self._energy(np.concatenate([positions, self._rest(positions) + displacements], 1))

    def _rest(self, positions: Array) -> Array:
        return np.asarray(np.einsum("pn,snx->spx", self.anchors, positions))

    def _energy(self, particles: Array) -> Array:
        acting = self._acting
        r = np.linalg.norm(acting.incidence.T @ particles, axis=-1)
        damped = damped_potential(r, acting.lengths, self.damping)
        return np.asarray((acting.plain / r + acting.damped * damped).sum(axis=1))

    def _forces(self, particles: Array) -> tuple[Array, Array]:
        """dE/dx of all particles by what acts between them, and second derivatives by those of the
        Drude particles, springs included, shape (s, 3p, 3p)."""
        acting, n, p = self._acting, len(self.charges), len(self.hosts)
        apart = acting.incidence.T @ particles
        r = np.linalg.norm(apart, axis=-1)
        along = apart / r[..., None]
        field, change = damped_field(r, acting.lengths, self.damping)
        slope = -acting.plain / r**2 - acting.damped * field
        bend = 2 * acting.plain / r**3 - acting.damped * change
        gradient = acting.incidence @ (slope[..., None] * along)

        across = (slope / r)[..., None, None]
        second = (
            across * np.eye(3)
            + ((bend - slope / r)[..., None] * along)[..., None] * along[..., None, :]
        )
        mine = acting.incidence[n:]
        both = (mine[:, None] * mine).reshape(p * p, r.shape[1])
        blocks = (both @ second.reshape(*r.shape, 9)).reshape(len(r), p, p, 3, 3)
        stiffness = blocks.transpose(0, 1, 3, 2, 4).reshape(len(r), 3 * p, 3 * p)
        return gradient, stiffness + np.diag(np.repeat(self.springs, 3))


class _Acting(NamedTuple):
    """The m pairs of particles that act on each other, of M particles.

    Attributes:
        incidence: 1 of the second particle of a pair, -1 of the first, shape (M, m).
        plain: product of their charges that acts by Coulomb's law, times its constant, eV Å.
        damped: product that acts by the damped one, likewise.
        lengths: of the damping, Å.
    """

    incidence: Array
    plain: Array
    damped: Array
    lengths: Array
