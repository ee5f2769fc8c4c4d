"""LAMMPS computes from exported files what the force field says, term by term."""

import re
import subprocess
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from ase.build import bulk
from ase.calculators.lammps import Prism

from aiida_forcefield.potentials.crystal_energy import crystal_model
from aiida_forcefield.potentials.electrostatics import CRYSTAL_CUTOFF, FixedCharges
from aiida_forcefield.potentials.energy import Layout
from aiida_forcefield.potentials.export.damping import DAMPING, write_damping
from aiida_forcefield.potentials.export.lammps import write_force_field
from aiida_forcefield.potentials.export.lammps_data import write_cell, write_data
from aiida_forcefield.potentials.forcefield import ForceField, Term
from aiida_forcefield.potentials.read import lammps_commands
from aiida_forcefield.potentials.read.lammps import read_lammps
from aiida_forcefield.topology.box import Box
from aiida_forcefield.topology.crystal import Crystal, from_atoms
from aiida_forcefield.topology.ions import ions_of
from aiida_forcefield.topology.molecule import from_smiles
from aiida_forcefield.topology.system import System

from ..fields import FIELDS, Array, build, droplet, largest_error, liquid, ours, overlapping, tail
from .test_lammps_export import KCAL, forces, run

pytestmark = pytest.mark.integration

TERMS = {"bond": "ebond", "angle": "eangle", "dihedral": "edihed", "improper": "eimp"}


@pytest.mark.parametrize("periodic", [False, True], ids=["vacuum", "liquid"])
@pytest.mark.parametrize("name", FIELDS)
def test_energy_and_forces(lmp: str, tmp_path: Path, name: str, periodic: bool) -> None:
    system, field = build(*FIELDS[name])
    box = liquid(system) if periodic else droplet(system)
    cutoff = 9 if periodic else 100
    include = write_force_field(
        field, system, cutoff=cutoff, kspace_accuracy=1e-9, periodic=periodic
    )
    (tmp_path / DAMPING).write_text(write_damping(field, system, cutoff))
    # LAMMPS looks Coulomb's law up in a table, with errors of 1e-6.
    include += "pair_modify table 0\n" * periodic
    data = write_data(field, system, box)
    found = run(lmp, tmp_path, include, data, boundary="p p p" if periodic else "s s s")

    expected, force = ours(field, system, box, periodic)
    for kind, keyword in TERMS.items():
        assert found[keyword] == pytest.approx(expected.get(kind, 0.0), rel=1e-6)
    assert found["evdwl"] - found["etail"] == pytest.approx(expected["nonbonded"], rel=1e-6)
    if periodic:
        assert found["etail"] == pytest.approx(tail(field, system, box, 9.0), rel=1e-4)
    # Coulomb's law is a difference of two sums, of which LAMMPS knows erfc to 1e-7.
    sums = 1e-6 * (abs(found["ecoul"]) + abs(found["elong"]))
    assert found["ecoul"] + found["elong"] == pytest.approx(expected["coulomb"], rel=0, abs=sums)
    assert found["pe"] - found["etail"] == pytest.approx(expected["energy"], rel=1e-6, abs=sums)
    assert largest_error(forces(tmp_path), force) < 1e-6


