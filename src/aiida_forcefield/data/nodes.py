"""The data nodes of a study, one for each object that the science hands on."""

from aiida_forcefield.data.dataclass import DataclassData
from aiida_forcefield.dynamics import Thermo
from aiida_forcefield.potentials import ForceField
from aiida_forcefield.scans import Points, Structures
from aiida_forcefield.surrogate import Surrogate
from aiida_forcefield.topology import Topology


class TopologyData(DataclassData[Topology]):
    """Atoms, atom types and interaction terms of a molecule."""

    wraps = Topology


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
    """A fitted force field with the covariance of its parameters."""

    wraps = ForceField


class ThermoData(DataclassData[Thermo]):
    """Thermodynamic output of a molecular-dynamics run."""

    wraps = Thermo
