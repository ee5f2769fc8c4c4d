"""Refusals that say where in a file their cause stands."""

from collections.abc import Iterator
from contextlib import contextmanager


class PlacedError(ValueError):
    """An error whose message begins with where its cause stands."""


@contextmanager
def at(place: str) -> Iterator[None]:
    """Put in front of what is refused inside where it stands, unless that was said already.

    Raises:
        PlacedError: a ValueError was raised inside, or a row had too few words, or named something
            that is not there.
    """
    try:
        yield
    except PlacedError:
        raise
    except IndexError:
        raise PlacedError(f"{place}: a row has too few words") from None
    except KeyError as error:
        raise PlacedError(f"{place}: there is no {error}") from None
    except ValueError as error:
        raise PlacedError(f"{place}: {error}") from None
