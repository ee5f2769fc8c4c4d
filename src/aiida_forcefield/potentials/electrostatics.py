"""Electrostatics of a force field: what charges its atoms have, in vacuum and in the liquid."""

from dataclasses import dataclass
from typing import Literal

State = Literal["gas", "liquid"]


@dataclass(frozen=True)
class FixedCharges:
    """Point charges on the atoms that nothing changes.

    Attributes:
        gas: charge of each atom type in vacuum, e, by its name; interaction energies are fitted
            with them.
        liquid: in the liquid, e; MD runs with them, and bonded terms are fitted with them.
    """

    gas: dict[str, float]
    liquid: dict[str, float]

    def charges(self, state: State) -> dict[str, float]:
        """Those of a state."""
        return self.gas if state == "gas" else self.liquid
