"""The data nodes of a study, one for each object that the science hands on."""

from typing import Any

from aiida_forcefield.data.dataclass import DataclassData
from aiida_forcefield.dynamics import Thermo
from aiida_forcefield.potentials import ForceField
from aiida_forcefield.scans import Points, Structures
from aiida_forcefield.surrogate import Surrogate
from aiida_forcefield.topology import Species


class SpeciesData(DataclassData[Species]):
    """Atoms, atom types and interaction terms of a molecule."""

    wraps = Species


class StructuresData(DataclassData[Structures]):
    """Structures that a scan proposes."""

    wraps = Structures


class PointsData(DataclassData[Points]):
    """Structures with their QM results."""

    wraps = Points


class SurrogateData(DataclassData[Surrogate]):
    """The learned profile of a scan, with its uncertainty and the next values to compute."""

    wraps = Surrogate


class ForceFieldData(DataclassData[ForceField]):
    """A force field with the covariance of its parameters.

    For queries there are the attributes ``elements``, a list, and ``ranges``: for each form the
    least and the largest value of each parameter, such as ``ranges.morse.D.max``: whether some term
    is beyond a number, not whether one lies between two.
    """

    wraps = ForceField
    _hash_ignored_attributes = ("elements", "ranges")

    def index(self, value: ForceField) -> dict[str, Any]:
        """Elements and ranges of parameters."""
        ranges: dict[str, dict[str, dict[str, float]]] = {}
        for term in value.terms:
            known = ranges.setdefault(term.form, {})
            for name, number in term.parameters.items():
                ends = known.setdefault(name, {"min": number, "max": number})
                ends["min"], ends["max"] = min(ends["min"], number), max(ends["max"], number)
        return {"elements": list(value.elements), "ranges": ranges}


class ThermoData(DataclassData[Thermo]):
    """Thermodynamic output of a molecular-dynamics run."""

    wraps = Thermo
