"""The data nodes of a study, one for each object that the science hands on."""

from typing import Any

from aiida_forcefield.data.dataclass import DataclassData
from aiida_forcefield.dynamics import Thermo
from aiida_forcefield.potentials import ForceField
from aiida_forcefield.scans import Origin, Points, Scan, Structures
from aiida_forcefield.surrogate import LearnedProfile
from aiida_forcefield.topology import Box, Frames, Species, System


class SpeciesData(DataclassData[Species]):
    """One molecule or ion: atoms, atom types and interaction terms."""

    wraps = Species

    def index(self, value: Species) -> dict[str, Any]:
        """The key, by which points and systems name the species."""
        return {"key": value.key}

    _hash_ignored_attributes = ("key",)

    def name(self, value: Species) -> str:
        """Its SMILES, or its formula."""
        return value.smiles or value.formula


class SystemData(DataclassData[System]):
    """Species with their names and amounts."""

    wraps = System

    def name(self, value: System) -> str:
        """The names of its species."""
        return " + ".join(value.names)


class StructuresData(DataclassData[Structures]):
    """Structures that wait for their QM result."""

    wraps = Structures

    def name(self, value: Structures) -> str:
        """Which scan, sampling or round asked for them."""
        return _asked_by(value.origin)


class PointsData(DataclassData[Points]):
    """Structures with their QM results."""

    wraps = Points

    def name(self, value: Points) -> str:
        """Which scan, sampling or round asked for them."""
        return _asked_by(value.origin)


class ScanData(DataclassData[Scan]):
    """A coordinate and the window over which it is scanned."""

    wraps = Scan

    def name(self, value: Scan) -> str:
        """The coordinate."""
        return value.name


class ProfileData(DataclassData[LearnedProfile]):
    """The learned profile of a scan, with its uncertainty and the next values to compute."""

    wraps = LearnedProfile

    def name(self, value: LearnedProfile) -> str:
        """The coordinate."""
        return value.scan.name


class ForceFieldData(DataclassData[ForceField]):
    """A force field with the covariance of its parameters.

    For queries there are the attributes ``elements``, a list, and ``ranges``: for each form the
    least and the largest value of each parameter, such as ``ranges.morse.D.max``: whether some term
    is beyond a number, not whether one lies between two.
    """

    wraps = ForceField
    _hash_ignored_attributes = ("elements", "ranges")

    def name(self, value: ForceField) -> str:
        """The names of its species."""
        return " + ".join(dict.fromkeys(each.species for each in value.atom_types))

    def index(self, value: ForceField) -> dict[str, Any]:
        """Elements and ranges of parameters."""
        ranges: dict[str, dict[str, dict[str, float]]] = {}
        for term in value.terms:
            known = ranges.setdefault(term.form, {})
            for name, number in term.parameters.items():
                ends = known.setdefault(name, {"min": number, "max": number})
                ends["min"], ends["max"] = min(ends["min"], number), max(ends["max"], number)
        return {"elements": list(value.elements), "ranges": ranges}


class BoxData(DataclassData[Box]):
    """Molecules in a periodic box."""

    wraps = Box


class FramesData(DataclassData[Frames]):
    """A box at several times."""

    wraps = Frames


class ThermoData(DataclassData[Thermo]):
    """Thermodynamic output of a molecular-dynamics run."""

    wraps = Thermo


def _asked_by(origin: Origin) -> str:
    """The name of an origin, with the round of a liquid that it is from."""
    return origin.name if origin.round is None else f"{origin.name}, round {origin.round}"
