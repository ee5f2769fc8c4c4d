"""Reading dumped frames."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from aiida_forcefield.dynamics.frames import read_frames
from aiida_forcefield.topology import System, from_smiles

POSITIONS = np.arange(24.0).reshape(2, 4, 3)


def dump(positions=POSITIONS, columns="id xu yu zu"):
    text = ""
    for step, frame in enumerate(positions):
        text += f"ITEM: TIMESTEP\n{step}\nITEM: NUMBER OF ATOMS\n{len(frame)}\n"
        text += "ITEM: BOX BOUNDS pp pp pp\n" + 3 * f"-1.0 {9.0 + step}\n"
        text += f"ITEM: ATOMS {columns}\n"
        text += "".join(f"{i} {x} {y} {z} \n" for i, (x, y, z) in enumerate(frame, 1))
    return text


def test_frames():
    frames = read_frames(dump(), (2,), 4)
    assert frames.counts == (2,)
    assert_allclose(frames.positions, POSITIONS)
    assert_allclose(frames.edges, [[10, 10, 10], [11, 11, 11]])
    hydrogen = System.pure("hydrogen", from_smiles("[H][H]"))
    assert frames.molecules(hydrogen)[0].shape == (2, 2, 2, 3)


@pytest.mark.parametrize("cut", [1, 5, 40, 120])
def test_a_frame_that_was_cut_off_is_left_out(cut):
    assert_allclose(read_frames(dump()[:-cut], (2,), 4).positions, POSITIONS[:1])


@pytest.mark.parametrize(
    ("text", "atoms", "message"),
    [
        ("", 4, "no complete frame"),
        (dump(), 6, "the box has 6"),
        (dump(columns="id x y z"), 4, "columns"),
    ],
)
def test_bad_dumps(text, atoms, message):
    with pytest.raises(ValueError, match=message):
        read_frames(text, (2,), atoms)
