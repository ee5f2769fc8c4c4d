"""The table of elements agrees with ASE's."""

import ase.data
import numpy as np
import pytest

from aiida_forcefield.runner.elements import (
    SYMBOLS,
    atomic_masses,
    atomic_numbers,
    covalent_radii,
    van_der_waals_radii,
)

OTHER_STATE = {"C", "Mn", "Fe", "Co"}
"""Of which Cordero et al. have several radii, and ASE another of them."""


def test_symbols_and_masses() -> None:
    assert list(SYMBOLS) == ase.data.chemical_symbols[1:]
    np.testing.assert_allclose(atomic_masses(SYMBOLS), ase.data.atomic_masses[1:119], rtol=2e-2)
    common = SYMBOLS[:83]
    found, expected = atomic_masses(common), ase.data.atomic_masses[1:84]
    np.testing.assert_allclose(found, expected, rtol=2e-4)


def test_covalent_radii() -> None:
    same = tuple(symbol for symbol in SYMBOLS[:96] if symbol not in OTHER_STATE)
    expected = ase.data.covalent_radii[[ase.data.atomic_numbers[symbol] for symbol in same]]
    np.testing.assert_allclose(covalent_radii(same), expected)
    assert covalent_radii(("C",)) == pytest.approx([0.73])


def test_van_der_waals_radii_are_those_of_bondi() -> None:
    found = van_der_waals_radii(("H", "C", "O", "F", "S", "Li", "Og"))
    assert found == pytest.approx([1.2, 1.7, 1.52, 1.47, 1.8, 1.82, 2.0])


def test_what_is_no_element_is_named() -> None:
    with pytest.raises(ValueError, match="symbols: 'Xx' is not an element"):
        atomic_numbers(("H", "Xx"))
