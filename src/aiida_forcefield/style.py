"""What all pictures share. Colours: M. Okabe and K. Ito, Color Universal Design (2008)."""

from typing import Final

from matplotlib.axes import Axes

INK: Final = "#222222"
GREY: Final = "#767676"
BLUE: Final = "#0072b2"
SKY: Final = "#56b4e9"
VERMILION: Final = "#d55e00"
GREEN: Final = "#009e73"

WIDTH: Final = 9.0  # inches; at a README's width 1 pt of type is about 1.4 pixels
DPI: Final = 180
SMALL: Final = 8.0  # pt
BODY: Final = 9.0
TITLE: Final = 10.5


def tidy(axes: Axes) -> None:
    """Thin grey lines on two sides, and type that is still read at a README's width."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(GREY)
    axes.tick_params(labelsize=SMALL, color=GREY, labelcolor=INK, length=3)
    axes.locator_params(nbins=5)
    axes.xaxis.label.set_size(BODY)
    axes.yaxis.label.set_size(BODY)


def pretty(name: str) -> str:
    """A name such as ``bond C1-O1`` for people: ``bond C1–O1``, ``pair O1···H2``."""
    return name.replace("-", "···" if name.startswith("pair ") else "–")