@pytest.mark.parametrize("form", ["exp6", "tang_toennies"])
def test_a_crystal_is_its_cell_again_and_again(lmp: str, tmp_path: Path, form: str) -> None:
    c8 = {"C8": 10.0} if form == "tang_toennies" else {}
    atoms = bulk("LiF", "rocksalt", a=4.03)
    atoms.set_cell(atoms.cell.array @ [[1.02, 0.01, 0], [0.02, 0.99, 0.03], [0, -0.02, 1.01]], True)
    system = ions_of(from_atoms(atoms), {"Li": 1, "F": -1})
    crystal = system.crystal
    assert crystal is not None
    numbers = {"Li": {"A": 60.0, "rho": 0.22, "C6": 0.1}, "F": {"A": 1500.0, "rho": 0.29, "C6": 7}}
    terms = tuple(
        Term("nonbonded", (each.name,), form, numbers[each.symbol] | c8)
        for each in system.atom_types
    )
    charges = {"Li:Li1": 1.0, "F:F1": -1.0}
    field = ForceField(system.atom_types, terms, FixedCharges(charges, charges), np.zeros((0, 0)))
    x = crystal.positions + np.array([[0.05, 0.1, -0.08], [0, 0, 0]])
    # LAMMPS turns the cell, so the lengths of forces are compared.
    prism = Prism(crystal.cell, reduce_cell=True)
    turned = Crystal(crystal.symbols, np.tril(prism.cell), prism.vector_to_lammps(x))
    (tmp_path / DAMPING).write_text(write_damping(field, system, CRYSTAL_CUTOFF))
    include = write_force_field(field, system, CRYSTAL_CUTOFF, kspace_accuracy=1e-8)
    include = f"replicate 8 8 8\n{include}pair_modify table 0\n"
    data = write_cell(field, system, turned)
    found = run(lmp, tmp_path, include, data, boundary="p p p")
    model = crystal_model(Layout.of(field, system), x[None], crystal.cell[None])
    energy, gradient = model.gradient(field.vector)
    assert found["pe"] / 8**3 == pytest.approx(energy[0], rel=1e-6)
    lengths = np.linalg.norm(forces(tmp_path), axis=1)
    expected = np.linalg.norm(gradient[0, :2], axis=1)  # what follows are derivatives by strain
    assert lengths == pytest.approx(np.tile(expected, 8**3), rel=1e-5)


@pytest.mark.parametrize(
    "name", ["exp6", "huggins", "lennard-jones", "lithium fluoride in carbonate"]
)
def test_overlapping_molecules_are_held_apart(lmp: str, tmp_path: Path, name: str) -> None:
    system, field = build(*FIELDS[name])
    include = write_force_field(field, system, cutoff=100, periodic=False)
    data = write_data(field, system, overlapping(system))
    assert run(lmp, tmp_path, include, data)["pe"] > 0


def test_atoms_on_top_of_each_other_are_refused_where_damping_is_not_tabulated(
    lmp: str,
    tmp_path: Path,
) -> None:
    system, field = build(*FIELDS["damped"])
    include = write_force_field(field, system, cutoff=100, periodic=False)
    (tmp_path / DAMPING).write_text(write_damping(field, system, cutoff=100))
    on_top, close = (write_data(field, system, overlapping(system, shift)) for shift in (0.06, 0.3))
    assert run(lmp, tmp_path, include, close)["pe"] > 0
    with pytest.raises(AssertionError, match="Pair distance < table inner cutoff"):
        run(lmp, tmp_path, include, on_top)


OPLS = Path(__file__).parents[1] / "opls"
DATA, SCRIPT = ((OPLS / f"methanol.{end}").read_text() for end in ("data", "in"))
METHANOL = System.pure("MeOH", from_smiles("CO"))
ORDER = [1, 4, 0, 2, 3, 5]  # C, O, three H and the hydroxyl's, as the species has them
ATOM = re.compile(r"^\d+ \d \d +-?0\.\d+ +(\S+) +(\S+) +(\S+)$", re.MULTILINE)
PARTS = ("energy", "bond", "angle", "dihedral", "nonbonded", "coulomb")


def simulate(lmp: str, folder: Path, script: str) -> tuple[dict[str, float], Array]:
    """What LAMMPS makes of two molecules of methanol: energies and forces, eV and Å."""
    (folder / "methanol.data").write_text(DATA)
    (folder / "in").write_text(script)
    command = [lmp, "-in", "in", "-log", "log"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    rows = [lines[i + 1] for i, text in enumerate(lines) if "PotEng" in text]
    values = [float(value) * KCAL for value in rows[-1].split()[1:]]
    found = forces(folder).reshape(2, 6, 3)[:, ORDER].reshape(-1, 3)
    return dict(zip(PARTS, values, strict=True)), found


def assert_read_as_lammps_reads(
    lmp: str,
    folder: Path,
    script: str,
) -> None:
    field = read_lammps(DATA, script, METHANOL)
    x = np.array(ATOM.findall(DATA), dtype=float).reshape(2, 6, 3)[:, ORDER].reshape(-1, 3)
    expected, force = ours(field, METHANOL, Box((2,), x, np.full(3, 100.0)), periodic=False)
    found, computed = simulate(lmp, folder, script)
    expected = {part: expected[part] for part in PARTS}
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-9)
    assert largest_error(computed, force) < 1e-6


