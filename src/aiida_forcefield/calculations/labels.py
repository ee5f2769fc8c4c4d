"""Labels of links, by which a person finds a node; nothing is read from them."""

import re


def link_label(*parts: object) -> str:
    """Parts put together as AiiDA wants it: letters, digits and single underscores."""
    words = (re.sub(r"[^A-Za-z0-9]+", "_", str(part)) for part in parts)
    return re.sub(r"_+", "_", "_".join(words)).strip("_")


def number(index: int) -> str:
    """A number that sorts as text."""
    return f"{index:03d}"
