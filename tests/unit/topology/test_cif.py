"""A CIF is read as it says, or refused: its symmetry, rounded numbers, disorder, composition."""

from collections import Counter

import numpy as np
import pytest
import spglib
from ase import Atoms
from ase.neighborlist import neighbor_list

from aiida_forcefield.topology.cif import read_cif
from aiida_forcefield.topology.crystal import Crystal

SITE = ("label", "type_symbol", "fract_x", "fract_y", "fract_z")
SALT = ("Na1 Na 0 0 0", "Cl1 Cl 0.5 0.5 0.5")
CENTRING = ("x,y,z", "x,y+1/2,z+1/2", "x+1/2,y,z+1/2", "x+1/2,y+1/2,z")


def cif(cell: str, *lines: str, sites: tuple[str, ...], columns: tuple[str, ...] = SITE) -> str:
    """A CIF; the cell is its three lengths, and angles that are not 90 degrees."""
    values = [*cell.split(), "90", "90", "90"][:6] if len(cell.split()) < 4 else cell.split()
    tags = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
    edges = [f"_cell_{tag} {value}" for tag, value in zip(tags, values, strict=True)]
    names = [f"_atom_site_{column}" for column in columns]
    return "\n".join(["data_case", *edges, *lines, "loop_", *names, *sites, ""])


def salt(*lines: str, sites: tuple[str, ...] = SALT, columns: tuple[str, ...] = SITE) -> str:
    return cif("5.64 5.64 5.64", *lines, sites=sites, columns=columns)


def symbol(name: str) -> str:
    return f"_symmetry_space_group_name_H-M '{name}'"


def number(value: int) -> str:
    return f"_symmetry_Int_Tables_number {value}"


def operations(*written: str) -> str:
    return "\n".join(["loop_", "_symmetry_equiv_pos_as_xyz", *(f"'{text}'" for text in written)])


def peroxide(third: str, two_thirds: str) -> str:
    return cif(
        "3.14 3.14 7.65 90 90 120",
        symbol("P 63/m m c"),
        sites=(
            "Li1 Li 0 0 0",
            f"Li2 Li {third} {two_thirds} 0.75",
            f"O1 O {third} {two_thirds} 0.149",
        ),
    )


def space_group(found: Crystal) -> int:
    cell = (found.cell, found.positions @ np.linalg.inv(found.cell), _atoms(found).numbers)
    dataset = spglib.get_symmetry_dataset(cell, symprec=1e-3)
    assert dataset is not None
    return dataset.number


def nearest(found: Crystal, one: str, other: str) -> float:
    return float(neighbor_list("d", _atoms(found), {(one, other): 4.0}).min())


def _atoms(found: Crystal) -> Atoms:
    return Atoms(found.symbols, found.positions, cell=found.cell, pbc=True)


