"""What was written for LAMMPS is read back; other people's files are read or refused."""

import re
from pathlib import Path

import numpy as np
import pytest

from aiida_forcefield.potentials.export.lammps import write_force_field
from aiida_forcefield.potentials.export.lammps_data import write_data
from aiida_forcefield.potentials.forcefield import ForceField
from aiida_forcefield.potentials.forms import FORMS
from aiida_forcefield.potentials.read import read_files
from aiida_forcefield.potentials.read.lammps import read_lammps
from aiida_forcefield.topology.box import Box
from aiida_forcefield.topology.system import System
from aiida_forcefield.units import KCAL_PER_MOL

from ...fields import FIELDS, Array, build, droplet, ours
from .test_read_openmm import CHARGES, METHANOL, assert_same

FOLDER = Path(__file__).parents[2] / "opls"
DATA, SCRIPT = ((FOLDER / f"methanol.{name}").read_text() for name in ("data", "in"))


def forces(field: ForceField, system: System = METHANOL, molecules: int = 3) -> Array:
    """Of a few shaken molecules, far from each other, shape (M, n, 3)."""
    geometry = system.species[0].conformers[0]
    shifts = 30.0 * np.arange(molecules)[:, None, None]
    x = geometry + shifts + np.random.default_rng(0).normal(scale=0.1, size=(3, 6, 3))
    box = Box((molecules,), x.reshape(-1, 3), np.full(3, 100.0))
    return ours(field, system, box, False)[1]


@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize("name", sorted(FIELDS.keys() - {"overlap"}))
def test_round_trip(name: str, periodic: bool) -> None:
    system, field = build(*FIELDS[name])
    data = write_data(field, system, droplet(system))
    script = write_force_field(field, system, periodic=periodic)
    assert_same(read_lammps(data, script, system), field)


def test_a_field_comes_back() -> None:
    system, field = build(*FIELDS["ring of three"])
    box = droplet(system)
    read = read_lammps(write_data(field, system, box), write_force_field(field, system), system)
    found, expected = (ours(each, system, box, False)[1] for each in (read, field))
    np.testing.assert_allclose(found, expected, atol=1e-7)


def test_an_overlap_comes_back_as_one_exponential_for_each_pair() -> None:
    """LAMMPS does not tell its parts."""
    system, field = build(*FIELDS["overlap"])
    box = droplet(system)
    read = read_lammps(write_data(field, system, box), write_force_field(field, system), system)
    assert read.nonbonded_form is FORMS["tang_toennies"]
    found, expected = (ours(each, system, box, False)[1] for each in (read, field))
    np.testing.assert_allclose(found, expected, atol=1e-7)


def test_species_may_stand_in_the_file_in_another_order() -> None:
    system, field = build(*FIELDS["damped ions"])
    data = write_data(field, system, droplet(system))
    script = write_force_field(field, system)
    turned = System(system.names[::-1], system.species[::-1], system.amounts)
    read = read_lammps(data, script, turned)
    assert read.pair("Li:Li1", "F:F1") == pytest.approx(field.pair("Li:Li1", "F:F1"))
    assert read.electrostatics.liquid == pytest.approx(field.electrostatics.liquid)


def test_other_molecules_are_refused() -> None:
    system, field = build(*FIELDS["water and methanol"])
    data = write_data(field, system, droplet(system))
    script = write_force_field(field, system)
    methanol = System.pure("MeOH", system.of_name("MeOH"))
    with pytest.raises(ValueError, match="molecule 1 has not the atoms and bonds of MeOH"):
        read_lammps(data, script, methanol)
    water = System.pure("water", system.of_name("water"))
    assert read_lammps(data, script, water).electrostatics.liquid["water:O1"] < 0
    with pytest.raises(ValueError, match="no molecule has the atoms and bonds of water"):
        read_lammps(DATA, SCRIPT, system)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (r"pair_coeff 1 3 table .*\n", ""),
        (r"damping\.table tang-toennies-1-3", "damping.table tang-toennies-1-2"),
    ],
)
def test_damping_is_of_all_pairs_or_none(old: str, new: str) -> None:
    system, field = build(*FIELDS["damped"])
    data = write_data(field, system, droplet(system))
    script, changes = re.subn(old, new, write_force_field(field, system))
    assert changes == 1
    with pytest.raises(ValueError, match=r"damping\.table"):
        read_lammps(data, script, system)


