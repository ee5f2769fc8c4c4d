"""Reading dumped frames."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from aiida_forcefield.dynamics.frames import read_frames

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
    positions, lengths = read_frames(dump(), 2)
    assert_allclose(positions, POSITIONS.reshape(2, 2, 2, 3))
    assert_allclose(lengths, [[10, 10, 10], [11, 11, 11]])


@pytest.mark.parametrize("cut", [1, 5, 40, 120])
def test_a_frame_that_was_cut_off_is_left_out(cut):
    positions, _ = read_frames(dump()[:-cut], 2)
    assert_allclose(positions, POSITIONS[:1].reshape(1, 2, 2, 3))


@pytest.mark.parametrize(
    ("text", "n_atoms", "message"),
    [
        ("", 2, "no complete frame"),
        (dump(), 3, "molecules of 3"),
        (dump(columns="id x y z"), 2, "columns"),
    ],
)
def test_bad_dumps(text, n_atoms, message):
    with pytest.raises(ValueError, match=message):
        read_frames(text, n_atoms)
