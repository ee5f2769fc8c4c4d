"""Any cell of a crystal becomes the same primitive one; what is no crystal is refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, make_supercell
from ase.spacegroup import crystal
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from aiida_forcefield.serial import assemble, dismantle
from aiida_forcefield.topology.crystal import Crystal, conventional_lengths, from_atoms
from aiida_forcefield.topology.crystal_file import read_crystal

LITHIA = crystal(
    ["O", "Li"],
    [(0, 0, 0), (0.25, 0.25, 0.25)],
    spacegroup=225,
    cellpar=[4.6, 4.6, 4.6, 90, 90, 90],
)


@pytest.mark.parametrize("name", ["LiF.cif", "POSCAR"])
def test_a_conventional_cell_is_read_as_its_primitive_one(tmp_path: Path, name: str) -> None:
    bulk("LiF", "rocksalt", a=4.03, cubic=True).write(tmp_path / name)
    found = read_crystal(tmp_path / name)
    assert sorted(found.symbols) == ["F", "Li"]
    assert found.volume == pytest.approx(4.03**3 / 4)
    np.testing.assert_allclose(conventional_lengths(found), 4.03)


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6))
def test_the_cell_and_its_orientation_do_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cell = make_supercell(LITHIA, np.diag(rng.integers(1, 3, 3)))
    rotation = Rotation.from_quat(rng.normal(size=4)).as_matrix() * rng.choice([-1, 1])
    cell = Atoms(
        cell.numbers,
        positions=cell.positions @ rotation.T,
        cell=cell.cell.array @ rotation.T,
        pbc=True,
    )
    cell.positions += rng.normal(size=3)
    found = from_atoms(cell)
    assert sorted(found.symbols) == ["Li", "Li", "O"]
    assert found.volume == pytest.approx(4.6**3 / 4)  # and so right-handed
    np.testing.assert_allclose(conventional_lengths(found), 4.6, atol=1e-8)
    # Each lithium has four oxygens about it, at the distance that they have in the crystal.
    oxygen = found.positions[found.symbols.index("O")]
    shifts = np.array(np.meshgrid(*[range(-2, 3)] * 3)).reshape(3, -1).T @ found.cell
    for symbol, position in zip(found.symbols, found.positions, strict=True):
        if symbol == "Li":
            distances = np.linalg.norm(oxygen + shifts - position, axis=1)
            np.testing.assert_allclose(np.sort(distances)[:4], 4.6 * np.sqrt(3) / 4, atol=1e-6)


@pytest.mark.parametrize(
    ("atoms", "message"),
    [
        (Atoms("Li", cell=[3, 3, 0], pbc=[True, True, False]), "three lattice vectors"),
        (Atoms("Li2", positions=np.zeros((2, 3)), cell=[3, 3, 3], pbc=True), "overlap"),
        (
            Atoms("LiF", [[0, 0, 0], [3.5, 0, 0]], cell=[4, 4, 4], pbc=True),
            "Li1 and F2 overlap, 0.5",
        ),
        (Atoms("Li", cell=[1.1, 9, 9], pbc=True), "two copies of Li1 overlap, 1.10 Å apart"),
        (Atoms("Li", cell=[99, 99, 0.1], pbc=True), "faces of the cell at least 0.5 Å apart"),
    ],
)
def test_what_is_no_crystal_is_refused(atoms: Atoms, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        from_atoms(atoms)


def test_what_a_file_adds_is_kept_and_changes_nothing_without_one() -> None:
    bare = from_atoms(LITHIA)
    told = replace(bare, charges={"Li": 1, "O": -2}, remarks=("symmetry: as named",))
    found = assemble(Crystal, *dismantle(told))
    assert (found.charges, found.remarks) == (told.charges, told.remarks)
    assert {*dismantle(bare)[0]} == {"symbols"}


def test_partly_occupied_sites_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "mixed.cif"
    path.write_text(
        "data_mixed\n_cell_length_a 4\n_cell_length_b 4\n_cell_length_c 4\n_cell_angle_alpha 90\n"
        "_cell_angle_beta 90\n_cell_angle_gamma 90\n_symmetry_space_group_name_H-M 'P 1'\nloop_\n"
        "_atom_site_label\n_atom_site_type_symbol\n_atom_site_occupancy\n_atom_site_fract_x\n"
        "_atom_site_fract_y\n_atom_site_fract_z\nLi1 Li 0.5 0 0 0\nF1 F 1.0 0.5 0.5 0.5\n"
    )
    with pytest.raises(ValueError, match=r"mixed.cif: occupancy: sites that are partly occupied"):
        read_crystal(path)


@pytest.mark.parametrize(
    ("text", "message"), [(None, "cannot be read"), ("data_\n", "no crystal structure")]
)
def test_files_that_hold_no_crystal(tmp_path: Path, text: str | None, message: str) -> None:
    path = tmp_path / "bad.cif"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ValueError, match=message) as caught:
        read_crystal(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