def test_the_last_rule_counts() -> None:
    script = SCRIPT.replace("mix geometric", "mix geometric\npair_modify mix arithmetic")
    assert read_lammps(DATA, script, METHANOL).combination is None


@pytest.mark.parametrize(
    "style", ["hybrid/overlay lj/cut 60.0 coul/long 60", "hybrid/overlay coul/cut 6e1 lj/cut 60"]
)
def test_coulomb_may_be_a_style_of_its_own(style: str) -> None:
    script = SCRIPT.replace("lj/cut/coul/cut 60.0", style)
    script = re.sub(r"(pair_coeff +\S+ +\S+)", r"\1 lj/cut", script)
    (law,) = re.findall(r"coul/\w+", style)
    script += f"\npair_coeff * * {law}\nfix 1 all nve\n"
    field = read_lammps(DATA, script, METHANOL)
    assert field.term("nonbonded MeOH:O1").parameters["sigma"] == 3.12


def test_opls_methanol_in_its_own_numbers() -> None:
    field = read_lammps(DATA, SCRIPT, METHANOL)
    kcal = KCAL_PER_MOL
    assert field.term("bond MeOH:C1-MeOH:O1").parameters == pytest.approx(
        {"k": 320 * kcal, "r0": 1.41}
    )
    dihedral = field.term("dihedral MeOH:H1-MeOH:C1-MeOH:O1-MeOH:H2")
    assert dihedral.parameters["k3"] == pytest.approx(0.225 * kcal)
    assert field.pair("MeOH:C1", "MeOH:O1") == pytest.approx(
        {"epsilon": np.sqrt(0.066 * 0.17) * kcal, "sigma": np.sqrt(3.5 * 3.12)}
    )
    assert field.electrostatics.liquid == CHARGES
    assert (field.combination, field.scale_14) == ("geometric", (0.5, 0.5))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("real", "lj", "units lj: allowed: real, metal"),
        ("run             0", "bond_coeff 1 morse 1 2 3", "bond_coeff morse 1 2 3: numbers"),
        (
            "units           real",
            "",
            r"units: no input file says them \(LAMMPS takes lj\); allowed: real",
        ),
        ("lj/cut/coul/cut 60.0", "lj/cut 60.0", "pair_style: without coul, but atoms have charges"),
        ("lj/cut/coul/cut 60", "lj/cut/coul/debye 0.3 60", "pair_style lj/cut/coul/debye 0.3 60"),
        (
            "lj/cut/coul/cut 60",
            "lj/cut/coul/dsf 0.3 60",
            "pair_style lj/cut/coul/dsf 0.3 60.0: one",
        ),
        (
            "lj/cut/coul/cut 60.0",
            "hybrid/overlay lj/cut/coul/cut 60.0 gauss 10.0",
            "gauss 10.0: one of buck, born, lj/cut",
        ),
        (
            "mix geometric",
            "mix geometric\nfix 1 all efield 0 0 1",
            "fix 1 all efield 0 0 1: changes",
        ),
        ("mix geometric", "mix geometric\nfix 1 all cmap f.cmap", "fix 1 all cmap f.cmap: changes"),
        ("mix geometric", "mix geometric\nfix 1 all wall/lj93 xlo 0 1 1 2", "changes the energy"),
        ("bond_style      harmonic", "bond_style      fene", "bond_style fene; allowed: harmonic"),
        ("mix geometric", "mix sixthpower", "pair_modify mix sixthpower"),
        ("lj/coul 0.0 0.0 0.5", "lj/coul 0.0 1.0 0.5", "1-2 and 1-3 pairs must be 0"),
        ("lj/cut/coul/cut 60.0", "lj/charmm/coul/long 8 9", "pair_style lj/charmm/coul/long 8 9"),
        ("lj/coul 0.0 0.0 0.5", "lj/coul 0.0 0.0", "lj/coul 0.0 0.0: three numbers are allowed"),
        ("lj/coul 0.0 0.0 0.5", "lj/coul 0 0 half", "lj/coul 0 0 half: three numbers are allowed"),
        ("mix geometric", "mix geometric\npair_modify mix nonsense", "pair_modify mix nonsense"),
        ("pair_coeff      2 2", "pair_coeff      1 1", "atom types 1 and 2: no pair coefficients"),
        (
            "atom_style      full",
            "atom_style      molecular",
            "atom_style molecular: allowed: full",
        ),
        ("mix geometric", "mix geometric\nset type 1 charge 0.9", "set type 1 charge 0.9: not"),
        ("mix geometric", "mix geometric\ndielectric 2", "dielectric 2: not carried out"),
        ("mix geometric", "mix geometric\ninclude more.lmp", "include more.lmp: not carried out"),
        ("1 1 0.066 3.5", "1 1 ${a} 3.5", "variables are not put in; write their values"),
        ("1 1 0.066 3.5", "1 1 0.066 x", "pair_coeff 0.066 x: numbers are allowed"),
        ("mix geometric", "mix geometric\nneigh_modify exclude type 1 1", "exclude is not read"),
        ("mix geometric", "mix geometric\nneigh_modify include all", "include is not read"),
        ("mix geometric", "mix geometric compute no", "compute no: compute is not read"),
        ("mix geometric", "mix geometric\nkspace_modify compute no", "compute is not read"),
        (
            "mix geometric",
            "mix geometric\nkspace_style pppm/tip4p 1e-4",
            "pppm/tip4p 1e-4: allowed",
        ),
        (
            "mix geometric",
            "mix geometric\npair_modify pair lj/cut mix arithmetic",
            "for all styles",
        ),
        ("mix geometric", "mix geometric\nfix 1 all ti/spring 9 9 9", "changes the energy"),
        ("mix geometric", "mix geometric\nfix 1 all mdi/qm", "fix 1 all mdi/qm: changes"),
        ("mix geometric", "mix geometric\nfix 1 all shake 1e-4 9 0 b 1", "changes the energy"),
        ("mix geometric", 'mix geometric\nif "1>0" then "run 0"', "if 1>0 then run 0: not"),
        ("mix geometric", "mix geometric\ncomm_modify group all", "group is not read"),
        (
            "mix geometric",
            "mix geometric\nrun 9 every 1 'set type 1 charge 0'",
            "every is not read",
        ),
        ("mix geometric", "mix geometric\nnonsense 1 2", "nonsense 1 2: not carried out"),
        ("mix geometric", "mix geometric\nprint 'no end", "a quotation does not end"),
        ("lj/coul 0.0 0.0 0.5", "lj/coul 0.0 0.0 0.5 angle yes", "special_bonds angle yes: cannot"),
        ("methanol.data", "methanol.data nocoeff", "nocoeff is not read"),
        ("methanol.data", "methanol.data\nread_data more.data", "read_data more.data: a second"),
        ("dihedral_style  opls", "dihedral_style opls\ndihedral_style charmm", "follows another"),
        ("coul/cut 60.0", "coul/cut 3.0", "a cutoff of 3.0 Å; allowed: 6 or more"),
        ("1 1 0.066 3.5", "1 1 0.066 3.5 3.9", "a cutoff of 3.9 Å; allowed: 6 or more"),
        ("units           real", "#units metal", "units: no input file says them"),
        ("1 1 0.066 3.5", "1", "a row has too few words"),
        ("1 1 0.066 3.5", "1 1 0.066", "a row has too few words"),
    ],
)
def test_what_cannot_be_read_is_named(old: str, new: str, message: str) -> None:
    assert old in SCRIPT
    with pytest.raises(ValueError, match=message):
        read_lammps(DATA, SCRIPT.replace(old, new), METHANOL)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Masses", "Weights", "Masses: the data file has no such section"),
        ("2 15.9994", "2 32.06", "molecule 1 has not the atoms and bonds of MeOH"),
        ("3 55.0 108.5", "", "angle type 3: no coefficients"),
        ("3 1 4  0.040", "3 1 4  0.050", "charge of MeOH:H1: equal atoms have different charges"),
        ("-0.683", "-0.283", r"charges: \+0\.400 e in all on MeOH; must be \+0"),
        ("\n1 2 1 2\n", "\n1 2 1 1\n", "molecule 1 has not the atoms and bonds of MeOH"),
        ("\n1 2 1 2\n", "\n1 2 2 3\n", "molecule 1 has not the atoms and bonds of MeOH"),
        ("Atoms # full", "Atoms # charge", "atom_style charge: allowed: full"),
        ("\nBonds\n", "\nCMAP\n\n1 1 1 2 3 4 5\n\nBonds\n", "CMAP: this section is not read"),
        ("\nBonds\n", "\nBondBond Coeffs\n\n1 1\n\nBonds\n", "BondBond Coeffs: this section is"),
        ("\nBonds\n", "\nEllipsoids\n\n1 1 1 1\n\nBonds\n", "Ellipsoids: this section is not read"),
        (
            "\nBonds\n",
            "\nMasses\n\n1 1\n\nBonds\n",
            "data, line .*: Masses: the section is there tw",
        ),
        ("Bond Coeffs  # harmonic", "Bond Coeffs # morse", "of another style than bond_style harm"),
        ("\nMasses\n", "\nPair Coeffs # buck\n\nMasses\n", "of another style than pair_style lj"),
        ("LAMMPS data file", "write_data, units = metal", "but units real in the input"),
        ("-0.683  0.687  0.069", "0.687  0.069", "6 words; an atom has 7, or 10 with image flags"),
        ("3 1 4  0.040", "3 1 x  0.040", "data, line .*: there is no 'x'"),
        ("2 2 2 3\n", "2 2 2 99\n", "data, line .*: there is no '99'"),
        ("3 1 4  0.040", "3 1 4  0,040", "data, line .*: '0,040': a number is allowed"),
        ("1 320.0 1.41", "1 320.0", "harmonic_bond: 1 coefficients; 2 are allowed"),
        ("1 0.0 0.0 0.45 0.0", "1 0 0 0.45 0 7", "dihedral opls: 5 coefficients; 4 are allowed"),
    ],
)
def test_what_is_wrong_with_the_data_is_named(old: str, new: str, message: str) -> None:
    assert old in DATA
    with pytest.raises(ValueError, match=message):
        read_lammps(DATA.replace(old, new), SCRIPT, METHANOL)


