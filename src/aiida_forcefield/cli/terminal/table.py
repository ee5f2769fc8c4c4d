"""What all tables and lists of the terminal share."""

from collections.abc import Sequence
from textwrap import fill

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text


def new_table(title: str, *columns: str) -> Table:
    """A table with a line under its heading and none elsewhere: it stays within 80 columns."""
    table = Table(
        title=f"\n{title}",
        title_justify="left",
        title_style="bold",
        min_width=min(len(title), 80),
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
    )
    for place, column in enumerate(columns):
        table.add_column(
            column,
            justify="right" if place else "left",
            no_wrap=bool(place),
            overflow="fold",
        )
    return table


def print_warnings(warnings: Sequence[str], console: Console) -> None:
    if warnings:
        console.print(Text("\nBe careful", style="bold"))
    for warning in warnings:
        text = fill(warning, 80, initial_indent=" - ", subsequent_indent="   ")
        console.print(text, highlight=False, soft_wrap=True)
