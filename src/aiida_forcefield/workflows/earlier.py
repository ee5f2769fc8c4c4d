"""What a force field was fitted to, to be fitted once more."""

from dataclasses import dataclass

from aiida.common.links import LinkType
from aiida.orm import ArrayData, ProcessNode

from aiida_forcefield.calculations.jobs.fit import FitCalculation
from aiida_forcefield.data import (
    ForceFieldData,
    FramesData,
    PointsData,
    ProfileData,
    SystemData,
)
from aiida_forcefield.data.outputs import outputs_of
from aiida_forcefield.topology import System


@dataclass(frozen=True, eq=False)
class EarlierFit:
    """What a force field was fitted to, and what its liquid has beyond pairs.

    Attributes:
        system: whose force field it is.
        references: each species at its minimum, by name.
        properties: Hessian, potential and dispersion of these.
        points: by scan and round, or by batch.
        profiles: by scan.
        frames: the liquids of the rounds, in order of their labels.
        polarizability: of the species, by name, where it was computed.
    """

    system: SystemData
    references: dict[str, PointsData]
    properties: dict[str, ArrayData]
    points: dict[str, PointsData]
    profiles: dict[str, ProfileData]
    frames: dict[str, FramesData]
    polarizability: dict[str, ArrayData]

    def is_of(self, system: System) -> bool:
        """Whether it is of a system of the same species with the same names."""
        own = self.system.value
        keys = [{name: species.key for name, species in each} for each in (own, system)]
        return keys[0] == keys[1]


def earlier_of(force_field: ForceFieldData) -> EarlierFit:
    """What a force field was fitted to.

    Raises:
        ValueError: it comes from no `forcefield.fit`.
    """
    creator: ProcessNode | None = force_field.creator
    if creator is None or creator.process_class is not FitCalculation or creator.caller is None:
        raise ValueError(f"force field {force_field.pk} was not fitted by a study")
    found = creator.base.links.get_incoming(link_type=LinkType.INPUT_CALC).nested()
    fit = creator.caller.caller  # beyond the WorkChain of that job
    return EarlierFit(
        system=found["system"],
        references=found["references"],
        properties=found["properties"],
        points=found["points"],
        profiles=found.get("profiles", {}),
        frames=found.get("frames", {}),
        polarizability=outputs_of(fit).get("polarizability", {}) if fit else {},
    )
