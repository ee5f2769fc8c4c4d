"""Van der Waals radii of elements."""

from rdkit import Chem


def van_der_waals_radius(symbol: str) -> float:
    """Of an element, Å, as RDKit has it."""
    return float(Chem.GetPeriodicTable().GetRvdw(symbol))


def van_der_waals_distance(i: str, j: str) -> float:
    """Sum of the van der Waals radii of two elements, Å."""
    return van_der_waals_radius(i) + van_der_waals_radius(j)
