"""How a point can end, and what to do about it."""

from typing import Literal

Status = Literal[
    "ok",
    "missing",
    "scf_not_converged",
    "atoms_overlap",
    "near_linear_angle",
    "relaxation_not_converged",
    "constraint_not_met",
    "bonds_changed",
    "other_spin_state",
    "linear_dependence",
    "no_band_gap",
    "not_finite",
    "out_of_memory",
    "out_of_time",
    "interrupted",
    "error",
]

ADVICE: dict[Status, str] = {
    "missing": "The job ended before it came to this point. Jobs that are cut short are continued "
    "as long as each comes to new points; then launch the study again.",
    "scf_not_converged": "The electronic structure was not found, by whatever means. Check charge "
    "and multiplicity; with PySCF, raise `mean_field.max_cycle`.",
    "atoms_overlap": "Two atoms are nearer than any bond is: nothing to worry about at the edge of "
    "a scan, which does without this point.",
    "near_linear_angle": "Three atoms of the coordinate are nearly in line, where it is not "
    "defined. The scan does without this point.",
    "relaxation_not_converged": "No minimum was found within the steps, or only a saddle. Raise "
    "`relaxation.max_steps`.",
    "constraint_not_met": "The relaxed coordinate is not the one that was asked for. The scan does "
    "without this point.",
    "bonds_changed": "A bond broke or formed, as when a proton moves: this is another molecule. "
    "The scan does without this point.",
    "other_spin_state": "The ground state of the molecule has unpaired electrons, as that of O2; "
    "only molecules with closed shells can be treated.",
    "linear_dependence": "Basis functions depend on each other, as diffuse ones do in a dense "
    "crystal. Use a basis without them.",
    "no_band_gap": "The crystal may be a metal, or become one; only insulators are treated.",
    "not_finite": "An energy or gradient is not a number. Look at the structure of the point.",
    "out_of_memory": "The point needs more memory than there is. With a limit it is tried again by "
    "itself with twice as much, up to eight times; without one, run fewer jobs at a time, or where "
    "there is more memory.",
    "out_of_time": "The walltime of its job ended in the middle of this point. It is tried again "
    "by itself with twice as much, up to eight times; give `resources` more.",
    "interrupted": "Its job ended in the middle of this point, and again where it was tried by "
    "itself, as where there is no limit and the memory of the machine ends. Give a limit "
    "(`resources: {qm: {memory: ...}}`), and look at the standard error of the job.",
    "error": "The engine failed in a way that has no status of its own; its message tells more.",
}


class Remedy(UserWarning):
    """What it took to compute a point that did not come by the ordinary way."""


class PointError(Exception):
    """One point cannot be computed; the others of the batch still can."""

    def __init__(self, status: Status, message: str) -> None:
        super().__init__(message)
        self.status: Status = status


class ProgramError(Exception):
    """A program is missing or too old; ``kind`` is ``missing_program`` or ``wrong_version``."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
