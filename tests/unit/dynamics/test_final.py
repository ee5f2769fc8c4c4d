"""A final state that was cut anywhere is not whole."""

from hypothesis import given
from hypothesis import strategies as st

from aiida_forcefield.dynamics import is_whole

HEAD = "LAMMPS data file via write_data\n\n3 atoms\n1 atom types\n"
ATOMS = "\nAtoms # full\n\n1 1 1 0 0 0 0 0 0 0\n2 1 1 0 0 0 1 0 0 0\n3 2 1 0 0 0 2 0 0 0\n"
VELOCITIES = "\nVelocities\n\n1 0 0 0\n2 0 0 1e-05\n3 0 0 -0.1\n"
ANGLES = "\nAngles\n\n1 1 1 2 3\n"
WHOLE = {
    "ion": HEAD + ATOMS + VELOCITIES,
    "water": HEAD + "1 angles\n1 angle types\n" + ATOMS + VELOCITIES + ANGLES,
}


def test_whole() -> None:
    assert all(map(is_whole, WHOLE.values()))


@given(st.sampled_from(sorted(WHOLE)), st.data())
def test_cut_short(name: str, data: st.DataObject) -> None:
    text = WHOLE[name]
    assert not is_whole(text[: data.draw(st.integers(0, len(text) - 1))])