def with_line(line: str, first: bool = False) -> str:
    """The input with another line, before the data is read or before it is run."""
    mark = "bond_style " if first else "run "
    return SCRIPT.replace(f"\n{mark}", f"\n{line}\n{mark}")


def test_files_of_others_are_read_as_lammps_reads_them(lmp: str, tmp_path: Path) -> None:
    assert_read_as_lammps_reads(lmp, tmp_path, SCRIPT)


EARLY = {
    "atom_modify": "atom_modify map hash sort 0 0",
    "boundary": "boundary f f f",
    "box": "box tilt large",
    "newton": "newton off",
    "package": "package omp 1",
    "processors": "processors * * 1",
    "suffix": "suffix off",
}
LATE = {
    "angle_write": "angle_write 1 10 table.txt one",
    "balance": "balance 9.0 shift x 5 1.1",
    "bond_write": "bond_write 1 10 0.8 1.4 table.txt one",
    "comm_style": "comm_style brick",
    "compute": "compute own all ke",
    "compute_modify": "compute_modify thermo_temp dynamic/dof yes",
    "dihedral_write": "dihedral_write 1 10 table.txt one",
    "dump": "dump own all atom 1 dump.own",
    "dump_modify": "dump_modify forces pbc no",
    "echo": "echo both",
    "fix_modify": "fix own all nve\nfix_modify own energy no",
    "group": "group carbon type 1",
    "info": "info system",
    "log": "log other.log",
    "min_modify": "min_modify dmax 0.1",
    "min_style": "min_style sd",
    "minimize": "minimize 0.0 0.0 0 0",
    "neighbor": "neighbor 3.0 bin",
    "pair_write": "pair_write 1 2 10 r 1.0 5.0 table.txt one",
    "print": "print 'pair_coeff 1 1 9 9'",
    "region": "region all block -9 9 -9 9 -9 9",
    "replicate": "replicate 1 1 1",
    "reset_atoms": "reset_atoms mol all",
    "reset_timestep": "reset_timestep 7",
    "restart": "restart 0",
    "run_style": "run_style respa 2 2 bond 1 pair 2",
    "thermo": "thermo 9",
    "thermo_modify": "thermo_modify lost ignore",
    "thermo_style": "thermo_style custom step pe ebond eangle edihed evdwl ecoul",
    "timer": "timer off",
    "timestep": "timestep 0.5",
    "uncompute": "compute own all ke\nuncompute own",
    "undump": "dump own all atom 1 dump.own\nundump own",
    "unfix": "fix own all nve\nunfix own",
    "variable": "variable epsilon equal 9",
    "velocity": "velocity all create 300 1",
    "write_coeff": "write_coeff coefficients",
    "write_data": "write_data written.data",
    "write_dump": "write_dump all atom written.dump",
    "write_restart": "write_restart written.restart",
}
FIX = {
    "ave/atom": "1 1 1 x",
    "ave/chunk": "1 1 1 one fx",
    "ave/correlate": "1 1 1 c_thermo_pe",
    "ave/histo": "1 1 1 0 1 9 x mode vector",
    "ave/time": "1 1 1 c_thermo_pe",
    "balance": "1 1.1 shift x 5 1.1",
    "deform": "1 x erate 0.01",
    "dt/reset": "1 0.1 1.0 0.1",
    "halt": "1 tlimit > 900",
    "momentum": "1 linear 1 1 1",
    "nph": "x 1 1 1000",
    "npt": "temp 300 300 100 x 1 1 1000",
    "nve": "",
    "nve/limit": "0.1",
    "nvk": "",
    "nvt": "temp 300 300 100",
    "press/berendsen": "iso 1 1 1000",
    "print": "1 text",
    "recenter": "INIT INIT INIT",
    "store/force": "",
    "store/state": "0 x",
    "temp/berendsen": "300 300 100",
    "temp/csld": "300 300 100 1",
    "temp/csvr": "300 300 100 1",
    "temp/rescale": "1 300 300 1 1",
    "vector": "1 c_thermo_pe",
}
KEYWORDS = [
    "pair_modify shift yes tail no table 0 nofdotr neigh/trim no",
    "neigh_modify delay 0 every 1 check yes once no cluster no page 100000 one 2000 binsize 0",
    "comm_modify mode single cutoff 70 vel no",
    "run 0 pre yes post no",
    "kspace_style none",
    "dielectric 1.0",
    "special_bonds lj/coul 0 0 0.5 angle no dihedral no",
    "special_bonds lj 0 0 0.3",
    "special_bonds amber",
    "special_bonds charmm coul 0 0 0.2",
    "pair_modify mix arithmetic",
    "pair_coeff 1*2 3* 0.1 3.1",
    "pair_coeff 2 1 0.1 3.1",
    "pair_coeff 1 1 0.1 &\n   3.1",
    "dihedral_coeff * 0.1 0.0 0.3 0.0",
    "mass 3 1.0",
]


