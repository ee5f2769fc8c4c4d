"""Checks of single values, with one line on what is wrong."""

from difflib import get_close_matches
from typing import Any

import numpy as np


def check_keys(where: str, data: Any, allowed: tuple[str, ...]) -> None:
    """Refuse what is no object, or has other keys; raises ValueError."""
    if not isinstance(data, dict):
        raise ValueError(f"{where}: must be a JSON object")
    for key in data:
        if key not in allowed:
            raise ValueError(f"{where}: unknown key {key!r}{suggestion(key, allowed)}")


def check_choice(where: str, value: Any, allowed: tuple[str, ...]) -> None:
    """Refuse a value that is none of those allowed; raises ValueError."""
    if value not in allowed:
        raise ValueError(f"{where}: {value!r} is not one of {', '.join(allowed)}")


def suggestion(key: str, allowed: tuple[str, ...]) -> str:
    """What a misspelt key may have meant, as the end of a message."""
    close = get_close_matches(key, allowed, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; allowed: {', '.join(allowed)}"


def is_positive(value: Any) -> bool:
    """Whether a value is a finite number above 0."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < np.inf


def is_integer(value: Any) -> bool:
    """Whether a value is a whole number, and not true or false."""
    return isinstance(value, int) and not isinstance(value, bool)


def are_atoms(atoms: Any, n: int) -> bool:
    """Whether all of these are indices of n atoms."""
    return all(is_integer(atom) and 0 <= atom < n for atom in atoms)
