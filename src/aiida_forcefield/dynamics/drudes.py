"""LAMMPS input for liquids of polarizable molecules, whose Drude particles are kept cold.

At 1 K the particles stay near where springs and charges would have them at rest, so that the atoms
feel almost the forces of that (G. Lamoureux, B. Roux, J. Chem. Phys. 119, 3025 (2003)). Their
heat bath is one of three, beside those of the motion of whole molecules and of what is left (C. Y.
Son et al., J. Phys. Chem. Lett. 10, 7523 (2019)).
"""

from typing import Final

from aiida_forcefield.dynamics.conditions import THERMO_EVERY, THERMOSTAT, Conditions
from aiida_forcefield.dynamics.log import THERMO_KEYWORDS
from aiida_forcefield.dynamics.script import DATA, FORCE_FIELD, script_end, shake
from aiida_forcefield.potentials.export.lammps_drudes import most_particles
from aiida_forcefield.potentials.forcefield import ForceField
from aiida_forcefield.topology.system import System
from aiida_forcefield.units import BAR_PER_ATM

DRUDE_TEMPERATURE: Final = 1.0  # K
TIMESTEP: Final = (
    1.0  # fs: a Drude particle swings in 6, whether bonds to hydrogen are rigid or not
)
TEMPERATURES: Final = "c_temperatures[1] c_temperatures[2]"
"""What is printed for the temperature of the atoms and that of the Drude particles, K."""

_DRUDE_THERMOSTAT: Final = 20.0  # fs
_BAROSTAT: Final = 1000.0  # fs


def polarizable_head(field: ForceField, system: System) -> list[str]:
    """Read the system and the force field, and say what is printed; as `script_head`.

    The groups ``atoms`` and ``particles`` are defined.
    """
    # Files that LAMMPS writes do not say how much room `fix drude` needs.
    room = most_particles(field.electrostatics, system)
    types = len(system.type_names)
    return [
        "units real",
        "atom_style full",
        f"read_data {DATA} extra/special/per/atom {room}",
        f"include {FORCE_FIELD}",
        "neighbor 2.0 bin",
        "neigh_modify delay 0 every 1 check yes",
        "comm_modify vel yes",  # of hosts at the boundary, which their particles move with
        f"group atoms type 1:{types}",
        "group particles subtract all atoms",
        "compute temperatures all temp/drude",
        f"thermo_style custom {THERMO_KEYWORDS} {TEMPERATURES}",
        "thermo_modify line one flush yes format float %.10g",
        f"thermo {THERMO_EVERY}",
    ]


def cold_barostat(temperatures: tuple[float, float], pressures: tuple[str, str]) -> str:
    """NPT from a temperature (K) and pressure (atm) to others, with cold Drude particles."""
    first, last = temperatures
    return (
        f"fix motion all tgnpt/drude temp {first:g} {last:g} {THERMOSTAT:g} "
        f"{DRUDE_TEMPERATURE:g} {_DRUDE_THERMOSTAT:g} iso {' '.join(pressures)} {_BAROSTAT:g}"
    )


def polarizable_npt_script(
    field: ForceField, system: System, conditions: Conditions, duration: float, seed: int
) -> str:
    """NPT for ``duration`` (ps) of a liquid that is about as dense as it is going to be.

    The particles are brought to rest first, among atoms that stay. Seeds of LAMMPS are positive
    integers.
    """
    pressure = f"{conditions.pressure / BAR_PER_ATM:.10g}"
    return "\n".join(
        [
            *polarizable_head(field, system),
            "fix still atoms setforce 0 0 0",
            "minimize 0 1e-3 100 500",
            "unfix still",
            "minimize 0 1e-2 100 500",
            "reset_timestep 0",
            f"velocity atoms create {conditions.temperature:g} {seed} dist gaussian",
            "velocity all zero linear",
            *shake(conditions),
            f"timestep {TIMESTEP:g}",
            # Of the three temperatures, that of the molecules' motion has no drift in it.
            "fix drift all momentum 100 linear 1 1 1",
            cold_barostat((conditions.temperature,) * 2, (pressure, pressure)),
            f"run {round(1000 * duration / TIMESTEP)}",
            *script_end(),
        ]
    )