def test_what_is_let_through_is_listed_here() -> None:
    assert set(EARLY | LATE) == set(lammps_commands.HARMLESS)
    assert set(FIX) == set(lammps_commands.FIXES)


@pytest.mark.parametrize("line", [*EARLY.values(), *LATE.values(), *KEYWORDS])
def test_commands_that_change_no_energy_or_are_read(lmp: str, tmp_path: Path, line: str) -> None:
    script = with_line(line, first=line in EARLY.values())
    assert_read_as_lammps_reads(lmp, tmp_path, script)


@pytest.mark.parametrize("style", FIX)
def test_fixes_that_change_no_force(lmp: str, tmp_path: Path, style: str) -> None:
    before = "velocity all create 300 1\ncompute one all chunk/atom bin/1d x lower 9"
    script = with_line(f"{before}\nfix own all {style} {FIX[style]}")
    if style in ("nph", "npt", "press/berendsen", "deform"):  # in a box whose edges are fixed
        script = script.replace("s s s", "p p p")
    assert_read_as_lammps_reads(lmp, tmp_path, script)


@pytest.mark.parametrize(
    "line",
    [
        "neigh_modify exclude type 1 2",
        "neigh_modify exclude molecule/intra all",
        "delete_bonds all bond 1",
        "delete_atoms group all",
        "set type 1 charge 0.5",
        "set group all type 1",
        "create_bonds single/bond 1 1 7",
        "dielectric 4",
        "pair_modify compute no",
        "pair_modify mix sixthpower",
        "kspace_modify slab 3.0",
        "special_bonds lj/coul 0 0 0.5 angle yes",
        "special_bonds lj/coul 0 0.5 1",
        "pair_coeff 1 1 0.066 3.5 3.9",
        "pair_style lj/cut/coul/cut 3.0",
        "pair_style lj/smooth 8 9",
        "bond_style zero",
        "bond_style none",
        "include more.in",
        "variable epsilon equal 9\npair_coeff 1 1 ${epsilon} 3.5",
        "variable e equal 9\npair_coeff 1 1 $e 3.5",
        "pair_coeff 1 1 $(9.0) 3.5",
        "if '1 > 0' then 'pair_coeff 1 1 9 3.5'",
        "run 0 every 1 'pair_coeff 1 1 9 3.5'",
        "label here\njump SELF here",
        "displace_atoms all random 1 1 1 7",
        "change_box all x scale 2",
        "comm_modify group all",
        "read_dump other.dump 0 x y z",
        "read_data more.data add append",
        "clear",
        "fix own all efield 0 0 1",
        "fix own all addforce 1 0 0",
        "fix own all aveforce 1 0 0",
        "fix own all setforce 0 0 0",
        "fix own all spring/self 10",
        "fix own all spring tether 9 0 0 0 0",
        "fix own all ti/spring 9 9 9",
        "fix own all smd cvel 9 1 tether 0 0 0 0",
        "fix own all restrain bond 1 7 9 9 2",
        "fix own all gravity 1 vector 0 0 1",
        "fix own all indent 9 sphere 0 0 0 5",
        "fix own all wall/harmonic xlo -2 9 1 5",
        "fix own all drag 0 0 0 9 1",
        "fix own all shake 1e-4 20 0 b 2",
        "fix own all rattle 1e-4 20 0 b 2",
        "fix own all rigid molecule",
        "fix own all langevin 300 300 100 1",
        "fix own all viscous 1",
        "fix own all lineforce 1 0 0",
        "fix own all freeze",
        "fix own all box/relax x 1",
        "fix own all adapt 1 pair lj/cut/coul/cut epsilon 1 1 v_x",
        "fix own all mdi/qm",
        "fix own all external pf/callback 1 1",
        "fix own all cmap cmap.data",
        "fix own all qeq/point 1 10 1e-6 100 charges",
        "fix own all gcmc 1 1 1 1 1 300 1 1",
        "fix own all electrode/conp 0 1",
        "fix own all plumed plumedfile a",
        "fix own all colvars c",
        "fix own all python/invoke 1 end_of_step f",
        "fix own all wall/reflect xlo EDGE",
        "fix own all alchemy v_x",
    ],
)
def test_commands_that_change_energies_are_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"^input, line \d+: "):
        read_lammps(DATA, with_line(line), METHANOL)


