"""C8 of atoms from their C6."""

from typing import Final

from ase.data import atomic_numbers

from aiida_forcefield.units import BOHR

# fmt: off
_MOMENTS: Final = (
    2.0073, 1.5664, 5.0199, 3.8538, 3.6445, 3.1049, 2.7118, 2.5936, 2.3883, 2.2152, 6.5859,
    5.4630, 5.6522, 4.8828, 4.2973, 4.0411, 3.7293, 3.4468, 7.9776, 7.0762, 6.6084, 6.2879,
    6.0773, 5.5464, 5.8049, 5.5842, 5.4137, 5.2850, 5.2259, 5.0982, 6.1215, 5.5408, 5.0670,
    4.8701, 4.5909, 4.3118, 9.5546, 8.6740, 7.9721, 7.4344, 6.5871, 6.1954, 6.0152, 5.8162,
    5.6571, 5.5264, 5.4426, 5.5829, 7.0208, 6.4682, 5.9809, 5.8169, 5.5332, 5.2548, 11.0220,
    10.1568, 9.3517, 9.0693, 8.9724, 8.9009, 8.8598, 8.8174, 8.7932, 7.8997, 8.8059, 8.4244,
    8.5429, 8.4758, 8.4509, 8.4734, 7.8353, 8.2070, 7.7056, 7.3276, 7.0389, 6.6898, 6.0545,
    5.8875, 5.7066, 5.7845, 7.7978, 7.2644, 6.7815, 6.6788, 6.3902, 6.0953,
)
# fmt: on
"""√(√Z ⟨r⁴⟩ / 2 ⟨r²⟩) of free atoms, bohr, hydrogen to radon, as DFT-D3 and D4 have them:
S. Grimme et al., J. Chem. Phys. 132, 154104 (2010)."""


def c8_over_c6(symbol: str) -> float:
    """C8 / C6 between two like atoms, Å².

    Raises:
        ValueError: an element beyond radon.
    """
    number = atomic_numbers[symbol]
    if number > len(_MOMENTS):
        raise ValueError(f"{symbol}: C8 is known up to radon")
    return 3.0 * (_MOMENTS[number - 1] * BOHR) ** 2
