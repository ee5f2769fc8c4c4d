"""Exchange and MP2 in single precision beside the same in double precision."""

import numpy as np
import pytest
from pyscf import df, gto, lib

from aiida_forcefield.runner.engines.pyscf.single import SinglePrecision, mp2

WATER = "O 0 0 0; H 0.96 0 0; H -0.24 0.93 0"


@pytest.fixture(scope="module")
def exact() -> df.DF:
    return df.DF(gto.M(atom=WATER, basis="6-31g", verbose=0), "def2-universal-jkfit").build()


@pytest.fixture(params=["kept", "in blocks"])
def rounded(request: pytest.FixtureRequest, exact: df.DF) -> SinglePrecision:
    exact.max_memory = 10**6 if request.param == "kept" else 0
    fitting = SinglePrecision(exact)
    assert (fitting._unpacked is not None) == (request.param == "kept")
    return fitting


@pytest.fixture
def orbitals(exact: df.DF) -> np.ndarray:
    """Orthonormal ones, of no Hamiltonian."""
    overlap = exact.mol.intor("int1e_ovlp")
    values, vectors = np.linalg.eigh(overlap)
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=overlap.shape))[0]
    return vectors / np.sqrt(values) @ turn


def test_coulomb_and_exchange(exact: df.DF, rounded: SinglePrecision, orbitals: np.ndarray) -> None:
    occupations = np.array([2.0, 1.5, 0.5] + [0.0] * (len(orbitals) - 3))
    density = (orbitals * occupations) @ orbitals.T
    coulomb, exchange = exact.get_jk(density)
    tagged = lib.tag_array(density, mo_coeff=orbitals, mo_occ=occupations)
    found = rounded.get_jk(tagged)
    np.testing.assert_allclose(found[0], coulomb, atol=1e-10)
    np.testing.assert_allclose(found[1], exchange, atol=1e-5)
    assert np.abs(found[1] - exchange).max() > 1e-9  # it is another way indeed
    np.testing.assert_allclose(rounded.get_jk(density)[1], exchange, atol=1e-10)
    assert rounded.get_jk(tagged, with_j=False)[0] is None


def test_mp2_is_the_sum_over_pairs(
    exact: df.DF, rounded: SinglePrecision, orbitals: np.ndarray
) -> None:
    """Σ (ia|jb)² / Δ of opposite spins, Σ (ia|jb) ((ia|jb) - (ib|ja)) / Δ of equal ones."""
    o = 4
    energies = np.concatenate([[-20.0, -1.3, -0.7, -0.5], np.linspace(0.2, 3.0, len(orbitals) - o)])
    integrals = lib.unpack_tril(np.concatenate(list(exact.loop())))
    pairs = np.einsum("Pmn,mi,na->Pia", integrals, orbitals[:, :o], orbitals[:, o:])
    direct = np.einsum("Pia,Pjb->iajb", pairs, pairs)
    occupied, virtual = energies[:o], energies[o:]
    below = occupied[:, None] - virtual
    amplitudes = direct / (below[:, :, None, None] + below)
    opposite = np.sum(direct * amplitudes)
    same = opposite - np.einsum("iajb,ibja", direct, amplitudes)
    found = mp2(rounded, orbitals[:, :o], orbitals[:, o:], energies)
    np.testing.assert_allclose(found, [opposite, same], rtol=1e-5)
    assert opposite < same < 0.0


def test_mp2_of_nothing_to_correlate(rounded: SinglePrecision, orbitals: np.ndarray) -> None:
    energies = np.zeros(len(orbitals))
    np.testing.assert_array_equal(mp2(rounded, orbitals[:, :0], orbitals, energies), [0.0, 0.0])