@pytest.mark.parametrize(
    "lines",
    [
        (symbol("F m -3 m"),),
        (symbol("Fm3m"), number(225)),
        ("_symmetry_space_group_name_Hall '-F 4 2 3'",),
        (number(225),),
        (operations(*CENTRING),),
        (symbol("?"), operations(*CENTRING)),
        (symbol("F m -3 m"), operations("?")),
        (operations("X, Y, Z", "x,.5+y,0.5+z", "1/2 + x, y, 1/2 + z", "+x+1/2,+y+1/2,z"),),
    ],
)
def test_rock_salt_whichever_way_its_symmetry_is_stated(lines: tuple[str, ...]) -> None:
    found = read_cif(salt(*lines))
    assert Counter(found.symbols) == {"Na": 1, "Cl": 1}
    assert space_group(found) == 225
    assert nearest(found, "Na", "Cl") == pytest.approx(2.82)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ((), "none is stated; add all operations"),
        ((symbol("F m -3 m"), operations("x,y,z")), "those of P 1, which contradicts .*'F m -3 m'"),
        ((symbol("F m -3 m"), operations("x,y,z", "-x,-y,-z")), "those of P -1, which contradicts"),
        ((number(62), operations("x,y,z")), "those of P 1, which contradicts space group 62"),
        ((number(62), operations(*CENTRING)), "of space group 1, which contradicts space group 62"),
        ((number(221), symbol("F m -3 m")), "contradict each other"),
        ((operations(*CENTRING[:3]),), "operations are missing"),
        ((operations("x,y,z", "x,y,z,t"),), "'x,y,z,t' is no operation"),
        ((operations("x,y,z", "x,x,z"),), "'x,x,z' is no operation"),
        ((symbol("P n m a :7"),), "'P n m a :7' is not known; add all operations"),
        ((symbol("F d -3 m"),), "may mean F d -3 m :1, F d -3 m :2; add all"),
        ((number(62),), "may mean P n m a, P m n b"),
        ((symbol("P 63/m m c"),), "lengths and angles of the cell do not allow"),
        ((operations("x,y,z", "-y,x-y,z", "-x+y,-x,z"),), "do not allow the operations"),
        (("_space_group_name_Hall '-F 4 2 3 (x,y,z+1/4)'",), "is not known; add all"),
        (("_cell_modulation_dimension 1", symbol("F m -3 m")), "modulated"),
    ],
)
def test_symmetry_in_doubt_is_refused(lines: tuple[str, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_cif(salt(*lines))


def test_operations_of_another_origin_than_the_tables_are_taken() -> None:
    found = read_cif(
        cif(
            "5 6 7",
            symbol("P -1"),
            operations("x,y,z", "0.2-x,0.3-y,0.4-z"),
            sites=("Li1 Li 0.1 0.15 0.2", "F1 F 0.4 0.3 0.1"),
        )
    )
    assert Counter(found.symbols) == {"Li": 1, "F": 2}


def test_a_name_that_is_not_known_beside_operations_is_remarked() -> None:
    found = read_cif(salt(symbol("F -1"), operations(*CENTRING)))
    assert found.remarks == ("symmetry: space group 'F -1' is not a known name; the rest was used",)


def test_a_single_operation_outside_of_a_loop() -> None:
    found = read_cif(
        cif(
            "3 4 5",
            "_symmetry_equiv_pos_as_xyz x,y,z",
            sites=("Li1 Li 0 0 0", "F1 F 0.1 0.2 0.3"),
        )
    )
    assert found.symbols == ("Li", "F")
    assert found.volume == pytest.approx(60)


@pytest.mark.parametrize("name", ["P 4/n m m :2", "P4/nmmZ", "P 4/n m m Z"])
def test_the_second_origin(name: str) -> None:
    hydroxide = cif(
        "3.549 3.549 4.334",
        symbol(name),
        number(129),
        sites=(
            "Li1 Li 0.75 0.25 0",
            "O1 O 0.25 0.25 0.1938",
            "H1 H 0.25 0.25 0.4072",
        ),
    )
    found = read_cif(hydroxide)
    assert Counter(found.symbols) == {"Li": 2, "O": 2, "H": 2}
    assert space_group(found) == 129
    assert nearest(found, "O", "H") == pytest.approx(0.925, abs=1e-3)


def test_the_number_of_p21c_does_not_change_the_axes_of_p21n() -> None:
    sites = ("Li1 Li 0.1 0.2 0.3", "F1 F 0.4 0.3 0.1")
    cell = "5 6 7 90 100 90"
    glide = operations("x,y,z", "1/2-x,1/2+y,1/2-z", "-x,-y,-z", "1/2+x,1/2-y,1/2+z")
    named = read_cif(cif(cell, symbol("P 1 21/n 1"), number(14), sites=sites))
    listed = read_cif(cif(cell, glide, sites=sites))
    assert Counter(named.symbols) == {"Li": 4, "F": 4}
    np.testing.assert_allclose(*(np.sort(found.positions, axis=0) for found in (named, listed)))
    with pytest.raises(ValueError, match=r"those of P 1 21/n 1, which contradicts .*'P 21/c'"):
        read_cif(cif(cell, symbol("P 21/c"), glide, sites=sites))


@pytest.mark.parametrize(
    ("cell", "oxygen"),
    [
        ("2.816 2.816 14.05 90 90 120", "0 0 0.2605"),
        ("4.957 4.957 4.957 33 33 33", "0.2605 0.2605 0.2605"),
    ],
)
def test_the_cell_tells_the_axes_of_a_rhombohedral_group(cell: str, oxygen: str) -> None:
    half = "0 0 0.5" if oxygen.startswith("0 ") else "0.5 0.5 0.5"
    sites = (f"Li1 Li {half}", "Co1 Co 0 0 0", f"O1 O {oxygen}")
    found = read_cif(cif(cell, symbol("R -3 m"), sites=sites))
    assert Counter(found.symbols) == {"Li": 1, "Co": 1, "O": 2}
    assert space_group(found) == 166
    if oxygen.startswith("0.26"):
        with pytest.raises(ValueError, match="do not allow space group 'R -3 m :H'"):
            read_cif(cif(cell, symbol("R -3 m :H"), sites=sites))


@pytest.mark.parametrize(
    ("third", "two_thirds"),
    [
        ("0.333", "0.667"),
        ("0.3333", "0.6667"),
        ("0.33", "0.67"),
        (".333", "0.666"),
        ("0.333300", "0.666700"),
        ("3.33e-1", "-0.333"),
        ("0.333(1)", "1.667"),
    ],
)
def test_rounded_thirds_are_thirds(third: str, two_thirds: str) -> None:
    found = read_cif(peroxide(third, two_thirds))
    assert Counter(found.symbols) == {"Li": 4, "O": 4}
    assert space_group(found) == 194
    assert nearest(found, "O", "O") == pytest.approx(1.545, abs=1e-3)
    assert found.remarks is not None
    assert "Li2, O1 moved onto special positions" in found.remarks[-1]


def test_a_line_of_positions_is_met_as_well() -> None:
    found = read_cif(
        cif(
            "12 12 12 90 90 120",
            symbol("P 6/m m m"),
            sites=("Na1 Na 0.167 0.333 0", "Cl1 Cl 0.167 0.333 0.5"),
        )
    )
    assert len(found.symbols) == 12
    assert space_group(found) == 191


@pytest.mark.parametrize("third", ["0.320", "0.3250(3)"])
def test_atoms_near_a_special_position_by_more_than_rounding_are_refused(third: str) -> None:
    with pytest.raises(ValueError, match=r"two copies of Li2 overlap, 0.0\d Å apart"):
        read_cif(peroxide(third, "0.667").replace(f"O1 O {third}", "O1 O 0.333"))


GROUPED = (*SITE, "disorder_group")
OCCUPIED = (*SITE, "occupancy")


@pytest.mark.parametrize(
    ("columns", "sites", "message"),
    [
        (SITE, ("Na1 Na 0 0 0", "Li1 Li 0 0 0"), "Na1 and Li1 overlap, 0.00 Å apart"),
        (SITE, ("Na1 Na 0 0 0", "Na2 Na 0 0 0"), "Na1 and Na2 overlap"),
        (
            GROUPED,
            ("Li1 Li 0 0 0 .", "O1 O .5 .5 .5 A", "O2 O .5 .5 .56 B"),
            "O1 is in a disordered group",
        ),
        (SITE, ("Li1 Li 0 0 0", "O1 O .5 .5 .5", "O2 O .5 .5 .56"), "O1 and O2 overlap, 0.34 Å"),
        (OCCUPIED, ("Na1 Na 0 0 0 0.5", "Cl1 Cl .5 .5 .5 1"), "partly occupied .* Na1 has 0.5"),
        (OCCUPIED, ("Na1 Na 0 0 0 1", "Cl1 Cl .5 .5 .5 0"), "partly occupied .* Cl1 has 0"),
        (SITE, ("M1 '0.8Na + 0.2Li' 0 0 0",), "M1: its element is not known"),
    ],
)
def test_disorder_is_refused(
    columns: tuple[str, ...], sites: tuple[str, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        read_cif(salt(symbol("P 1"), sites=sites, columns=columns))


@pytest.mark.parametrize("unknown", ["?", ".", "1", "1.00(2)"])
def test_an_unknown_occupancy_is_one(unknown: str) -> None:
    sites = (f"{SALT[0]} {unknown}", f"{SALT[1]} .")
    assert len(read_cif(salt(symbol("F m -3 m"), sites=sites, columns=OCCUPIED)).symbols) == 2


@pytest.mark.parametrize(
    ("formula", "units", "message"),
    [
        ("Na Cl", 4, None),
        ("Cl Na", None, None),
        ("Na4 Cl4", 4, None),  # the atoms of the cell, as many programs write them
        ("Na0.5 Cl0.5", 8, None),
        ("Na Cl H", None, "of Cl, Na, the formula is Cl H Na"),
        ("Na Cl", 2, "the cell has Cl4 Na4, the formula is 2 times Cl Na"),
        ("Na Cl", 1, "the cell has Cl4 Na4, the formula is 1 times Cl Na"),
        ("Na2 Cl", None, "the cell has Cl4 Na4, the formula is Cl Na2"),
    ],
)
def test_the_formula_is_that_of_the_atoms(
    formula: str, units: int | None, message: str | None
) -> None:
    lines = [symbol("F m -3 m"), f"_chemical_formula_sum '{formula}'"]
    text = salt(*lines, *([f"_cell_formula_units_Z {units}"] if units else []))
    if message is None:
        assert len(read_cif(text).symbols) == 2
        return
    with pytest.raises(ValueError, match=message):
        read_cif(text)


def test_symmetry_that_was_not_carried_out_shows_in_the_number_of_units() -> None:
    lines = (symbol("P 1"), "_chemical_formula_sum 'Na Cl'", "_cell_formula_units_Z 4")
    with pytest.raises(ValueError, match="the cell has Cl Na, the formula is 4 times Cl Na"):
        read_cif(salt(*lines))


def test_a_formula_in_words_is_remarked() -> None:
    found = read_cif(salt(symbol("F m -3 m"), "_chemical_formula_sum 'rock salt'"))
    assert found.remarks is not None
    assert found.remarks[-1].startswith("_chemical_formula_sum: 'rock salt' is no formula")


def test_hydrogens_without_places_are_refused() -> None:
    columns = (*SITE, "attached_hydrogens")
    with pytest.raises(ValueError, match="O1: 1 hydrogen atoms without coordinates"):
        read_cif(salt(symbol("P 1"), sites=("Li1 Li 0 0 0 0", "O1 O .5 .5 .5 1"), columns=columns))


def test_deuterium_is_hydrogen() -> None:
    sites = ("Li1 Li 0 0 0", "D1 D 0.5 0.5 0.5")
    found = read_cif(salt(symbol("F m -3 m"), "_chemical_formula_sum 'Li D'", sites=sites))
    assert sorted(found.symbols) == ["H", "Li"]
    assert found.remarks is not None
    assert found.remarks[-1] == "isotopes: D taken as H"


@pytest.mark.parametrize(
    ("kinds", "lines", "charges"),
    [
        (("Na", "Cl"), (), None),
        (("Na1+", "Cl1-"), (), {"Na": 1, "Cl": -1}),
        (("Na+", "Cl-1"), (), {"Na": 1, "Cl": -1}),
        (("Na0+", "Cl0-"), (), None),
        (("Na+", "Cl"), (), None),  # with a remark
        (
            ("Na", "Cl"),
            ("loop_", "_atom_type_symbol", "_atom_type_oxidation_number", "Na 1", "Cl -1"),
            {"Na": 1, "Cl": -1},
        ),
    ],
)
def test_charges_of_the_file(
    kinds: tuple[str, str], lines: tuple[str, ...], charges: dict[str, int] | None
) -> None:
    sites = (f"Na1 {kinds[0]} 0 0 0", f"Cl1 {kinds[1]} 0.5 0.5 0.5")
    found = read_cif(salt(symbol("F m -3 m"), *lines, sites=sites))
    assert found.charges == charges
    assert found.remarks is not None
    assert any("oxidation" in remark for remark in found.remarks) == (kinds == ("Na+", "Cl"))


def test_labels_without_types_begin_with_an_element() -> None:
    names = (SITE[0], *SITE[2:])
    found = read_cif(salt(symbol("F m -3 m"), sites=("Na1 0 0 0", "Cl2A .5 .5 .5"), columns=names))
    assert sorted(found.symbols) == ["Cl", "Na"]
    for label in ("CL1", "Ow", "X1"):  # carbon L1, or chlorine?
        with pytest.raises(ValueError, match=f"{label}: its element is not known"):
            read_cif(salt(symbol("P 1"), sites=(f"{label} 0 0 0",), columns=names))


GOOD = salt(symbol("F m -3 m"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no crystal structure is in it"),
        (GOOD.replace("fract", "Cartn"), "no crystal structure is in it; fractional"),
        (GOOD + "H1 H ? ? ?\n", "^H1: no coordinates; add them"),
        (GOOD.replace("0.5 0.5 0.5", "0,5 0,5 0,5"), "Cl1: '0,5' is no coordinate"),
        (GOOD.replace("_cell_length_a 5.64", "_cell_length_a ?"), "_cell_length_a: missing"),
        (GOOD.replace("_a 5.64", "_a 5,64"), "_cell_length_a: 5,64; a length"),
        (GOOD.replace("alpha 90", "alpha 30").replace("beta 90", "beta 170"), "no cell has these"),
        (GOOD.replace("_cell_length_b", "_cell_length_a"), "_cell_length_a: it stands 2 times"),
        (GOOD + "data_other\n" + GOOD[10:], r"2 crystal structures are in it \(case, other\)"),
        (GOOD + GOOD, r"2 crystal structures are in it \(case, case\)"),
        (GOOD[:-5] + "\n", "a loop_ in block case is not complete"),
        (GOOD + "_title Sodium chloride\n", "'chloride' belongs to no field"),
        (GOOD.replace("'", ""), "'m' belongs to no field"),
        (GOOD + "_title\n;\nwithout end\n", "text field .* has no end"),
        (GOOD + "_title " + "x" * 3000, "a line has 3007 characters"),
    ],
)
def test_what_is_not_stated_or_broken_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        read_cif(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("_atom_site_", "_atom_site."),
        GOOD.replace("loop_", "LOOP_").replace("data_", "DATA_").replace("_cell", "_CELL"),
        GOOD.replace("data_case\n", "data_case\n_title\n;\ndata_none 'tis\nloop_ # 1\n;\n"),
        GOOD.replace("5.64", "5.6400(2)").replace("0.5", "5.0e-1"),
        "data_global\n_journal_year 2020\n" + GOOD + "data_more\n_refln_count ?\n",
        GOOD.replace("loop_", "# a comment\n\n  loop_  # another"),
    ],
)
def test_spellings_that_mean_the_same(text: str) -> None:
    assert read_cif(text).volume == pytest.approx(5.64**3 / 4)
