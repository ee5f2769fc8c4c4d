"""Reading the frames that a production run dumps."""

import numpy as np
from numpy.typing import NDArray

DUMP_COLUMNS = "id xu yu zu"
"""What the dump holds of each atom: unwrapped, so that molecules are whole."""


def read_frames(text: str, n_atoms: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Whole molecules of a dump with the columns `DUMP_COLUMNS`, sorted by id.

    Args:
        text: the LAMMPS dump; a last frame that was cut off is left out.
        n_atoms: atoms of one molecule.

    Returns:
        Positions, shape (f, M, n, 3), Å, and edges of the boxes, shape (f, 3), Å.

    Raises:
        ValueError: if there is no complete frame, or it is not made of such molecules.
    """
    frames, boxes = [], []
    for block in text.split("ITEM: TIMESTEP\n")[1:]:
        lines = block.split("\n")
        count = int(lines[2]) if len(lines) > 3 and lines[3].strip() else -1
        if count < 1 or len(lines) <= 8 + count:  # the line after the last has its own end
            continue
        if lines[7].split()[2:] != DUMP_COLUMNS.split():
            message = f"dump: columns {lines[7].split()[2:]}, {DUMP_COLUMNS!r} are needed"
            raise ValueError(message)
        if count % n_atoms:
            message = f"dump: {count} atoms do not make molecules of {n_atoms}"
            raise ValueError(message)
        bounds = np.array([line.split() for line in lines[4:7]], dtype=float)
        atoms = np.array([line.split() for line in lines[8 : 8 + count]], dtype=float)
        if bounds.shape != (3, 2) or atoms.shape != (count, 4):
            message = "dump: a frame is no table of three bounds and of its atoms"
            raise ValueError(message)
        frames.append(atoms[:, 1:].reshape(-1, n_atoms, 3))
        boxes.append(bounds[:, 1] - bounds[:, 0])
    if not frames:
        message = "dump: no complete frame"
        raise ValueError(message)
    return np.array(frames), np.array(boxes)
