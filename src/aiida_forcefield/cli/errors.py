"""How a mistake of the user is told on the terminal."""

from typing import Any

import click

from aiida_forcefield.study.errors import InputError


class BadInput(click.ClickException):
    """Bad input: one line on stderr for each mistake, exit code 2, no traceback."""

    exit_code = 2


class Commands(click.Group):
    """A group of commands that tell mistakes of the user in plain lines."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; an InputError becomes click's own."""
        try:
            return super().invoke(ctx)
        except InputError as error:
            raise BadInput(error.message) from None
