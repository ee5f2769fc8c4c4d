"""How a point can end."""

from typing import Literal

Status = Literal[
    "ok",
    "scf_not_converged",
    "relaxation_not_converged",
    "constraint_not_met",
    "near_linear_angle",
    "bonds_changed",
    "error",
]


class Remedy(UserWarning):
    """What it took to compute a point that did not come by the ordinary way."""


class PointError(Exception):
    """One point cannot be computed; the others of the batch still can."""

    def __init__(self, status: Status, message: str) -> None:
        super().__init__(message)
        self.status: Status = status
