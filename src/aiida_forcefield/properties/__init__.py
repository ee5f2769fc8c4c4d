"""Properties that molecular dynamics predicts: what each needs, and how it is measured."""

from aiida_forcefield.properties.plan import (
    Requested,
    Task,
    plan_simulations,
    read_properties,
    write_task,
)
from aiida_forcefield.properties.property import (
    AbsoluteError,
    Property,
    RelativeError,
    Result,
    Row,
    State,
    Target,
    require_liquid,
)
from aiida_forcefield.properties.registry import (
    property_names,
    property_of,
    read_request,
    read_target,
)
from aiida_forcefield.properties.simulation import (
    Gas,
    Liquid,
    Simulation,
    read_simulation,
    write_simulation,
)
from aiida_forcefield.properties.trajectory import Trajectory

__all__ = [
    "AbsoluteError",
    "Gas",
    "Liquid",
    "Property",
    "RelativeError",
    "Requested",
    "Result",
    "Row",
    "Simulation",
    "State",
    "Target",
    "Task",
    "Trajectory",
    "plan_simulations",
    "property_names",
    "property_of",
    "read_properties",
    "read_request",
    "read_simulation",
    "read_target",
    "require_liquid",
    "write_simulation",
    "write_task",
]