@pytest.mark.parametrize(("style", "numbers"), [("cvff", "9.5 -1 2"), ("harmonic", "9.5 0")])
def test_orders_of_an_improper(lmp: str, tmp_path: Path, style: str, numbers: str) -> None:
    """Those that are read say what they say in LAMMPS; an order and its reverse are the same."""
    forms = "harmonic_bond harmonic_angle fourier cosine_improper lennard_jones"
    system, field = build({"acetone": "CC(C)=O"}, forms, {})
    box = droplet(system)
    script = write_force_field(field, system, cutoff=100, periodic=False)
    script = re.sub("improper_style.*", f"improper_style {style}", script)
    script = re.sub("improper_coeff.*", f"improper_coeff 1 {numbers}", script)
    data = write_data(field, system, box)
    head, rows = data.split("Impropers\n\n")
    read = []
    for order in permutations(range(4)):
        members = [[line.split()[2:][place] for place in order] for line in rows.splitlines()]
        lines = [f"{n} 1 {' '.join(atoms)}" for n, atoms in enumerate(members, start=1)]
        text = head + "Impropers\n\n" + "\n".join(lines) + "\n"
        try:
            field = read_lammps(text, script, system)
        except ValueError:
            continue
        read.append(order)
        found = run(lmp, tmp_path, script, text)
        expected, force = ours(field, system, box, periodic=False)
        assert found["eimp"] == pytest.approx(expected["improper"], rel=1e-6)
        assert largest_error(forces(tmp_path), force) < 1e-6
    assert read == [(0, 1, 2, 3), (0, 2, 1, 3), (3, 1, 2, 0), (3, 2, 1, 0)]


@pytest.mark.parametrize(
    "styles",
    ["hybrid/overlay lj/cut 60 coul/cut 60", "hybrid/overlay lj/cut/coul/cut 60"],
)
def test_styles_on_top_of_each_other(lmp: str, tmp_path: Path, styles: str) -> None:
    main = styles.split()[1]
    script = re.sub(r"(pair_coeff +\S+ +\S+)", rf"\1 {main}", SCRIPT)
    script = script.replace("lj/cut/coul/cut 60.0", styles)
    if "coul/cut 60" in styles and main == "lj/cut":
        script = script.replace("\nrun ", "\npair_coeff * * coul/cut\nrun ")
    assert_read_as_lammps_reads(lmp, tmp_path, script)
