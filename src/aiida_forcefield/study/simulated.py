"""The boxes that a study simulated."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiida.orm import ProcessNode

    from aiida_forcefield.topology import Box, System


def boxes_of(study: "ProcessNode") -> Iterator[tuple[str, dict[str, Any], "Box"]]:
    """Label, plain values and starting box of each simulation for properties that has one."""
    from aiida.common.links import LinkType
    from aiida.orm import ProcessNode

    from aiida_forcefield.data.outputs import outputs_of

    planned = study.inputs.simulations if "simulations" in study.inputs else {}
    called = study.base.links.get_outgoing(link_type=LinkType.CALL_WORK).all()
    chains = {each.link_label: each.node for each in called if isinstance(each.node, ProcessNode)}
    for label, inputs in planned.items():
        box = outputs_of(chains[label]).get("box") if label in chains else None
        if box is not None:
            yield label, inputs.simulation.get_dict(), box.value


def sizes_of(study: "ProcessNode", system: "System") -> dict[str, Any]:
    """What was simulated, by label, with numbers of molecules by species and of atoms."""
    return {
        label: {
            **simulation,
            "molecules": dict(zip(system.names, box.counts, strict=True)),
            "atoms": len(box.positions),
        }
        for label, simulation, box in boxes_of(study)
    }
