"""Reading the frames that a production run dumps."""

from collections.abc import Sequence

import numpy as np

from aiida_forcefield.topology.box import Frames

DUMP_COLUMNS = "id xu yu zu"
"""What the dump holds of each atom: unwrapped, so that molecules are whole."""


def read_frames(text: str, counts: Sequence[int], atoms: int) -> Frames:
    """The frames of a dump with the columns `DUMP_COLUMNS`, sorted by id.

    Args:
        text: the LAMMPS dump; a last frame that was cut off is left out.
        counts: number of molecules of each species.
        atoms: of all of them together.

    Raises:
        ValueError: if there is no complete frame, or it is not made of so many atoms.
    """
    frames, boxes = [], []
    for block in text.split("ITEM: TIMESTEP\n")[1:]:
        lines = block.split("\n")
        count = int(lines[2]) if len(lines) > 3 and lines[3].strip() else -1
        if count < 1 or len(lines) <= 8 + count:  # the line after the last has its own end
            continue
        if lines[7].split()[2:] != DUMP_COLUMNS.split():
            raise ValueError(f"dump: columns {lines[7].split()[2:]}, {DUMP_COLUMNS!r} are needed")
        if count != atoms:
            raise ValueError(f"dump: {count} atoms, the box has {atoms}")
        bounds = np.array([line.split() for line in lines[4:7]], dtype=float)
        rows = np.array([line.split() for line in lines[8 : 8 + count]], dtype=float)
        if bounds.shape != (3, 2) or rows.shape != (count, 4):
            raise ValueError("dump: a frame is no table of three bounds and of its atoms")
        frames.append(rows[:, 1:])
        boxes.append(bounds[:, 1] - bounds[:, 0])
    if not frames:
        raise ValueError("dump: no complete frame")
    return Frames(tuple(counts), np.array(frames), np.array(boxes))
