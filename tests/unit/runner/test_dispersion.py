import pytest

from aiida_forcefield.runner.dispersion import cation_dispersion
from aiida_forcefield.runner.units import BOHR, HARTREE


@pytest.mark.parametrize(
    ("symbol", "charge", "polarizability", "literature"),
    # a.u.; rounded, after Mitroy, Safronova and Clark, J. Phys. B 43, 202001 (2010)
    [("Li", 1, 0.192, 0.078), ("Na", 1, 0.99, 1.5), ("K", 1, 5.5, 22.0), ("Mg", 2, 0.48, 0.55)],
)
def test_a_cation_has_the_dispersion_of_its_small_shell(
    symbol: str, charge: int, polarizability: float, literature: float
) -> None:
    ((c6,),) = cation_dispersion(symbol, charge, polarizability * BOHR**3)
    assert c6 / (HARTREE * BOHR**6) == pytest.approx(literature, rel=0.25)
