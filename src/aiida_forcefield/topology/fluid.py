"""At which temperatures a known substance is liquid: to tell a study that asks for a gas."""

from dataclasses import dataclass
from math import log

from rdkit import Chem, rdBase

_TROUTON = 10.5
"""Entropy of vaporization of most liquids at their boiling points, in units of R."""
_ATMOSPHERE = 1.01325  # bar


@dataclass(frozen=True)
class Fluid:
    """Measured temperatures in K, None where unknown.

    Attributes:
        melting: at one atmosphere.
        boiling: at one atmosphere.
        critical: above it there is no liquid.
        source: of the values.
    """

    melting: float | None
    boiling: float | None
    critical: float | None
    source: str = "data of the library chemicals"

    def boils_at(self, pressure: float) -> float | None:
        """Temperature, K, above which there is no liquid at a pressure in bar, to some per cent.

        By the equation of Clausius and Clapeyron with Trouton's entropy of vaporization.
        """
        if self.boiling is None:
            return self.critical
        inverse = 1.0 - log(pressure / _ATMOSPHERE) / _TROUTON
        most = self.critical or 1.5 * self.boiling
        return min(self.boiling / inverse, most) if inverse > 0 else most


def known_fluid(smiles: str) -> Fluid | None:
    """What was measured of the substance of a SMILES; None if nobody did."""
    from chemicals import CAS_from_any, Tb, Tc, Tm

    with rdBase.BlockLogs():
        key = Chem.MolToInchiKey(Chem.MolFromSmiles(smiles))  # type: ignore[no-untyped-call]
    try:
        number = CAS_from_any(f"InChIKey={key}")
    except ValueError:
        return None
    return Fluid(Tm(number), Tb(number), Tc(number))
