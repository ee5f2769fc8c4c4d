"""How much of the counterpoise correction leads to the limit of a complete basis.

In a finite basis the molecules of a dimer borrow each other's functions. The full correction (CP)
also takes away true attraction that the basis misses; so an interaction energy is best taken
between the plain and the corrected one, E = E(CP) + (1 - f) (E(plain) - E(CP)). The share 1 - f
that is true attraction is largest where molecules touch and vanishes with the distance. It is
measured on a few dimers in a second basis: for hydrogen bonds and for all other contacts.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aiida_forcefield.scans.cluster import Cluster
from aiida_forcefield.scans.contacts import dimer_contacts
from aiida_forcefield.scans.hydrogen_bonds import hydrogen_bonding
from aiida_forcefield.scans.points import Points

Array = NDArray[np.float64]
Indices = NDArray[np.int_]

_CARDINALS = {"d": 2, "t": 3, "q": 4, "5": 5, "6": 6}
_POWERS = {(2, 3): 2.5}
"""With which the error falls where it is not 3. From double and triple zeta, ten dimers of methanol
miss their limit from triple and quadruple zeta by 0.036 kcal/mol so, by 0.073 with 3."""
_TOUCH, _DECAY = 0.9, 0.5
"""Contact ratio at which molecules touch, and how fast 1 - f falls beyond: in 30 pairs of liquid
methanol (MP2/aug-cc-pVDZ against the limit) this misses 0.028 kcal/mol, and a constant f 0.068."""
_SPREAD = 0.1
"""Standard deviation of f from dimer to dimer, where one alone does not tell: that of methanol."""


@dataclass(frozen=True)
class Counterpoise:
    """The fractions f of molecules that touch, and their standard errors.

    Attributes:
        weak: of contacts without a hydrogen bond.
        bonded: of hydrogen bonds.
        weak_error, bonded_error: standard errors.
    """

    weak: float
    bonded: float
    weak_error: float = 0.0
    bonded_error: float = 0.0

    def shifted(self) -> "Counterpoise":
        """The same with more attraction, by one standard error."""
        weak, bonded = self.weak - self.weak_error, self.bonded - self.bonded_error
        return replace(self, weak=weak, bonded=bonded)

    def fractions(self, contacts: "Contacts") -> Array:
        """f of each dimer, shape (s,)."""
        touching = self.weak + contacts.bonding * (self.bonded - self.weak)
        kept: Array = (1.0 - touching) * contacts.decay
        return 1.0 - kept.clip(max=1.0)


@dataclass(frozen=True, eq=False)
class Contacts:
    """How the molecules of dimers touch.

    Attributes:
        bonding: how strongly a hydrogen bond joins them, 0 to 1, shape (s,).
        decay: how much of 1 - f is left at their distance, 1 where they touch, shape (s,).
    """

    bonding: Array
    decay: Array

    @classmethod
    def of(cls, cluster: Cluster, dimers: Array) -> "Contacts":
        """Those of dimers of one composition, shape (s, n, 3), Å."""
        decay = np.exp((_TOUCH - dimer_contacts(cluster, dimers)) / _DECAY)
        return cls(hydrogen_bonds(cluster, dimers), decay)

    @classmethod
    def join(cls, parts: Sequence["Contacts"]) -> "Contacts":
        """Those of several sets of dimers, one after the other."""
        return cls(*(np.concatenate([getattr(p, n) for p in parts]) for n in ("bonding", "decay")))

    @property
    def bonded(self) -> NDArray[np.bool_]:
        """Which dimers count as hydrogen-bonded, shape (s,)."""
        return np.asarray(self.bonding >= 0.5)


def calibrated(
    points: Points, counterpoise: Counterpoise | None, like: Array | None = None
) -> Points:
    """Points of dimers with interaction energies corrected as a calibration says.

    Points of a single molecule, those of an engine that has no basis functions to borrow, and all
    points without a calibration stay as they are.

    Args:
        points: of one composition.
        counterpoise: from a calibration.
        like: dimers whose correction these have, shape (s, n, 3), Å; themselves by default.
    """
    corrected, plain = points.corrected, points.uncorrected
    if counterpoise is None or corrected is None or plain is None:
        return points
    contacts = Contacts.of(points.cluster, points.positions if like is None else like)
    fractions = counterpoise.fractions(contacts)
    return replace(points, energies=corrected + (1.0 - fractions) * (plain - corrected))


def representative_dimers(bonded: NDArray[np.bool_], gained: Array, count: int) -> Indices:
    """Places of those dimers whose f stands for all: each for an equal part of what is at stake.

    Args:
        bonded: which have a hydrogen bond, shape (s,).
        gained: E(plain) - E(CP) of each, shape (s,), any unit.
        count: largest number of dimers with a hydrogen bond, and of those without one.
    """
    chosen: list[int] = []
    for kind in (~bonded, bonded):
        places = np.flatnonzero(kind)
        order = places[np.argsort(gained[places])]
        share = np.cumsum(gained[order])
        wanted = (np.arange(count) + 0.5) / count * share[-1] if len(order) else []
        chosen += order[np.unique(np.searchsorted(-share, -np.asarray(wanted)))].tolist()
    return np.array(sorted(chosen), dtype=int)


def hydrogen_bonds(cluster: Cluster, dimers: Array) -> Array:
    """How strongly hydrogen bonds join the molecules of dimers, 0 to 1, shape (s,)."""
    return np.array([hydrogen_bonding(cluster.symbols, x, cluster.parts) for x in dimers])


def family_and_cardinal(basis: object) -> tuple[str, int]:
    """Family and X of a correlation-consistent basis set: ``augccpv`` and 2 of aug-cc-pVDZ.

    Raises:
        ValueError: another kind of basis set, whose limit is not known.
    """
    found = re.fullmatch(r"((?:aug)?ccpw?c?v)([dtq56])z", re.sub("[-_ ]", "", str(basis).lower()))
    if found is None:
        raise ValueError(f"{basis!r} is not one of aug-cc-pvdz, aug-cc-pvtz, aug-cc-pvqz, ...")
    return found[1], _CARDINALS[found[2]]


def complete_basis(energies: tuple[ArrayLike, ArrayLike], cardinals: tuple[int, int]) -> Array:
    """Interaction energies in the limit of a complete basis, from those in two basis sets.

    The error of correlation energies falls as X⁻³ (A. Halkier et al., Chem. Phys. Lett. 286, 243
    (1998)), but from double to triple zeta more slowly, as X⁻²·⁵ (F. Neese, E. F. Valeev, J. Chem.
    Theory Comput. 7, 33 (2011)). That of the counterpoise-corrected Hartree-Fock part falls faster
    and is much smaller, so that it does no harm to extrapolate the sum.

    Args:
        energies: counterpoise-corrected, in the two basis sets, each of shape (s,), any unit.
        cardinals: X of the two basis sets.

    Raises:
        ValueError: the two are equal.
    """
    (one, two), (x, y) = (np.asarray(energy, dtype=float) for energy in energies), cardinals
    if x == y:
        raise ValueError(f"cardinals {x} and {y}: two different basis sets are needed")
    power = _POWERS.get((min(x, y), max(x, y)), 3.0)
    limit: Array = (x**power * one - y**power * two) / (x**power - y**power)
    return limit


def calibrate(contacts: Contacts, corrected: Array, plain: Array, limit: Array) -> Counterpoise:
    """The fractions that come nearest to the limit: the mean over the dimers of each kind.

    f lies within 0 and 1. Where one kind of contact is not among the dimers, it has the fraction
    of the other.

    Args:
        contacts: of s dimers from `representative_dimers`.
        corrected: counterpoise-corrected interaction energies, shape (s,), any unit.
        plain: the same without correction.
        limit: the same in a complete basis.
    """
    gained = (plain - corrected) * contacts.decay
    bonded = contacts.bonded
    found = {}
    for kind, mine in (("weak", ~bonded & (gained != 0)), ("bonded", bonded & (gained != 0))):
        if mine.any():
            each = 1.0 - (limit - corrected)[mine] / gained[mine]
            error = each.std(ddof=1) / np.sqrt(len(each)) if len(each) > 1 else _SPREAD
            found[kind] = float(np.clip(each.mean(), 0.0, 1.0)), float(error)
    if not found:  # nothing to correct
        return Counterpoise(1.0, 1.0)
    (weak, weak_error), (bond, bond_error) = (
        found.get(kind) or next(iter(found.values())) for kind in ("weak", "bonded")
    )
    return Counterpoise(weak, bond, weak_error, bond_error)
