"""How a mistake of the user is reported."""

from collections.abc import Sequence
from pathlib import Path

import click


class InputError(click.ClickException):
    """Bad input: one line on stderr for each mistake, exit code 2, no traceback."""

    exit_code = 2


def contents(files: Sequence[Path]) -> list[tuple[str, str]]:
    """Name and text of each file.

    Raises:
        InputError: a file cannot be read.
    """
    try:
        return [(path.name, path.read_text()) for path in files]
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise InputError(f"{', '.join(map(str, files))}: cannot be read: {reason}") from None
