"""How a mistake of the user is reported."""

import click


class InputError(click.ClickException):
    """Bad input: one line on stderr for each mistake, exit code 2, no traceback."""

    exit_code = 2