@pytest.mark.parametrize(
    ("style", "numbers", "message"),
    [
        ("harmonic", "0.225 1 2.5", "n = 2.5; must be a whole number"),
        ("harmonic", "0.225 0 3", "d = 0; allowed: -1 and 1"),
        ("charmm", "0.225 inf 0 0.0", "n = inf; must be a whole number"),
        ("fourier", "1 0.225 nan 0.0", "n = nan; must be a whole number"),
        ("fourier", "2 0.225 3 0.0", "3 coefficients; three for each of 2"),
    ],
)
def test_dihedrals_that_are_none_are_refused(style: str, numbers: str, message: str) -> None:
    script = SCRIPT.replace("dihedral_style  opls", f"dihedral_style {style}")
    data = DATA.replace("1 0.0 0.0 0.45 0.0", f"1 {numbers}")
    with pytest.raises(ValueError, match=message):
        read_lammps(data, script, METHANOL)


def test_a_range_of_types_ends_at_the_types_there_are() -> None:
    script = SCRIPT.replace("3*4 3*4", "3*999999999 3*999999999")
    field = read_lammps(DATA, script, METHANOL)
    assert field.term("nonbonded MeOH:H1").parameters["epsilon"] > 0


@pytest.mark.parametrize(
    ("style", "numbers"),
    [
        ("harmonic", "0.225 1 3"),
        ("charmm", "0.225 3 0 0.0"),
        ("fourier", "1 0.225 3 0.0"),
        ("multi/harmonic", "0.225 -0.675 0 0.9 0"),
        ("nharmonic", "4 0.225 -0.675 0 0.9"),
    ],
)
def test_ways_to_say_one_dihedral(style: str, numbers: str) -> None:
    script = SCRIPT.replace("dihedral_style  opls", f"dihedral_style {style}")
    data = DATA.replace("1 0.0 0.0 0.45 0.0", f"1 {numbers}")
    expected = forces(read_lammps(DATA, SCRIPT, METHANOL))
    found = forces(read_lammps(data, script, METHANOL))
    np.testing.assert_allclose(found, expected, atol=1e-10)


