"""A force field as the files of an MD program, with an example that runs."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from aiida_forcefield.study.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from aiida_forcefield.potentials import ForceField
    from aiida_forcefield.topology import Box, System
    from aiida_forcefield.topology.crystal import Crystal

PROGRAMS = ("lammps", "openmm", "gromacs")
PROGRAM_HELP = f"MD program: {', '.join(PROGRAMS)} (of Lennard-Jones only: a study's `fit.forms`)."
EXAMPLE_BOX = 40.0  # Å; wide enough for twice any cutoff
EXAMPLE_GAP = 4.0  # Å, between molecules at least
EXAMPLE_CRYSTAL = 20.0  # Å, from face to face at least
LAMMPS_EXAMPLE = """\
# {what}: the energy at the geometry of system.data, then a relaxation and, of more
# than one atom, a picosecond of dynamics. Run as: lmp -in in.lammps
units real
atom_style full
read_data system.data
{repeat}include forcefield.lmp
thermo_style custom step temp pe ebond eangle edihed evdwl ecoul elong
thermo 200
minimize 1e-8 1e-8 200 2000
"""
LAMMPS_DYNAMICS = """\
velocity all create 298.15 1 mom yes rot yes
timestep 0.5
fix motion all nve
run 2000
"""
LAMMPS_DRUDES = """\
# A molecule of each species in a box, whose Drude particles polarise it: the energy at the geometry
# of system.data, a relaxation, and two picoseconds of dynamics with cold particles. Run as:
# lmp -in in.lammps
units real
atom_style full
read_data system.data
include forcefield.lmp
{particles}
thermo_style custom step c_drudes[1] c_drudes[2] pe ebond eangle edihed evdwl ecoul elong
thermo 200
fix still atoms setforce 0 0 0
minimize 0 1e-6 200 2000
unfix still
minimize 1e-8 1e-8 200 2000
velocity all create 298.15 1 dist gaussian
timestep 1
{heat}
fix motion all nve
run 2000
# For a box of many molecules, a barostat takes the place of both fixes:
# {drift}
# {barostat}
"""
OPENMM_EXAMPLE = '''\
"""A molecule of each species: energy, relaxation, a picosecond of dynamics: python run.py

For a liquid: createSystem(..., nonbondedMethod=PME, nonbondedCutoff=0.9 * nanometer).
"""

from openmm import LangevinMiddleIntegrator
from openmm.app import ForceField, NoCutoff, PDBFile, Simulation
from openmm.unit import femtosecond, kelvin, picosecond

pdb = PDBFile("molecules.pdb")
system = ForceField("forcefield.xml").createSystem(pdb.topology, nonbondedMethod=NoCutoff)
integrator = LangevinMiddleIntegrator(298.15 * kelvin, 1 / picosecond, 0.5 * femtosecond)
simulation = Simulation(pdb.topology, system, integrator)
simulation.context.setPositions(pdb.positions)
print("energy:", simulation.context.getState(getEnergy=True).getPotentialEnergy())
simulation.minimizeEnergy()
simulation.step(2000)
print("after a picosecond:", simulation.context.getState(getEnergy=True).getPotentialEnergy())
'''
OPENMM_POLARIZABLE_EXAMPLE = '''\
"""A molecule of each species: relaxation, a picosecond of dynamics: python run.py

