"""A mistake of the user."""


class InputError(Exception):
    """Bad input.

    It is no ValueError: what the science says of a value is caught and put into a line of the
    user's file, which a mistake that is already told in full must not be.

    Attributes:
        message: one line for each mistake: the field, what is wrong, what is allowed.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