def test_dihedrals_of_several_entries_add_up() -> None:
    def read(*coefficients: str) -> ForceField:
        rows = "\n".join(f"{n} {text}" for n, text in enumerate(coefficients, start=1))
        data = DATA.replace("1 0.0 0.0 0.45 0.0", rows)
        again = [
            f"{6 * n + m} {n} {atoms}"
            for n in range(1, len(coefficients) + 1)
            for m, atoms in enumerate(("1 2 5 6", "6 5 2 3", "4 2 5 6"), start=1)
        ]
        data = data[: data.index("Dihedrals\n")] + "Dihedrals\n\n" + "\n".join(again) + "\n"
        return read_lammps(data, SCRIPT.replace("style  opls", "style charmm"), METHANOL)

    one, two, three, both = (
        forces(read(*entries))
        for entries in (
            ["0.0 1 0 0.0"],
            ["0.3 1 180 0.0"],
            ["0.2 3 60 0.0"],
            ["0.3 1 180 0.0", "0.2 3 60 0.0"],
        )
    )
    assert np.abs(two - one).max() > 0.001
    np.testing.assert_allclose(both - one, (two - one) + (three - one), atol=1e-10)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("14 3 8 11 12", "14 3 8 11 12\n15 3 6 5 2", "angle: two entries for the same atoms"),
        ("6 1 10 8 11 12", "6 1 10 8 11 12\n7 1 6 5 2 1", "beside another entry; allowed: Fourier"),
    ],
)
def test_other_repeated_entries_are_refused(old: str, new: str, message: str) -> None:
    script = SCRIPT.replace("dihedral_style  opls", "dihedral_style multi/harmonic")
    data = DATA.replace("1 0.0 0.0 0.45 0.0", "1 0.225 -0.675 0 0.9 0").replace(old, new)
    with pytest.raises(ValueError, match=message):
        read_lammps(data, script, METHANOL)


