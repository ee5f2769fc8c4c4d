"""What an SCF starts from, and what is tried where it does not converge."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...status import Remedy

Array = NDArray[np.float64]

_LEVEL_SHIFT = 1.0
"""Hartree."""
STATE = ("mo_coeff", "mo_occ", "mo_energy", "e_tot", "converged")
"""Attributes of a mean field that its iterations set."""
_EMPTY = 1e-8
"""Electrons: natural orbitals with fewer take no part in a guess."""


def converge_otherwise(field: Any, guess: Array) -> None:
    """Converge a mean field that DIIS did not: with a level shift, else by second order.

    Second order goes on from the lower of the two states that the others stopped at. For six of
    seven molecules on which DIIS failed (stretched ones, FeO; PBE) the better start was the lower
    state: second order from it led to the lowest energy known, within 0.01 hartree.
    """
    from pyscf.lib import temporary_env

    before = {name: getattr(field, name) for name in STATE}
    with temporary_env(field, level_shift=_LEVEL_SHIFT):
        field.kernel(dm0=guess)
    if field.converged:
        tell("the SCF converged only with a level shift")
        return
    if before["e_tot"] < field.e_tot:
        vars(field).update(before)
    second = field.newton()
    second.kernel(field.mo_coeff, field.mo_occ)
    vars(field).update({name: getattr(second, name) for name in STATE})
    if field.converged:
        tell("the SCF converged only by second order")


def tell(remedy: str) -> None:
    warnings.warn(remedy, Remedy, stacklevel=2)


def occupied(field: Any) -> tuple[Array, ...]:
    """Occupied orbitals of each spin, shape (b, o); of a restricted mean field one set for both."""
    if field.mo_occ.ndim == 1:
        return (field.mo_coeff[:, field.mo_occ > 0],)
    return tuple(c[:, n > 0] for c, n in zip(field.mo_coeff, field.mo_occ, strict=True))


def density(orbitals: tuple[Array, ...]) -> Array:
    """The density matrix, or that of each spin, of what `_occupied` returns."""
    from pyscf.lib import tag_array

    if len(orbitals) == 2:
        return np.array([c @ c.T for c in orbitals])
    (c,) = orbitals
    tagged = tag_array(2 * c @ c.T, mo_coeff=c, mo_occ=np.full(c.shape[1], 2.0))
    return np.asanyarray(tagged)


def factorised(density: Any) -> Any:
    """A density matrix with its natural orbitals, from which PySCF builds exchange much faster.

    The time of density-fitted exchange grows with the number of occupied orbitals; for a bare
    matrix it is that of all orbitals. Pairs of spin densities are left as they are.
    """
    from pyscf.lib import tag_array

    if density.ndim != 2 or hasattr(density, "mo_coeff"):
        return density
    occupations, orbitals = np.linalg.eigh(density)
    kept = occupations > _EMPTY
    return tag_array(density, mo_coeff=orbitals[:, kept], mo_occ=occupations[kept])


def dipole(field: Any) -> Array:
    """Dipole of a converged mean field about the origin, shape (3,), Debye."""
    return np.asarray(field.dip_moment(unit="Debye", origin=(0, 0, 0), verbose=0))