Each polarizable atom has a Drude particle, which a thermostat of its own keeps cold.
For a liquid: createSystem(..., nonbondedMethod=PME, nonbondedCutoff=0.9 * nanometer).
"""

from openmm import DrudeLangevinIntegrator
from openmm.app import ForceField, Modeller, NoCutoff, PDBFile, Simulation
from openmm.unit import femtosecond, kelvin, picosecond

pdb = PDBFile("molecules.pdb")
forcefield = ForceField("forcefield.xml")
molecules = Modeller(pdb.topology, pdb.positions)
molecules.addExtraParticles(forcefield)
system = forcefield.createSystem(molecules.topology, nonbondedMethod=NoCutoff)
integrator = DrudeLangevinIntegrator(
    298.15 * kelvin, 1 / picosecond, 1 * kelvin, 50 / picosecond, 0.5 * femtosecond
)
simulation = Simulation(molecules.topology, system, integrator)
simulation.context.setPositions(molecules.positions)
simulation.minimizeEnergy()
print("relaxed:", simulation.context.getState(getEnergy=True).getPotentialEnergy())
simulation.step(2000)
print("after a picosecond:", simulation.context.getState(getEnergy=True).getPotentialEnergy())
'''
GROMACS_EXAMPLE = """\
; A molecule of each species in a box, a picosecond of dynamics. Run as: gmx grompp && gmx mdrun
integrator = md
dt = 0.0005
nsteps = 2000
nstenergy = 100
cutoff-scheme = Verlet
coulombtype = PME
rcoulomb = 0.9
rvdw = 0.9
DispCorr = EnerPres
gen-vel = yes
gen-temp = 298.15
"""
MEANING = {
    "forcefield.lmp": "styles and coefficients, to be included after read_data",
    "damping.table": "what is damped at short range, which forcefield.lmp reads",
    "system.data": "a molecule of each species in a box, or a crystal's cell",
    "in.lammps": "an example that runs both: lmp -in in.lammps",
    "forcefield.xml": "for openmm.app.ForceField",
    "molecules.pdb": "a molecule of each species, with bonds",
    "run.py": "an example that runs both: python run.py",
    "forcefield.itp": "atom types, and how pairs of them combine",
    "molecules.itp": "the molecules",
    "topol.top": "one molecule of each species, from both",
    "conf.gro": "their positions, in a box",
    "grompp.mdp": "an example that runs all: gmx grompp && gmx mdrun",
}


def check_program(program: str) -> None:
    """Raise InputError unless a program is one of `PROGRAMS`."""
    if program not in PROGRAMS:
        raise InputError(f"--to: {program!r} is unknown; allowed: {', '.join(PROGRAMS)}")


def program_files(
    program: str,
    field: "ForceField",
    system: "System",
    geometries: "Mapping[str, NDArray[np.float64]]",
) -> dict[str, str]:
    """Text of each file by name.

    Args:
        program: one of `PROGRAMS`.
        field: the force field.
        system: its species, or crystal.
        geometries: positions of the molecules of species, by their names, shape (n, 3), Å; others
            have their first conformer.

    Raises:
        InputError: no such program, one that cannot say a form of the force field, or a crystal for
            another than LAMMPS.
    """
    from aiida_forcefield import potentials as to

    check_program(program)
    try:
        if system.crystal is not None:
            if program != "lammps":
                raise ValueError("crystals are allowed for lammps only")
            return _crystal_files(field, system, system.crystal)
        box = _example_box(
            [geometries.get(name, species.conformers[0]) for name, species in system]
        )
        if program == "lammps":
            return {
                **_lammps_files(field, system),
                "system.data": to.write_data(field, system, box),
                "in.lammps": _lammps_example(field, system, len(box.positions)),
            }
        if program == "openmm":
            polarizable = isinstance(field.electrostatics, to.Polarizable)
            return {
                "forcefield.xml": to.write_openmm(field, system),
                "molecules.pdb": to.write_pdb(system, box),
                "run.py": OPENMM_POLARIZABLE_EXAMPLE if polarizable else OPENMM_EXAMPLE,
            }
        return {
            **to.write_gromacs(field, system, box.counts),
            "conf.gro": to.write_gro(system, box),
            "grompp.mdp": GROMACS_EXAMPLE,
        }
    except ValueError as error:
        raise InputError(f"--to {program}: {error}") from None


def _example_box(molecules: "Sequence[NDArray[np.float64]]") -> "Box":
    """One molecule of each species, in a row through the middle of a cube."""
    import numpy as np

    from aiida_forcefield.topology import Box

    centred = [x - x.mean(axis=0) for x in molecules]
    radii = np.array([np.linalg.norm(x, axis=1).max() for x in centred])
    along = np.cumsum(2 * radii + EXAMPLE_GAP) - radii - EXAMPLE_GAP
    length = along[-1] + radii[-1]
    edge = max(EXAMPLE_BOX, length + EXAMPLE_BOX / 2)
    start = (edge - length) / 2
    centres = np.stack([start + along, *2 * [np.full(len(along), edge / 2)]], axis=1)
    placed = [x + centre for x, centre in zip(centred, centres, strict=True)]
    return Box((1,) * len(placed), np.concatenate(placed), np.full(3, edge))


def _lammps_files(field: "ForceField", system: "System", cutoff: float = 9.0) -> dict[str, str]:
    from aiida_forcefield.potentials import DAMPING, write_damping, write_force_field

    damping = write_damping(field, system, cutoff)
    return {
        "forcefield.lmp": write_force_field(field, system, cutoff),
        **({DAMPING: damping} if damping else {}),
    }


def _lammps_example(field: "ForceField", system: "System", atoms: int) -> str:
    from aiida_forcefield.dynamics.drudes import AtomsWithDrudes, motion_of

    motion = motion_of(field, system)
    if isinstance(motion, AtomsWithDrudes):
        return LAMMPS_DRUDES.format(
            particles="\n".join(motion.particles()),
            heat=motion.langevin(298.15, 200.0, 1),
            drift=motion.before_barostat()[0],
            barostat=motion.barostat((298.15, 298.15), ("1", "1")),
        )
    example = LAMMPS_EXAMPLE.format(what="A molecule of each species in a box", repeat="")
    # A single atom that does not drift has no temperature.
    return example + LAMMPS_DYNAMICS * (atoms > 1)


def _crystal_files(field: "ForceField", system: "System", crystal: "Crystal") -> dict[str, str]:
    """A cell, which LAMMPS repeats, as its data file wants it turned."""
    import numpy as np
    from ase.calculators.lammps import Prism

    from aiida_forcefield.potentials import CRYSTAL_CUTOFF, write_cell
    from aiida_forcefield.topology.crystal import Crystal

    prism = Prism(crystal.cell, reduce_cell=True)
    cell = np.tril(prism.cell)
    turned = Crystal(crystal.symbols, cell, prism.vector_to_lammps(crystal.positions))
    # The planes of a family of lattice vectors are one over the length of its reciprocal apart.
    heights = 1 / np.linalg.norm(np.linalg.inv(cell), axis=0)
    repeat = " ".join(str(int(count)) for count in np.ceil(EXAMPLE_CRYSTAL / heights))
    example = LAMMPS_EXAMPLE.format(what="A crystal", repeat=f"replicate {repeat}\n")
    return {
        **_lammps_files(field, system, CRYSTAL_CUTOFF),
        "system.data": write_cell(field, system, turned),
        "in.lammps": example + LAMMPS_DYNAMICS,
    }


def write_files(folder: Path, files: Mapping[str, str]) -> Iterator[str]:
    """Write files to a folder, which is made; yields a line on each.

    Raises:
        InputError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text)
            yield line(folder, name, MEANING[name])
    except OSError as error:
        raise InputError(f"--output: cannot write to {folder}: {error.strerror}") from None


def line(folder: Path, name: str, meaning: str) -> str:
    """What to tell of a file that was written."""
    return f"  {folder / name!s:<{len(str(folder)) + 16}} {meaning}"