def acetone(
    order: str, style: str = "cvff", numbers: str = "0.9 -1 2", extra: str = ""
) -> ForceField:
    """Acetone, its atoms as in its SMILES, with an improper of four numbers of them."""
    system, field = build(
        {"acetone": "CC(C)=O"},
        "harmonic_bond harmonic_angle fourier cosine_improper lennard_jones",
        {},
    )
    data = write_data(field, system, droplet(system))
    row = next(line for line in data.splitlines() if re.fullmatch(r"1 1 2 1 3 4", line))
    script = re.sub(
        "improper_coeff.*", f"improper_coeff 1 {numbers}", write_force_field(field, system)
    )
    script = re.sub("improper_style.*", f"improper_style {style}", script)
    return read_lammps(data.replace(f"{row}\n", f"1 1 {order}\n{extra}", 1), script, system)


@pytest.mark.parametrize("order", ["2 1 3 4", "2 3 1 4", "4 1 3 2", "4 3 1 2"])
@pytest.mark.parametrize(
    ("style", "numbers", "form"),
    [("cvff", "0.9 -1 2", "cosine_improper"), ("harmonic", "0.9 0", "harmonic_improper")],
)
def test_orders_of_an_improper_that_say_the_same(
    order: str, style: str, numbers: str, form: str
) -> None:
    (term,) = (t for t in acetone(order, style, numbers).terms if t.kind == "improper")
    assert term.form == form
    assert term.parameters["k"] == pytest.approx(0.9 * KCAL_PER_MOL)


