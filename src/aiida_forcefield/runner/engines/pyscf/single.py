"""Density-fitted exchange and MP2 in single precision, from fitting integrals in double precision.

Matrix products take half the time then. Only products are rounded: fitting integrals that were
whitened in single precision would put an interaction energy off by 0.05 kcal/mol.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyscf import lib
from pyscf.df import DF

Array = NDArray[np.float64]

_BLOCK = 64
"""Auxiliary functions whose integrals are worked on together; they stay in the cache."""
_SHARE = 0.5
"""Of the memory that is left, for integrals that are kept unpacked."""


class SinglePrecision(DF):  # type: ignore[misc]
    """The fitting integrals of another object, with which exchange is built in single precision.

    Coulomb matrices are in double precision. So are exchange matrices of densities without
    orbitals, and of attenuated Coulomb operators.

    Args:
        exact: the integrals, which have been computed.
    """

    def __init__(self, exact: DF) -> None:
        vars(self).update(vars(exact))
        size, functions = self.get_naoaux(), self.mol.nao
        megabytes = 4e-6 * size * functions**2
        self._unpacked: NDArray[np.float32] | None = None
        if megabytes < _SHARE * (self.max_memory - lib.current_memory()[0]):
            unpacked = np.empty((size, functions, functions), np.float32)
            for i, block in enumerate(self.blocks()):
                unpacked[i * _BLOCK : (i + 1) * _BLOCK] = block
            self._unpacked = unpacked

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """The integrals, shape (p, b, b) for some of the auxiliary functions at a time."""
        if self._unpacked is not None:
            for first in range(0, len(self._unpacked), _BLOCK):
                yield self._unpacked[first : first + _BLOCK]
        else:
            for packed in self.loop(_BLOCK):
                yield lib.unpack_tril(packed).astype(np.float32)

    def get_jk(
        self,
        dm: Any,
        hermi: int = 1,
        with_j: bool = True,
        with_k: bool = True,
        direct_scf_tol: float = 1e-13,
        omega: float | None = None,
    ) -> tuple[Any, Any]:
        """Coulomb and exchange matrices; see `pyscf.df.DF`."""
        orbitals = getattr(dm, "mo_coeff", None)
        if not with_k or omega or orbitals is None or dm.ndim != 2:
            return super().get_jk(dm, hermi, with_j, with_k, direct_scf_tol, omega)  # type: ignore[no-any-return]
        coulomb = super().get_jk(dm, hermi, True, False, direct_scf_tol)[0] if with_j else None
        some = dm.mo_occ > 0
        occupied = (orbitals[:, some] * np.sqrt(dm.mo_occ[some])).astype(np.float32)
        functions = len(occupied)
        exchange = np.zeros((functions, functions))
        for block in self.blocks():
            half = np.matmul(occupied.T, block).reshape(-1, functions)
            exchange += half.T @ half
        return coulomb, exchange


def mp2(fitting: SinglePrecision, occupied: Array, virtual: Array, energies: Array) -> Array:
    """Correlation energies of MP2 of a closed shell (hartree): opposite and same spin, shape (2,).

    Args:
        fitting: the integrals.
        occupied: orbitals that are correlated, shape (b, o).
        virtual: shape (b, v).
        energies: of both, one after the other, shape (o + v,), hartree.
    """
    o, v = occupied.shape[1], virtual.shape[1]
    pairs = np.empty((fitting.get_naoaux(), o, v), np.float32)
    left, right, first = occupied.T.astype(np.float32), virtual.astype(np.float32), 0
    for block in fitting.blocks():
        half = np.matmul(left, block).reshape(-1, len(right))
        pairs[first : first + len(block)] = (half @ right).reshape(-1, o, v)
        first += len(block)
    flat = pairs.reshape(-1, o * v)
    both_virtual = (energies[o:, None] + energies[None, o:]).astype(np.float32)
    opposite = same = 0.0
    for i in range(o):
        integrals = np.ascontiguousarray(pairs[:, i]).T @ flat[:, : (i + 1) * v]
        for j, direct in enumerate(integrals.reshape(v, i + 1, v).transpose(1, 0, 2)):
            amplitudes = direct / (np.float32(energies[i] + energies[j]) - both_virtual)
            twice = 1.0 if i == j else 2.0
            coulomb = float(np.einsum("ab,ab", direct, amplitudes))
            opposite += twice * coulomb
            same += twice * (coulomb - float(np.einsum("ab,ba", direct, amplitudes)))
    return np.array([opposite, same])
