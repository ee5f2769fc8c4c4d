"""Files that anyone may have written, read up to a size and no further."""

from pathlib import Path

MEGABYTE = 1_000_000


def read_bytes(path: Path, megabytes: int = 1) -> bytes:
    """The content of a file.

    Raises:
        OSError: it cannot be read, or is larger.
    """
    with path.open("rb") as handle:
        content = handle.read(megabytes * MEGABYTE + 1)
    if len(content) > megabytes * MEGABYTE:
        raise OSError(None, f"it is larger than {megabytes} million bytes")
    return content


def read_text(path: Path, megabytes: int = 1) -> str:
    """The text of a file, without the mark that some editors put in front of it.

    Raises:
        OSError: it cannot be read, or is larger.
        UnicodeDecodeError: it is no text.
    """
    return read_bytes(path, megabytes).decode("utf-8-sig")


def reason_of(error: OSError | UnicodeDecodeError) -> str:
    """Why a file cannot be read, in a few words."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not a text in UTF-8"
    return (error.strerror or str(error)).lower()