def test_impropers_of_the_same_atoms_add_up() -> None:
    (term,) = (t for t in acetone("2 1 3 4", extra="2 1 4 3 1 2\n").terms if t.kind == "improper")
    assert term.parameters["k"] == pytest.approx(2 * 0.9 * KCAL_PER_MOL)


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ("2 1 4 3", r"the order of the three neighbours differs from ours \(C1, C1, O1\)"),
        ("2 4 3 1", r"the order of the three neighbours differs from ours \(C1, C1, O1\)"),
        ("1 3 2 4", "data, line .*: improper of .*: the centre C2 stands second or third"),
        ("1 2 3 4", "the centre C2 stands second or third"),
        ("1 5 6 7", "improper of .*: acetone has no such term"),
    ],
)
def test_orders_of_an_improper_that_say_something_else(order: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        acetone(order)


LABELS = """\
Atom Type Labels

1 CT
2 OH
3 HO
4 HC

Bond Type Labels

1 CT-OH
2 CT-HC
3 OH-HO

"""


def test_labels_of_types_are_numbers() -> None:
    data = DATA.replace("Masses\n", f"{LABELS}Masses\n")
    names = {"1": "CT", "2": "OH", "3": "HO", "4": "HC"}
    head, bonds = data.split("\nBonds\n")
    head = re.sub(
        r"^(\d+ \d) (\d)( +-?0\.\d{3} )",
        lambda found: f"{found[1]} {names[found[2]]}{found[3]}",
        head,
        flags=re.MULTILINE,
    )
    assert " OH -0.683" in head
    bonds = bonds.replace("\n4 1 2 5", "\n4 CT-OH 2 5")
    script = SCRIPT.replace("pair_coeff      2 2", "pair_coeff OH OH")
    script += "bond_coeff OH-HO 553.0 0.945\n"
    assert_same(
        read_lammps(f"{head}\nBonds\n{bonds}", script, METHANOL),
        read_lammps(DATA, SCRIPT, METHANOL),
    )


@pytest.mark.parametrize("end", ["\r\n", "   \n"])
def test_ends_of_lines_do_not_matter(end: str) -> None:
    found = read_lammps(DATA.replace("\n", end), SCRIPT.replace("\n", end), METHANOL)
    assert_same(found, read_lammps(DATA, SCRIPT, METHANOL))


def test_lines_are_joined_as_lammps_joins_them() -> None:
    script = SCRIPT.replace("1 1 0.066 3.5", "1 1 0.0&\n66 & \n 3.5").replace(
        "run             0", "run 0 &\n\npair_coeff 1 2 0.1 3.3 # not &\npair_coeff 1 2 9 9"
    )
    field = read_lammps(DATA, script, METHANOL)
    assert field.term("nonbonded MeOH:C1").parameters["sigma"] == 3.5
    assert field.pair("MeOH:C1", "MeOH:O1")["sigma"] == pytest.approx(3.3)


def test_equal_atoms_have_equal_types() -> None:
    data = DATA.replace("4 1 4  0.040", "4 1 5  0.040").replace("4 atom types", "5 atom types")
    data = data.replace("4 1.008\n", "4 1.008\n5 1.008\n")
    same, other = (SCRIPT + f"pair_coeff 5 5 0.030 {size}\n" for size in ("2.5", "2.6"))
    assert_same(read_lammps(data, same, METHANOL), read_lammps(DATA, SCRIPT, METHANOL))
    with pytest.raises(ValueError, match=r"nonbonded .*MeOH:H1: equal atoms have different"):
        read_lammps(data, other, METHANOL)


def test_masses_may_be_in_the_input() -> None:
    at, end = DATA.index("Masses"), DATA.index("Bond Coeffs")
    masses = DATA[at:end].split("\n", 2)[2].strip()
    script = SCRIPT + "".join(f"mass {row}\n" for row in masses.splitlines())
    assert_same(
        read_lammps(DATA[:at] + DATA[end:], script, METHANOL), read_lammps(DATA, SCRIPT, METHANOL)
    )


OVERLAY = re.sub(r"(pair_coeff +\S+ +\S+)", r"\1 lj/cut", SCRIPT).replace(
    "lj/cut/coul/cut 60.0", "hybrid/overlay lj/cut 60.0 coul/cut 60.0"
)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("pair_coeff 1*2 * coul/cut", "no coul/cut for atom types 4, 4"),
        ("pair_coeff * * coul/cut\npair_coeff 1 1 none", "pair_coeff none: allowed: lj/cut, coul"),
    ],
)
def test_styles_that_act_on_some_types_alone_are_refused(more: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_lammps(DATA, f"{OVERLAY}{more}\n", METHANOL)


def test_lammps_mixes_nothing_where_another_style_acts() -> None:
    field = read_lammps(DATA, f"{OVERLAY}pair_coeff * * coul/cut\n", METHANOL)
    assert field.pair("MeOH:C1", "MeOH:O1")["epsilon"] == 0


def test_a_wall_guards_against_the_collapse_alone() -> None:
    system, field = build({"MeOH": "CO"}, "morse harmonic_angle threefold exp6", {})
    data, script = write_data(field, system, droplet(system)), write_force_field(field, system)
    start, *_ = re.findall(r"pair_coeff 1 1 lj/cut \S+ (\S+)", script)
    assert read_lammps(data, script, system)
    size = 1.5 * float(start)
    wall = f"pair_coeff 1 1 lj/cut 0.1 {size:.12g} {2 ** (1 / 6) * size:.12g}\n"
    with pytest.raises(ValueError, match=r"MeOH:C1 and MeOH:C1: a wall from \S+ Å on"):
        read_lammps(data, script + wall, system)


def test_files_and_lines_are_named() -> None:
    files = [("a.data", DATA), ("b.in", SCRIPT), ("c.in", "# more\n\ndielectric 4 # water\n")]
    with pytest.raises(ValueError, match=r"^c\.in, line 3: dielectric 4: not carried out"):
        read_files(files, METHANOL)
    with pytest.raises(ValueError, match=r"^a\.data, line 20: '15\.99x': a number is allowed"):
        read_files([("a.data", DATA.replace("15.9994", "15.99x")), *files[1:2]], METHANOL)
