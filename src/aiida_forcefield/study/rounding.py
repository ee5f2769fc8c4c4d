"""Values with as many digits as their errors allow."""

import math


def decimals(error: float) -> int:
    """Behind the point, with which an error has two digits."""
    return max(1 - math.floor(math.log10(error)), 0) if error else 4


def with_error(value: float, error: float, most: int | None = None) -> str:
    """A value and its standard error, which has two digits.

    Args:
        value: of any kind.
        error: of it.
        most: digits behind the point, as long as the error has one then.
    """
    digits = decimals(error)
    if most is not None and digits > most:
        digits = max(most, digits - 1)
    return f"{value:.{digits}f} ± {error:.{digits}f}"
